"""Another client changes one thing: plan_config() shows it and nothing else, apply_config() takes it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import sharing
from helpers import GLOBAL_ID, grant, token_recipient, update
from psql import Session

from workspace.client import Workspace

DECLARED = f"""
shares:
  - name: Drifting
    comment: As declared
    owner: admin@example.com
    storage_root: s3://bucket/drifting
    serverless_budget_policy_id: policy-1
    tables:
      - {{name: main.sales.orders, alias: public.orders, history: true, start_version: 1, comment: Orders}}
      - name: main.sales.daily
        cdf: true
        partitions:
          - values: [{{name: region, value: EU}}, {{name: day, op: LIKE, value: "2024%"}}]
          - values: [{{name: region, recipient_property_key: country}}]
          - values: [{{name: region, value: null}}]
      - {{name: main.sales.orders_view, type: VIEW}}
  - {{name: empty, tables: []}}
recipients:
  - name: Acme
    comment: ACME
    owner: admin@example.com
    email: data@acme.example
    ip_access_list: [192.0.2.0/24, "2001:db8::/32"]
    properties: {{country: DE, "a: b # c": "~"}}
  - {{name: sister, sharing_id: "{GLOBAL_ID}"}}
grants:
  - {{share: Drifting, recipient: ACME}}
"""


@dataclass
class Change:
    """What another client does, and the row that tells of it."""

    does: Callable[[WorkspaceClient], Any]
    row: tuple[str, str]  # action, kind
    old: dict[str, Any] = field(default_factory=dict)
    new: dict[str, Any] = field(default_factory=dict)


def alter(name: str, kind: str = "TABLE", **fields: Any) -> Callable[[WorkspaceClient], Any]:
    """An update of an object."""
    return lambda sdk: sdk.shares.update("drifting", updates=[update("UPDATE", name, kind, **fields)])


def add_again(name: str, kind: str = "TABLE", **fields: Any) -> Callable[[WorkspaceClient], Any]:
    """An object that is removed and added in another way."""

    def does(sdk: WorkspaceClient) -> None:
        sdk.shares.update("drifting", updates=[update("REMOVE", name)])
        sdk.shares.update("drifting", updates=[update("ADD", name, kind, **fields)])

    return does


EU = [{"name": "region", "op": "EQUAL", "value": "EU"}]
DECLARED_PARTITIONS = [
    {"values": [*EU, {"name": "day", "op": "LIKE", "value": "2024%"}]},
    {"values": [{"name": "region", "op": "EQUAL", "recipient_property_key": "country"}]},
    {"values": [{"name": "region", "op": "EQUAL"}]},
]
CHANGES = {
    "share comment": Change(
        lambda sdk: sdk.shares.update("drifting", comment="changed: # ~"),
        ("update", "share"),
        {"comment": "changed: # ~"},
        {"comment": "As declared"},
    ),
    "share comment removed": Change(
        lambda sdk: sdk.shares.update("drifting", comment=""),
        ("update", "share"),
        {"comment": None},
        {"comment": "As declared"},
    ),
    "share owner": Change(
        lambda sdk: sdk.shares.update("drifting", owner="somebody"),
        ("update", "share"),
        {"owner": "somebody"},
        {"owner": "admin@example.com"},
    ),
    "share storage root": Change(
        lambda sdk: sdk.shares.update("drifting", storage_root="s3://elsewhere"),
        ("update", "share"),
        {"storage_root": "s3://elsewhere"},
        {"storage_root": "s3://bucket/drifting"},
    ),
    "share budget policy": Change(
        lambda sdk: sdk.api_client.do(  # this version of the SDK has no argument for it
            "PATCH",
            "/api/2.1/unity-catalog/shares/drifting",
            body={"serverless_budget_policy_id": "policy-2"},
            headers={"Accept": "application/json", "Content-Type": "application/json"},
        ),
        ("update", "share"),
        {"serverless_budget_policy_id": "policy-2"},
        {"serverless_budget_policy_id": "policy-1"},
    ),
    "share created": Change(lambda sdk: sdk.shares.create("extra", comment="new"), ("delete", "share")),
    "share dropped": Change(lambda sdk: sdk.shares.delete("empty"), ("create", "share")),
    "object comment": Change(
        alter(
            "main.sales.orders", comment="two\nlines", history_data_sharing_status="ENABLED", start_version=1
        ),
        ("update", "object"),
        {"comment": "two\nlines"},
        {"comment": "Orders"},
    ),
    "object history": Change(
        alter("main.sales.orders", comment="Orders", history_data_sharing_status="DISABLED", start_version=1),
        ("update", "object"),
        {"history_data_sharing_status": "DISABLED"},
        {"history_data_sharing_status": "ENABLED"},
    ),
    "object start version": Change(
        alter("main.sales.orders", comment="Orders", history_data_sharing_status="ENABLED", start_version=2),
        ("update", "object"),
        {"start_version": 2},
        {"start_version": 1},
    ),
    "object alias": Change(
        add_again(
            "main.sales.orders",
            shared_as="public.other",
            comment="Orders",
            history_data_sharing_status="ENABLED",
            start_version=1,
        ),
        ("replace", "object"),
        {"shared_as": "public.other"},
        {"shared_as": "public.orders"},
    ),
    "object cdf": Change(
        alter("main.sales.daily", cdf_enabled=False, partitions=DECLARED_PARTITIONS),
        ("update", "object"),
        {"cdf_enabled": False},
        {"cdf_enabled": True},
    ),
    "object partitions": Change(
        alter("main.sales.daily", cdf_enabled=True, partitions=[{"values": EU}]),
        ("update", "object"),
        {"partitions": [{"values": EU}]},
        {"partitions": DECLARED_PARTITIONS},
    ),
    "object added": Change(
        lambda sdk: sdk.shares.update("empty", updates=[update("ADD", "main.sales.customers")]), ("delete", "object")
    ),
    "object removed": Change(
        lambda sdk: sdk.shares.update("drifting", updates=[update("REMOVE", "main.sales.orders_view", "VIEW")]),
        ("create", "object"),
    ),
    "recipient comment": Change(
        lambda sdk: sdk.recipients.update("acme", comment=" ACME"),
        ("update", "recipient"),
        {"comment": " ACME"},
        {"comment": "ACME"},
    ),
    "recipient owner": Change(
        lambda sdk: sdk.recipients.update("acme", owner="somebody"),
        ("update", "recipient"),
        {"owner": "somebody"},
        {"owner": "admin@example.com"},
    ),
    "recipient networks": Change(
        lambda sdk: sdk.recipients.update("acme", ip_access_list=sharing.IpAccessList(["0.0.0.0/0"])),
        ("update", "recipient"),
        {"ip_access_list": ["0.0.0.0/0"]},
        {"ip_access_list": ["192.0.2.0/24", "2001:db8::/32"]},
    ),
    "recipient properties": Change(
        lambda sdk: sdk.recipients.update(
            "acme",
            properties_kvpairs=sharing.SecurablePropertiesKvPairs(
                {"country": "AT", "a: b # c": "~", "email": "data@acme.example"}
            ),
        ),
        ("update", "recipient"),
        {"properties": {"country": "AT", "a: b # c": "~", "email": "data@acme.example"}},
        {"properties": {"country": "DE", "a: b # c": "~", "email": "data@acme.example"}},
    ),
    "recipient email": Change(
        lambda sdk: sdk.recipients.update(
            "acme", properties_kvpairs=sharing.SecurablePropertiesKvPairs({"country": "DE", "a: b # c": "~"})
        ),
        ("update", "recipient"),
        {"properties": {"country": "DE", "a: b # c": "~"}},
        {"properties": {"country": "DE", "a: b # c": "~", "email": "data@acme.example"}},
    ),
    "recipient created": Change(lambda sdk: token_recipient(sdk, "extra"), ("delete", "recipient")),
    "recipient dropped": Change(lambda sdk: sdk.recipients.delete("sister"), ("create", "recipient")),
    "grant": Change(lambda sdk: grant(sdk, "empty", "acme", add=["SELECT"]), ("delete", "grant")),
    "revocation": Change(lambda sdk: grant(sdk, "drifting", "acme", remove=["SELECT"]), ("create", "grant")),
}


def compare(row: dict[str, Any], change: Change) -> None:
    """Is this the row of that change?"""
    assert (row["action"], row["kind"]) == change.row
    if change.row[0] == "update":
        assert (row["old"], row["new"]) == (change.old, change.new)
    else:
        assert change.old.items() <= (row["old"] or {}).items()
        assert change.new.items() <= (row["new"] or {}).items()


@pytest.mark.parametrize("what", CHANGES)
def test_drift_is_seen_and_mended(sql: Session, workspace: Workspace, sdk: WorkspaceClient, what: str) -> None:
    """One row for one change; afterwards all is as before."""
    change = CHANGES[what]
    sql.call("apply_config", DECLARED)
    assert sql.call("plan_config", DECLARED, prune=True) == []
    before = sql.value("SELECT deltashare.export_config()")

    change.does(sdk)
    (row,) = sql.call("plan_config", DECLARED, prune=True)
    compare(row, change)
    assert [row] == sql.call("apply_config", DECLARED, prune=True)
    assert sql.call("plan_config", DECLARED, prune=True) == []
    assert sql.value("SELECT deltashare.export_config()") == before
