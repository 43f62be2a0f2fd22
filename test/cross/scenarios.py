"""The same deed in two languages: what the SDK does in Python, and the SQL for it.

The SDK's half is what a careful user of the SDK writes: history is said explicitly, an UPDATE of an object repeats what
is to stay, properties are read before they are written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from columns import UC
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import sharing
from helpers import GLOBAL_ID, grant, permissions_change, token_recipient, update
from psql import Raw, call

from workspace.client import Workspace

HISTORY = {"history_data_sharing_status": "ENABLED"}
IN_A_WEEK = Raw("date_trunc('milliseconds', now() + interval '7 days')")
DAILY = "main.sales.daily"
ODD = 'it\'s "odd" \\ 🐘\n\tñ'

Deed = Callable[[WorkspaceClient], Any]


@dataclass(frozen=True)
class Scenario:
    """A deed; the SDK does `prepare` on both sides. `returns`: the table whose rows the last statement returns."""

    name: str
    by_sdk: Deed
    by_sql: tuple[str, ...]
    prepare: Deed = lambda sdk: None
    returns: str | None = None
    undone: bool = True  # whether a rollback can undo it
    exact: bool = True  # False: the SDK cannot send an empty list, so it is absent instead

    def __str__(self) -> str:
        return self.name


def first_then(first: Deed, then: Deed) -> Deed:
    """Two deeds, one after the other."""

    def deed(sdk: WorkspaceClient) -> None:
        first(sdk)
        then(sdk)

    return deed


def filter_value(name: str, value: str | None = None, op: str = "EQUAL", key: str | None = None) -> dict[str, str]:
    """One comparison of a partition filter."""
    comparison = {"name": name, "op": op, "value": value, "recipient_property_key": key}
    return {field: text for field, text in comparison.items() if text is not None}


def either(*comparisons: dict[str, str]) -> list[dict[str, Any]]:
    """A partition filter: one of these."""
    return [{"values": [comparison]} for comparison in comparisons]


def send(sdk: WorkspaceClient, method: str, path: str, body: dict[str, Any]) -> None:
    """A request that the SDK's own methods have no argument for."""
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    sdk.api_client.do(method, UC + path, body=body, headers=headers)


def properties(**pairs: str) -> sharing.SecurablePropertiesKvPairs:
    """Properties of a recipient."""
    return sharing.SecurablePropertiesKvPairs(properties=pairs)


def networks(*ranges: str) -> sharing.IpAccessList:
    """An IP access list."""
    return sharing.IpAccessList(allowed_ip_addresses=list(ranges))


def merge_properties(sdk: WorkspaceClient, name: str, **changes: str | None) -> None:
    """Set and, with None, remove properties; the platform's own are returned and must not be sent."""
    present = sdk.recipients.get(name).properties_kvpairs
    assert present is not None
    wanted: dict[str, str | None] = {**present.properties, **changes}
    kept = {key: text for key, text in wanted.items() if text is not None and not key.startswith("databricks.")}
    sdk.recipients.update(name, properties_kvpairs=properties(**kept))


# -- what is there before


def one_share(sdk: WorkspaceClient) -> None:
    """A share with a comment."""
    sdk.shares.create("sales", comment="Sales")


def share_with_daily(sdk: WorkspaceClient) -> None:
    """A share with a table that has all attributes, and a view."""
    sdk.shares.create("sales")
    fields = {**HISTORY, "comment": "Days", "start_version": 2, "partitions": either(filter_value("region", "EMEA"))}
    sdk.shares.update(
        "sales",
        updates=[
            update("ADD", DAILY, shared_as="public.daily", **fields),
            update("ADD", "main.sales.orders_view", "VIEW", comment="View"),
            update("ADD", "main.sales.files", "VOLUME", string_shared_as="the files"),
        ],
    )


def change_daily(sdk: WorkspaceClient, **fields: Any) -> None:
    """An UPDATE that leaves alone what is not given; None leaves a field out."""
    present = {**HISTORY, "comment": "Days", "start_version": 2, "partitions": either(filter_value("region", "EMEA"))}
    sent = {name: value for name, value in {**present, **fields}.items() if value is not None}
    sdk.shares.update("sales", updates=[update("UPDATE", DAILY, **sent)])


def one_recipient(sdk: WorkspaceClient) -> None:
    """A recipient with all attributes."""
    token_recipient(
        sdk,
        "acme",
        comment="ACME",
        ip_access_list=networks("192.0.2.0/24", "2001:db8::/32"),
        properties_kvpairs=properties(country="DE", tier="gold"),
    )


