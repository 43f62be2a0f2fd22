"""The examples that users know from guides to Delta Sharing, with the guides' own names and literals.

The guides write plain dictionaries and strings where the SDK takes its own classes: `from_dict` stands between.
"""

from __future__ import annotations

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.sharing import AuthenticationType, SharedDataObjectUpdate
from helpers import ADMIN, NOW, objects_of, permissions_change, share_grants

from workspace.client import Workspace

CONFIG: dict[str, Any] = {
    "shares": [
        {
            "name": "partner_analytics_share",
            "comment": "Analytics data for partners",
            "tables": [
                "catalog.analytics.customer_metrics",
                "catalog.analytics.product_performance",
                "catalog.analytics.sales_summary",
            ],
        }
    ],
    "recipients": [
        {
            "name": "acme_corp",
            "comment": "ACME Corporation",
            "authentication_type": "TOKEN",
            "email": "data-team@acme.com",
        },
        {
            "name": "globex_inc",
            "comment": "Globex Inc",
            "authentication_type": "TOKEN",
            "email": "analytics@globex.com",
        },
    ],
    "grants": [
        {"share": "partner_analytics_share", "recipient": "acme_corp", "permissions": ["SELECT"]},
        {"share": "partner_analytics_share", "recipient": "globex_inc", "permissions": ["SELECT"]},
    ],
}


def add(w: WorkspaceClient, share: str, *data_objects: dict[str, str]) -> None:
    """Add objects to a share in one update."""
    w.shares.update(
        share,
        updates=[SharedDataObjectUpdate.from_dict({"action": "ADD", "data_object": entry}) for entry in data_objects],
    )


def change_grant(w: WorkspaceClient, share: str, change: dict[str, Any]) -> None:
    """Through the general permissions API, as the guides do."""
    w.grants.update(securable_type="SHARE", full_name=share, changes=[permissions_change(change)])


@pytest.fixture
def partner_share(sdk: WorkspaceClient) -> str:
    """Share Configuration: create a share and add two tables in one update."""
    sdk.shares.create(name="partner_analytics_share", comment="Analytics data for external partners")
    add(
        sdk,
        "partner_analytics_share",
        {
            "name": "catalog.schema.customer_metrics",
            "data_object_type": "TABLE",
            "comment": "Aggregated customer metrics",
        },
        {"name": "catalog.schema.product_sales", "data_object_type": "TABLE"},
    )
    return "partner_analytics_share"


def test_share_configuration(sdk: WorkspaceClient, partner_share: str) -> None:
    share = sdk.shares.get(partner_share).as_dict()
    assert share == {
        "name": "partner_analytics_share",
        "comment": "Analytics data for external partners",
        "owner": ADMIN,
        "created_at": NOW,
        "created_by": ADMIN,
        "updated_at": NOW,
        "updated_by": ADMIN,
    }
    common = {
        "data_object_type": "TABLE",
        "status": "ACTIVE",
        "history_data_sharing_status": "DISABLED",
        "added_at": NOW,
        "added_by": ADMIN,
    }
    assert objects_of(sdk, partner_share) == {
        "catalog.schema.customer_metrics": {
            **common,
            "name": "catalog.schema.customer_metrics",
            "comment": "Aggregated customer metrics",
            "shared_as": "schema.customer_metrics",
        },
        "catalog.schema.product_sales": {
            **common,
            "name": "catalog.schema.product_sales",
            "shared_as": "schema.product_sales",
        },
    }


def test_recipient_management(sdk: WorkspaceClient, workspace: Workspace, partner_share: str) -> None:
    recipient = sdk.recipients.create(
        name="acme_corp", comment="ACME Corporation partner", authentication_type=AuthenticationType("TOKEN")
    )
    assert recipient.activation_url is not None
    assert recipient.activation_url.startswith(workspace.url)
    assert recipient.tokens is not None
    assert [token.activation_url for token in recipient.tokens] == [recipient.activation_url]
    change_grant(sdk, partner_share, {"principal": "acme_corp", "add": ["SELECT"]})
    assert share_grants(sdk, partner_share) == {"acme_corp": ["SELECT"]}