def granted(sdk: WorkspaceClient) -> None:
    """Two shares, two recipients, three grants."""
    for share in ("sales", "hr"):
        sdk.shares.create(share)
    for recipient in ("acme", "globex"):
        token_recipient(sdk, recipient)
        grant(sdk, "sales", recipient, add=["SELECT"])
    grant(sdk, "hr", "acme", add=["SELECT"])


# -- shares


def _create_with_owner(sdk: WorkspaceClient) -> None:
    sdk.shares.create("sales", comment="Sales", storage_root="s3://bucket/root")
    sdk.shares.update("sales", owner="data-owners")


def _create_with_everything(sdk: WorkspaceClient) -> None:
    replication = {"enabled": True, "schedule": {"interval": {"duration": "3600s"}}}
    body = {"name": "sales", "comment": ODD, "storage_root": "s3://b/r", "replication_config": replication}
    send(sdk, "POST", "/shares", {**body, "serverless_budget_policy_id": "policy-1"})
    sdk.shares.update("sales", owner="data-owners")


def _alter_everything(sdk: WorkspaceClient) -> None:
    sdk.shares.update("sales", owner="admin@example.com")
    sdk.shares.update("sales", new_name="Finance", comment=ODD, storage_root="s3://other/root")


_SHARES = [
    Scenario(
        "create_share",
        lambda sdk: sdk.shares.create("Sales", comment=ODD),
        (call("create_share", "Sales", comment=ODD),),
        returns="shares",
    ),
    Scenario(
        "create_share with owner and root",
        _create_with_owner,
        (call("create_share", "sales", "Sales", "data-owners", "s3://bucket/root"),),
        returns="shares",
    ),
    Scenario(
        "insert share",
        lambda sdk: sdk.shares.create("größe", comment="Maß"),
        ("INSERT INTO shares (name, comment) VALUES ('Größe', 'Maß') RETURNING *",),
        returns="shares",
    ),
    Scenario(
        "insert share with everything",
        _create_with_everything,
        (
            "INSERT INTO shares (name, comment, storage_root, owner, replication_config, serverless_budget_policy_id)"
            f" VALUES ('SALES', '{ODD.replace(chr(39), chr(39) * 2)}', 's3://b/r', 'data-owners',"
            """ '{"enabled": true, "schedule": {"interval": {"duration": "3600s"}}}', 'policy-1') RETURNING *""",
        ),
        returns="shares",
    ),
    Scenario(
        "create_share if_not_exists, twice",
        lambda sdk: sdk.shares.create("sales", comment="First"),
        (
            call("create_share", "sales", comment="First", if_not_exists=True),
            call("create_share", "sales", comment="Second", if_not_exists=True),
        ),
        returns="shares",
    ),
    Scenario(
        "alter_share comment",
        lambda sdk: sdk.shares.update("sales", comment=ODD),
        (call("alter_share", "SALES", comment=ODD),),
        one_share,
        returns="shares",
    ),
    Scenario(
        "alter_share clears the comment",
        lambda sdk: sdk.shares.update("sales", comment=""),
        (call("alter_share", "sales", comment=""),),
        one_share,
        returns="shares",
    ),
    Scenario(
        "update clears the comment",
        lambda sdk: sdk.shares.update("sales", comment=""),
        ("UPDATE shares SET comment = NULL WHERE name = 'sales' RETURNING *",),
        one_share,
        returns="shares",
    ),
    Scenario(
        "alter_share rename",
        lambda sdk: sdk.shares.update("sales", new_name="Finance"),
        (call("alter_share", "sales", rename_to="Finance"),),
        one_share,
        returns="shares",
    ),
    Scenario(
        "alter_share owner",
        lambda sdk: sdk.shares.update("sales", owner="data-owners"),
        (call("alter_share", "sales", owner="data-owners"),),
        one_share,
        returns="shares",
    ),
    Scenario(
        "update share, all columns",
        _alter_everything,
        (
            f"UPDATE shares SET name = 'Finance', comment = '{ODD.replace(chr(39), chr(39) * 2)}',"
            " storage_root = 's3://other/root', owner = 'admin@example.com' WHERE name = 'sales' RETURNING *",
        ),
        first_then(one_share, lambda sdk: sdk.shares.update("sales", owner="data-owners")),
        returns="shares",
    ),
    Scenario(
        "update share, budget policy",
        lambda sdk: send(sdk, "PATCH", "/shares/sales", {"serverless_budget_policy_id": "policy-2"}),
        ("UPDATE shares SET serverless_budget_policy_id = 'policy-2' RETURNING *",),
        one_share,
        returns="shares",
    ),
    Scenario(
        "update several shares",
        lambda sdk: [sdk.shares.update(name, comment=f"Share {name}") for name in ("sales", "hr")],
        ("UPDATE shares SET comment = 'Share ' || name RETURNING *",),
        granted,
    ),
    Scenario(
        "drop_share",
        lambda sdk: sdk.shares.delete("sales"),
        (call("drop_share", "Sales"),),
        granted,
    ),
    Scenario(
        "delete share",
        lambda sdk: sdk.shares.delete("hr"),
        ("DELETE FROM shares WHERE name = 'hr' RETURNING *",),
        granted,
    ),
]


# -- objects


def _add(name: str, kind: str = "TABLE", /, **fields: Any) -> Deed:
    return lambda sdk: sdk.shares.update("sales", updates=[update("ADD", name, kind, **fields)])


def _adding(title: str, deed: Deed, *arguments: Any, **named: Any) -> Scenario:
    return Scenario(
        f"add_to_share {title}",
        deed,
        (call("add_to_share", "sales", *arguments, **named),),
        one_share,
        returns="share_objects",
    )


def _insert_objects(sdk: WorkspaceClient) -> None:
    names = ("main.sales.orders", "main.sales.customers")
    sdk.shares.update("sales", updates=[update("ADD", name, **HISTORY) for name in names])


_AND_OR = [
    {"values": [filter_value("region", "E%", "LIKE"), filter_value("day", "2026-01-01")]},
    {"values": [filter_value("region", key="country")]},
    {"values": [filter_value("region")]},
]

_OBJECTS = [
    _adding("table", _add("main.sales.orders", **HISTORY), "main.sales.orders"),
    _adding("without history", _add(DAILY, history_data_sharing_status="DISABLED"), DAILY, history=False),
    _adding("cdf", _add(DAILY, cdf_enabled=True), DAILY, cdf=True),
    _adding("start version", _add(DAILY, start_version=7, **HISTORY), DAILY, start_version=7),
    _adding("alias", _add(DAILY, shared_as="Public.Days", **HISTORY), DAILY, alias="Public.Days"),
    _adding("comment", _add(DAILY, comment=ODD, **HISTORY), DAILY, comment=ODD),
    _adding(
        "filter by value",
        _add(DAILY, partitions=either(filter_value("region", "EM'EA")), **HISTORY),
        DAILY,
        partitions=Raw("deltashare.partition_filter('region', 'EM''EA')"),
    ),
    _adding(
        "filter by property",
        _add(DAILY, partitions=either(filter_value("region", key="country")), **HISTORY),
        DAILY,
        partitions=Raw("deltashare.partition_filter('region', recipient_property => 'country')"),
    ),
    _adding(
        "filter by NULL",
        _add(DAILY, partitions=either(filter_value("region")), **HISTORY),
        DAILY,
        partitions=Raw("deltashare.partition_filter('region')"),
    ),
    _adding(
        "filter with OR and LIKE",
        _add(DAILY, partitions=either(filter_value("region", "E%", "LIKE"), filter_value("region", "APAC")), **HISTORY),
        DAILY,
        partitions=Raw(
            "deltashare.partition_filter('region', 'E%', op => 'like') || deltashare.partition_filter('region', 'APAC')"
        ),
    ),
    Scenario(
        "insert object with AND and OR",
        _add(DAILY, partitions=_AND_OR, comment="c", start_version=0, shared_as="a.b", **HISTORY),
        (
            "INSERT INTO share_objects (share_name, name, data_object_type, shared_as, comment, start_version,"
            " history_data_sharing_status, partitions)"
            " VALUES ('Sales', 'MAIN.Sales.Daily', 'table', 'a.b', 'c', 0, 'enabled',"
            """ '[{"values": [{"name": "region", "op": "LIKE", "value": "E%"},"""
            """ {"name": "day", "op": "EQUAL", "value": "2026-01-01"}]},"""
            """ {"values": [{"name": "region", "op": "EQUAL", "recipient_property_key": "country"}]},"""
            """ {"values": [{"name": "region", "op": "EQUAL"}]}]') RETURNING *""",
        ),
        one_share,
        returns="share_objects",
    ),
    _adding("view", _add("main.sales.orders_view", "VIEW"), "main.sales.orders_view", "VIEW"),
    _adding("view, alias", _add("main.hr.people_view", "VIEW", shared_as="a.b"), "main.hr.people_view", "view", "a.b"),
    _adding(
        "materialized view",
        _add("main.sales.orders_mv", "MATERIALIZED_VIEW"),
        "main.sales.orders_mv",
        "MATERIALIZED_VIEW",
    ),
    _adding("streaming table", _add("main.sales.clicks", "STREAMING_TABLE"), "main.sales.clicks", "STREAMING_TABLE"),
    _adding("foreign table", _add("main.sales.legacy", "FOREIGN_TABLE"), "main.sales.legacy", "FOREIGN_TABLE"),
    _adding("schema", _add("main.hr", "SCHEMA"), "main.hr", "SCHEMA"),
    _adding(
        "volume",
        _add("main.sales.files", "VOLUME", string_shared_as="my files"),
        "main.sales.files",
        "VOLUME",
        "my files",
    ),
    _adding("model", _add("main.sales.churn", "MODEL", string_shared_as="m"), "main.sales.churn", "MODEL", "m"),
    _adding(
        "function", _add("main.sales.to_euro", "FUNCTION", comment="f"), "main.sales.to_euro", "FUNCTION", comment="f"
    ),
    _adding("feature spec", _add("main.sales.features", "FEATURE_SPEC"), "main.sales.features", "FEATURE_SPEC"),
    _adding(
        "notebook",
        _add("notes.py", "NOTEBOOK_FILE", content="cHJpbnQoMSk=", string_shared_as="n"),
        "notes.py",
        "NOTEBOOK_FILE",
        "n",
        content="cHJpbnQoMSk=",
    ),
    _adding("several", _insert_objects, ["main.sales.orders", "main.sales.customers"]),
    Scenario(
        "insert several objects",
        _insert_objects,
        (
            "INSERT INTO share_objects (share_name, name)"
            " VALUES ('sales', 'main.sales.orders'), ('sales', 'main.sales.customers') RETURNING *",
        ),
        one_share,
        returns="share_objects",
    ),
    Scenario(
        "insert feed",
        _add(DAILY, cdf_enabled=True),
        (f"INSERT INTO share_objects (share_name, name, cdf_enabled) VALUES ('sales', '{DAILY}', true) RETURNING *",),
        one_share,
        returns="share_objects",
    ),
    Scenario(
        "alter_share_object comment",
        lambda sdk: change_daily(sdk, comment=ODD),
        (call("alter_share_object", "sales", DAILY, comment=ODD),),
        share_with_daily,
        returns="share_objects",
    ),
    Scenario(
        "alter_share_object history off",
        lambda sdk: change_daily(sdk, history_data_sharing_status="DISABLED"),
        (call("alter_share_object", "sales", DAILY, history=False),),
        share_with_daily,
        returns="share_objects",
    ),
    Scenario(
        "alter_share_object cdf",
        lambda sdk: change_daily(sdk, history_data_sharing_status=None, cdf_enabled=True),
        (call("alter_share_object", "sales", DAILY, cdf=True),),
        share_with_daily,
        returns="share_objects",
    ),
    Scenario(
        "alter_share_object start version",
        lambda sdk: change_daily(sdk, start_version=9),
        (call("alter_share_object", "sales", DAILY, start_version=9),),
        share_with_daily,
        returns="share_objects",
    ),
    Scenario(
        "alter_share_object filter",
        lambda sdk: change_daily(sdk, partitions=either(filter_value("region", key="databricks.accountId"))),
        (
            call(
                "alter_share_object",
                "sales",
                DAILY,
                partitions=Raw("deltashare.partition_filter('region', recipient_property => 'databricks.accountId')"),
            ),
        ),
        share_with_daily,
        returns="share_objects",
    ),
    Scenario(
        "alter_share_object removes the filter",
        lambda sdk: change_daily(sdk, partitions=[]),
        (call("alter_share_object", "sales", DAILY, partitions=Raw("'[]'")),),
        share_with_daily,
        returns="share_objects",
        exact=False,
    ),
    Scenario(
        "alter_share_object of a view",
        lambda sdk: sdk.shares.update(
            "sales", updates=[update("UPDATE", "main.sales.orders_view", "VIEW", comment="New")]
        ),
        (call("alter_share_object", "sales", "main.sales.orders_view", comment="New"),),
        share_with_daily,
        returns="share_objects",
    ),
    Scenario(
        "update object",
        lambda sdk: change_daily(sdk, comment="New", start_version=4, partitions=_AND_OR),
        (
            "UPDATE share_objects SET comment = 'New', start_version = 4, partitions ="
            """ '[{"values": [{"name": "region", "op": "LIKE", "value": "E%"},"""
            """ {"name": "day", "op": "EQUAL", "value": "2026-01-01"}]},"""
            """ {"values": [{"name": "region", "op": "EQUAL", "recipient_property_key": "country"}]},"""
            """ {"values": [{"name": "region", "op": "EQUAL"}]}]'"""
            f" WHERE share_name = 'sales' AND name = '{DAILY}' RETURNING *",
        ),
        share_with_daily,
        returns="share_objects",
    ),
    Scenario(
        "update object from history to feed",
        lambda sdk: change_daily(sdk, history_data_sharing_status=None, cdf_enabled=True),
        (
            "UPDATE share_objects SET cdf_enabled = true, history_data_sharing_status = NULL"
            f" WHERE name = '{DAILY}' RETURNING *",
        ),
        share_with_daily,
        returns="share_objects",
    ),
    Scenario(
        "remove_from_share",
        lambda sdk: sdk.shares.update("sales", updates=[update("REMOVE", DAILY)]),
        (call("remove_from_share", "sales", DAILY.upper()),),
        share_with_daily,
    ),
    Scenario(
        "remove_from_share of a volume",
        lambda sdk: sdk.shares.update("sales", updates=[update("REMOVE", "main.sales.files", "VOLUME")]),
        (call("remove_from_share", "sales", "main.sales.files"),),
        share_with_daily,
    ),
    Scenario(
        "delete all objects",
        lambda sdk: sdk.shares.update(
            "sales",
            updates=[
                update("REMOVE", DAILY),
                update("REMOVE", "main.sales.orders_view", "VIEW"),
                update("REMOVE", "main.sales.files", "VOLUME"),
            ],
        ),
        ("DELETE FROM share_objects WHERE share_name = 'sales' RETURNING *",),
        share_with_daily,
    ),
]