def test_access_control(sdk: WorkspaceClient, partner_share: str) -> None:
    sdk.recipients.create(name="acme_corp", authentication_type=AuthenticationType.TOKEN)
    change_grant(sdk, partner_share, {"principal": "acme_corp", "add": ["SELECT"]})
    effective = sdk.grants.get_effective(securable_type="SHARE", full_name="partner_analytics_share")
    assert [entry.as_dict() for entry in effective.privilege_assignments or []] == [
        {"principal": "acme_corp", "privileges": [{"privilege": "SELECT"}]}
    ]
    change_grant(sdk, partner_share, {"principal": "acme_corp", "remove": ["SELECT"]})
    assert not sdk.grants.get_effective(
        securable_type="SHARE", full_name="partner_analytics_share"
    ).privilege_assignments
    assert share_grants(sdk, partner_share) == {}


def test_multi_tenant_sharing(sdk: WorkspaceClient, workspace: Workspace) -> None:
    tables = ["main.sales.orders", "catalog.schema.product_sales"]
    made = {tenant: setup_tenant_share(sdk, tenant, tables) for tenant in ("acme", "globex")}
    assert made["acme"]["share_name"] == "acme_share"
    assert made["acme"]["activation_url"] != made["globex"]["activation_url"]
    for tenant in made:
        assert set(objects_of(sdk, f"{tenant}_share")) == set(tables)
        assert share_grants(sdk, f"{tenant}_share") == {tenant: ["SELECT"]}
        assert sdk.recipients.get(tenant).comment == f"Recipient for {tenant}"
    assert len(workspace.log(method="PATCH", path="/shares/acme_share$")) == len(tables)


def setup_tenant_share(client: WorkspaceClient, tenant_name: str, tables: list[str]) -> dict[str, Any]:
    """Set up complete sharing for a tenant."""
    share_name = f"{tenant_name}_share"
    client.shares.create(name=share_name, comment=f"Data share for {tenant_name}")
    for table in tables:
        add(client, share_name, {"name": table, "data_object_type": "TABLE"})
    recipient = client.recipients.create(
        name=tenant_name, comment=f"Recipient for {tenant_name}", authentication_type=AuthenticationType.TOKEN
    )
    change_grant(client, share_name, {"principal": tenant_name, "add": ["SELECT"]})
    return {
        "share_name": share_name,
        "recipient": tenant_name,
        "activation_url": recipient.activation_url,
        "tables": tables,
    }


def test_tenant_view(sdk: WorkspaceClient) -> None:
    view_name = "catalog.schema.silver_customer_data_acme_view"
    sdk.shares.create(name="acme_rows")
    add(sdk, "acme_rows", {"name": view_name, "data_object_type": "VIEW"})
    assert {name: entry["data_object_type"] for name, entry in objects_of(sdk, "acme_rows").items()} == {
        view_name: "VIEW"
    }


def test_configuration_is_applied_twice(sdk: WorkspaceClient, workspace: Workspace) -> None:
    apply_config(sdk, CONFIG)
    first = workspace.dump()
    assert sorted(first["shares"]["partner_analytics_share"]["objects"]) == sorted(CONFIG["shares"][0]["tables"])
    assert first["shares"]["partner_analytics_share"]["grants"] == {"acme_corp": ["SELECT"], "globex_inc": ["SELECT"]}
    assert {name: entry["comment"] for name, entry in first["recipients"].items()} == {
        "acme_corp": "ACME Corporation",
        "globex_inc": "Globex Inc",
    }
    apply_config(sdk, CONFIG)
    assert workspace.dump() == first


def apply_config(w: WorkspaceClient, config: dict[str, Any]) -> None:
    """Create what is missing; a second run changes nothing."""
    for share in config["shares"]:
        try:
            w.shares.get(share["name"])
        except NotFound:
            w.shares.create(name=share["name"], comment=share.get("comment", ""))
        present = objects_of(w, share["name"])
        wanted = [{"name": table, "data_object_type": "TABLE"} for table in share["tables"] if table not in present]
        if wanted:
            add(w, share["name"], *wanted)
    for recipient in config["recipients"]:
        try:
            w.recipients.get(recipient["name"])
        except NotFound:
            kind = AuthenticationType(recipient["authentication_type"])
            w.recipients.create(recipient["name"], kind, comment=recipient.get("comment"))
    for entry in config["grants"]:
        change_grant(w, entry["share"], {"principal": entry["recipient"], "add": entry["permissions"]})