# -- recipients


def _create_owned(sdk: WorkspaceClient) -> None:
    token_recipient(
        sdk,
        "acme",
        comment=ODD,
        owner="data-owners",
        ip_access_list=networks("192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32"),
        properties_kvpairs=properties(country="DE", **{'a "key"': "\\value\\"}),
    )


_RECIPIENTS = [
    Scenario(
        "create_recipient",
        lambda sdk: token_recipient(sdk, "Acme", comment=ODD),
        (call("create_recipient", "Acme", comment=ODD),),
        returns="recipients",
    ),
    Scenario(
        "create_recipient with everything",
        _create_owned,
        (
            call(
                "create_recipient",
                "acme",
                comment=ODD,
                owner="data-owners",
                ip_access_list=Raw("'{192.0.2.0/24, 2001:db8::/32, 198.51.100.7}'"),
                properties={"country": "DE", 'a "key"': "\\value\\"},
            ),
        ),
        returns="recipients",
    ),
    Scenario(
        "create_recipient by sharing identifier",
        lambda sdk: sdk.recipients.create(
            "sister", sharing.AuthenticationType.DATABRICKS, data_recipient_global_metastore_id=GLOBAL_ID
        ),
        (call("create_recipient", "sister", sharing_id=GLOBAL_ID),),
        returns="recipients",
    ),
    Scenario(
        "create_recipient OIDC",
        lambda sdk: sdk.recipients.create("idp", sharing.AuthenticationType("OIDC_FEDERATION"), comment="IdP"),
        (call("create_recipient", "idp", "IdP", "OIDC_FEDERATION"),),
        returns="recipients",
    ),
    Scenario(
        "create_recipient with an address",
        lambda sdk: token_recipient(sdk, "acme", properties_kvpairs=properties(email="a@b.example")),
        (call("create_recipient", "acme", email="a@b.example"),),
        returns="recipients",
    ),
    Scenario(
        "create_recipient EMAIL",
        lambda sdk: send(
            sdk, "POST", "/recipients", {"name": "mail", "authentication_type": "EMAIL", "email": "a@b.example"}
        ),
        (call("create_recipient", "mail", authentication_type="EMAIL", email="a@b.example"),),
        returns="recipients",
    ),
    Scenario(
        "insert recipient",
        _create_owned,
        (
            "INSERT INTO recipients (name, comment, owner, ip_access_list, properties) VALUES ('ACME',"
            f" '{ODD.replace(chr(39), chr(39) * 2)}', 'data-owners',"
            " '{192.0.2.0/24, 2001:db8::/32, 198.51.100.7}',"
            """ '{"country": "DE", "a \\"key\\"": "\\\\value\\\\"}') RETURNING *""",
        ),
        returns="recipients",
    ),
    Scenario(
        "insert recipient by sharing identifier",
        lambda sdk: sdk.recipients.create(
            "sister", sharing.AuthenticationType.DATABRICKS, data_recipient_global_metastore_id=GLOBAL_ID
        ),
        (
            "INSERT INTO recipients (name, data_recipient_global_metastore_id)"
            f" VALUES ('sister', '{GLOBAL_ID}') RETURNING *",
        ),
        returns="recipients",
    ),
    Scenario(
        "alter_recipient comment",
        lambda sdk: sdk.recipients.update("acme", comment=ODD),
        (call("alter_recipient", "ACME", comment=ODD),),
        one_recipient,
        returns="recipients",
    ),
    Scenario(
        "alter_recipient owner and comment",
        lambda sdk: (
            sdk.recipients.update("acme", owner="admin@example.com"),
            sdk.recipients.update("acme", comment=""),
        ),
        (call("alter_recipient", "acme", owner="admin@example.com", comment=""),),
        first_then(one_recipient, lambda sdk: sdk.recipients.update("acme", owner="data-owners")),
        returns="recipients",
    ),
    Scenario(
        "alter_recipient rename",
        lambda sdk: sdk.recipients.update("acme", new_name="Apex"),
        (call("alter_recipient", "acme", rename_to="Apex"),),
        granted,
        returns="recipients",
    ),
    Scenario(
        "alter_recipient networks",
        lambda sdk: sdk.recipients.update("acme", ip_access_list=networks("::1/128")),
        (call("alter_recipient", "acme", ip_access_list=Raw("'{::1}'")),),
        one_recipient,
        returns="recipients",
    ),
    Scenario(
        "alter_recipient clears the networks",
        lambda sdk: sdk.recipients.update("acme", ip_access_list=networks()),
        (call("alter_recipient", "acme", ip_access_list=Raw("'{}'")),),
        one_recipient,
        returns="recipients",
    ),
    Scenario(
        "alter_recipient sets and removes properties",
        lambda sdk: merge_properties(sdk, "acme", tier=None, country="AT", city="Graz"),
        (call("alter_recipient", "acme", properties={"tier": None, "country": "AT", "city": "Graz"}),),
        one_recipient,
        returns="recipients",
    ),
    Scenario(
        "update recipient, properties as a whole",
        lambda sdk: sdk.recipients.update("acme", properties_kvpairs=properties(only="this")),
        ("""UPDATE recipients SET properties = '{"only": "this"}' WHERE name = 'acme' RETURNING *""",),
        one_recipient,
        returns="recipients",
    ),
    Scenario(
        "update recipient, all columns",
        lambda sdk: (
            sdk.recipients.update("acme", owner="admin@example.com"),
            sdk.recipients.update(
                "acme",
                new_name="apex",
                comment="New",
                ip_access_list=networks("10.0.0.0/8"),
                properties_kvpairs=properties(country="DE", tier="iron"),
            ),
        ),
        (
            "UPDATE recipients SET name = 'apex', comment = 'New', owner = 'admin@example.com',"
            " ip_access_list = '{10.0.0.0/8}',"
            """ properties = properties || '{"tier": "iron"}' WHERE name = 'acme' RETURNING *""",
        ),
        first_then(one_recipient, lambda sdk: sdk.recipients.update("acme", owner="data-owners")),
        returns="recipients",
    ),
    Scenario(
        "alter_recipient expiry",
        lambda sdk: sdk.recipients.update(
            "acme", expiration_time=(sdk.recipients.get("acme").created_at or 0) + 7 * 86_400_000
        ),
        (call("alter_recipient", "acme", expiration_time=IN_A_WEEK),),
        one_recipient,
        returns="recipients",
        undone=False,
    ),
    Scenario(
        "rotate_recipient_token",
        lambda sdk: sdk.recipients.rotate_token("acme", 3600),
        (call("rotate_recipient_token", "Acme", "1 hour"),),
        one_recipient,
        returns="recipients",
        undone=False,
    ),
    Scenario(
        "drop_recipient",
        lambda sdk: sdk.recipients.delete("acme"),
        (call("drop_recipient", "ACME"),),
        one_recipient,
    ),
    Scenario(
        "delete recipient",
        lambda sdk: sdk.recipients.delete("acme"),
        ("DELETE FROM recipients WHERE name = 'acme' RETURNING *",),
        one_recipient,
    ),
]


# -- grants


def _remove_deleted(sdk: WorkspaceClient) -> None:
    found = sdk.api_client.do(
        "GET", f"{UC}/shares/sales/permissions", query={"max_results": 0}, headers={"Accept": "application/json"}
    )
    while "privilege_assignments" not in found:
        query = {"max_results": 0, "page_token": found["next_page_token"]}
        found = sdk.api_client.do(
            "GET", f"{UC}/shares/sales/permissions", query=query, headers={"Accept": "application/json"}
        )
    (gone,) = (entry["principal_id"] for entry in found["privilege_assignments"] if not entry["principal"])
    send(sdk, "PATCH", "/shares/sales/permissions", {"changes": [{"principal_id": gone, "remove": ["SELECT"]}]})


def _ungranted(sdk: WorkspaceClient) -> None:
    granted(sdk)
    grant(sdk, "sales", "acme", remove=["SELECT"])


_GRANTS = [
    Scenario(
        "grant_select",
        lambda sdk: grant(sdk, "sales", "acme", add=["SELECT"]),
        (call("grant_select", "Sales", "Acme"),),
        _ungranted,
        returns="grants",
    ),
    Scenario(
        "grant_select, twice",
        lambda sdk: grant(sdk, "sales", "acme", add=["SELECT"]),
        (call("grant_select", "sales", "acme"), call("grant_select", "sales", "acme")),
        _ungranted,
        returns="grants",
    ),
    Scenario(
        "insert grants",
        lambda sdk: (grant(sdk, "sales", "acme", add=["SELECT"]), grant(sdk, "hr", "globex", add=["SELECT"])),
        (
            "INSERT INTO grants (share_name, recipient_name, privilege)"
            " VALUES ('sales', 'acme', 'select'), ('hr', 'globex', NULL) RETURNING *",
        ),
        _ungranted,
        returns="grants",
    ),
    Scenario(
        "revoke_select",
        lambda sdk: grant(sdk, "sales", "acme", remove=["SELECT"]),
        (call("revoke_select", "SALES", "ACME"),),
        granted,
    ),
    Scenario(
        "delete grants of a recipient",
        lambda sdk: [grant(sdk, share, "acme", remove=["SELECT"]) for share in ("sales", "hr")],
        ("DELETE FROM grants WHERE recipient_name = 'acme' RETURNING *",),
        granted,
    ),
    Scenario(
        "delete grants of the deleted",
        _remove_deleted,
        ("DELETE FROM grants WHERE recipient_name IS NULL AND share_name = 'sales' RETURNING *",),
        first_then(granted, lambda sdk: sdk.recipients.delete("globex")),
        undone=False,
    ),
]


# -- the examples that users know from guides


def _partner_share(sdk: WorkspaceClient) -> None:
    sdk.shares.create("partner_analytics_share", comment="Analytics data for external partners")
    comment = {"comment": "Aggregated customer metrics"}
    sdk.shares.update(
        "partner_analytics_share",
        updates=[
            update("ADD", "catalog.schema.customer_metrics", **comment, **HISTORY),
            update("ADD", "catalog.schema.product_sales", **HISTORY),
        ],
    )


def _partner(sdk: WorkspaceClient) -> None:
    _partner_share(sdk)
    token_recipient(sdk, "acme_corp", comment="ACME Corporation partner")


def _grant_partner(sdk: WorkspaceClient) -> None:
    change = {"principal": "acme_corp", "add": ["SELECT"]}
    sdk.grants.update("SHARE", "partner_analytics_share", changes=[permissions_change(change)])


def _revoke_partner(sdk: WorkspaceClient) -> None:
    change = {"principal": "acme_corp", "remove": ["SELECT"]}
    sdk.grants.update("SHARE", "partner_analytics_share", changes=[permissions_change(change)])


def _setup_tenant(sdk: WorkspaceClient, tenant: str, tables: list[str], **recipient: Any) -> None:
    sdk.shares.create(f"{tenant}_share", comment=f"Data share for {tenant}")
    for table in tables:
        sdk.shares.update(f"{tenant}_share", updates=[update("ADD", table, **HISTORY)])
    token_recipient(sdk, tenant, comment=f"Recipient for {tenant}", **recipient)
    change = {"principal": tenant, "add": ["SELECT"]}
    sdk.grants.update("SHARE", f"{tenant}_share", changes=[permissions_change(change)])


def _setup_two_tenants(sdk: WorkspaceClient) -> None:
    for tenant in ("acme", "globex"):
        pairs = properties(country="DE", email=f"{tenant}@example.com")
        ranges = networks("192.0.2.0/24")
        _setup_tenant(sdk, tenant, TENANT_TABLES, ip_access_list=ranges, properties_kvpairs=pairs)


def _only_these(sdk: WorkspaceClient) -> None:
    sdk.shares.create("acme_corp_share", comment="Data share for acme_corp")
    sdk.shares.update("acme_corp_share", updates=[update("ADD", "catalog.schema.customer_metrics", **HISTORY)])
    grant(sdk, "acme_corp_share", "acme_corp", add=["SELECT"])


TENANT_TABLES = ["main.sales.orders", "catalog.schema.product_sales"]

_EXAMPLES = [
    Scenario(
        "example: a share with two tables",
        _partner_share,
        (
            call("create_share", "partner_analytics_share", comment="Analytics data for external partners"),
            call(
                "add_to_share",
                "partner_analytics_share",
                "catalog.schema.customer_metrics",
                comment="Aggregated customer metrics",
            ),
            call("add_to_share", "partner_analytics_share", "catalog.schema.product_sales"),
        ),
        returns="share_objects",
    ),
    Scenario(
        "example: a recipient with its link",
        lambda sdk: token_recipient(sdk, "acme_corp", comment="ACME Corporation partner"),
        (call("create_recipient", "acme_corp", comment="ACME Corporation partner", authentication_type="TOKEN"),),
        _partner_share,
        returns="recipients",
    ),
    Scenario(
        "example: grant access",
        _grant_partner,
        (call("grant_select", "partner_analytics_share", "acme_corp"),),
        _partner,
        returns="grants",
    ),
    Scenario(
        "example: permissions in effect, then revoke",
        _revoke_partner,
        (
            call("effective_grants", "partner_analytics_share"),
            call("revoke_select", "partner_analytics_share", "acme_corp"),
        ),
        first_then(_partner, _grant_partner),
    ),
    Scenario(
        "example: one table for one recipient",
        _only_these,
        (call("share_tables_with", "acme_corp", ["catalog.schema.customer_metrics"]),),
        lambda sdk: token_recipient(sdk, "acme_corp"),
    ),
    Scenario(
        "example: a tenant",
        lambda sdk: _setup_tenant(sdk, "acme", TENANT_TABLES),
        (call("setup_tenant", "acme", TENANT_TABLES),),
    ),
    Scenario(
        "example: two tenants with networks and address",
        _setup_two_tenants,
        tuple(
            call(
                "setup_tenant",
                tenant,
                TENANT_TABLES,
                f"{tenant}@example.com",
                ip_access_list=Raw("'{192.0.2.0/24}'"),
                properties={"country": "DE"},
            )
            for tenant in ("acme", "globex")
        ),
    ),
    Scenario(
        "example: a view for a tenant",
        lambda sdk: (
            sdk.shares.create("acme_rows"),
            sdk.shares.update(
                "acme_rows", updates=[update("ADD", "catalog.schema.silver_customer_data_acme_view", "VIEW")]
            ),
        ),
        (
            call("create_share", "acme_rows"),
            call("add_to_share", "acme_rows", "catalog.schema.silver_customer_data_acme_view", type="VIEW"),
        ),
        returns="share_objects",
    ),
]

SCENARIOS = [*_SHARES, *_OBJECTS, *_RECIPIENTS, *_GRANTS, *_EXAMPLES]


def prepare(workspace: Workspace, sdk: WorkspaceClient, scenario: Scenario) -> None:
    """A fresh workspace as the scenario wants to find it."""
    assert not workspace.violations()
    workspace.reset()
    workspace.control("POST", "tables", {"full_name": "main.sales.features", "kind": "FEATURE_SPEC"})
    scenario.prepare(sdk)
