"""What SQL writes, the SDK reads equal; and SQL and SDK leave the same workspace behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from columns import assert_same, column_types, comparable, sdk_rows
from databricks.sdk import WorkspaceClient
from helpers import grant, token_recipient, update
from psql import Raw, Session, SqlError, call
from scenarios import SCENARIOS, TENANT_TABLES, Scenario, granted, prepare

from workspace.client import Workspace


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_sql_does_what_the_sdk_does(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, scenario: Scenario
) -> None:
    prepare(workspace, sdk, scenario)
    scenario.by_sdk(sdk)
    by_sdk = workspace.dump(stable=True)

    prepare(workspace, sdk, scenario)
    before = workspace.dump(stable=True)
    for statement in scenario.by_sql:
        returned = sql.rows(statement)
    by_sql = workspace.dump(stable=True)
    if scenario.exact:
        assert by_sql == by_sdk
    else:
        assert without_empty(by_sql) == without_empty(by_sdk)
    assert before != by_sdk, "the scenario changes nothing"

    rows = assert_same(sql, sdk)
    if scenario.returns:
        types = column_types(sql)
        seen = sdk_rows(sdk, scenario.returns, types)
        got = comparable(scenario.returns, returned, types)
        assert got
        if "UPDATE" in scenario.by_sql[-1] or "alter_" in scenario.by_sql[-1]:  # only what is new has a link to show
            seen = rows[scenario.returns]
        assert all(row in seen for row in got), got


@pytest.mark.parametrize("scenario", [entry for entry in SCENARIOS if entry.undone], ids=str)
def test_a_rollback_leaves_nothing(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, scenario: Scenario
) -> None:
    prepare(workspace, sdk, scenario)
    before = workspace.dump(stable=True)
    with sql.rolled_back():
        for statement in scenario.by_sql:
            sql.rows(statement)
    assert "WARNING" not in sql.notices, sql.notices
    assert without_empty(workspace.dump(stable=True)) == without_empty(before)


def without_empty(value: Any) -> Any:
    """A dump without the fields that hold nothing: a text that is set cannot be made absent again, only empty."""
    if isinstance(value, dict):
        kept = {name: without_empty(element) for name, element in value.items()}
        return {name: element for name, element in kept.items() if element not in ("", [], {}, None)}
    return [without_empty(element) for element in value] if isinstance(value, list) else value


@pytest.mark.parametrize("scenario", [entry for entry in SCENARIOS if entry.undone][::4], ids=str)
def test_a_savepoint_undoes_its_part(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, scenario: Scenario
) -> None:
    prepare(workspace, sdk, scenario)
    sql.run("BEGIN")
    sql.call("create_share", "outer", comment="stays")
    before = workspace.dump(stable=True)
    sql.run("SAVEPOINT inner_part")
    for statement in scenario.by_sql:
        sql.rows(statement)
    sql.run("ROLLBACK TO inner_part")
    sql.run("COMMIT")
    assert without_empty(workspace.dump(stable=True)) == without_empty(before)
    assert sdk.shares.get("outer").comment == "stays"


def test_times_are_sent_to_the_millisecond(sql: Session, sdk: WorkspaceClient) -> None:
    """A stable dump hides times, so they are looked at here."""
    moment = "date_trunc('second', now()) + interval '30 days 0.123999 seconds'"
    wanted = sql.value(f"SELECT floor(extract(epoch FROM {moment}) * 1000)::bigint AS ms")
    sql.run("CREATE TEMPORARY TABLE moment AS SELECT " + moment + " AS at")
    sql.call("create_recipient", "made", expiration_time=Raw("(SELECT at FROM moment)"))
    sql.run("INSERT INTO recipients (name, expiration_time) SELECT 'inserted', at FROM moment")
    sql.call("create_recipient", "altered")
    sql.call("alter_recipient", "altered", expiration_time=Raw("(SELECT at FROM moment)"))
    sql.call("create_recipient", "updated")
    sql.run("UPDATE recipients SET expiration_time = at FROM moment WHERE name = 'updated'")
    for name in ("made", "inserted", "altered", "updated"):
        found = sdk.recipients.get(name)
        assert found.expiration_time == wanted, name
        assert [token.expiration_time for token in found.tokens or []] == [wanted], name


@pytest.mark.violations("activation_consumed")
def test_links_are_those_that_the_sdk_sees(sql: Session, sdk: WorkspaceClient, workspace: Workspace) -> None:
    """Where a link is handed out it is the newest one, and it works."""
    (made,) = sql.call("create_recipient", "acme")
    assert made["activation_url"] == sdk.recipients.get("acme").activation_url
    inserted = sql.value("INSERT INTO recipients (name) VALUES ('globex') RETURNING activation_url")
    assert inserted == sdk.recipients.get("globex").activation_url
    (tenant,) = sql.call("setup_tenant", "hooli", ["main.sales.orders"])
    assert tenant["activation_url"] == sdk.recipients.get("hooli").activation_url
    (rotated,) = sql.call("rotate_recipient_token", "acme", "1 day")
    assert rotated["activation_url"] == sdk.recipients.get("acme").activation_url != made["activation_url"]
    profile = sdk.recipient_activation.retrieve_token(rotated["activation_url"].partition("?")[2])
    assert profile.bearer_token and profile.endpoint
    (after,) = sql.call("alter_recipient", "acme", comment="activated")
    assert after["activation_url"] is None


def test_rotation_keeps_the_old_token_as_long_as_told(sql: Session, sdk: WorkspaceClient) -> None:
    sql.call("create_recipient", "acme")
    sql.call("rotate_recipient_token", "acme", "1 hour")
    old, new = sorted(sdk.recipients.get("acme").tokens or [], key=lambda token: token.created_at or 0)
    assert old.expiration_time is not None and new.expiration_time is not None and new.created_at is not None
    assert abs(old.expiration_time - new.created_at - 3_600_000) < 5_000
    assert sql.error(call("rotate_recipient_token", "acme", "0")).sqlstate == "22023"  # two are alive
    assert len(sdk.recipients.get("acme").tokens or []) == 2


def test_a_tenant_as_in_the_guides_differs_by_history_alone(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace
) -> None:
    """The guides leave history to the REST default; SQL says what the platform's own SQL would."""
    sdk.shares.create("acme_share", comment="Data share for acme")
    for table in TENANT_TABLES:
        sdk.shares.update("acme_share", updates=[update("ADD", table)])
    token_recipient(sdk, "acme", comment="Recipient for acme")
    grant(sdk, "acme_share", "acme", add=["SELECT"])
    by_sdk = workspace.dump(stable=True)

    workspace.reset()
    (made,) = sql.call("setup_tenant", "acme", TENANT_TABLES)
    assert {**made, "activation_url": None} == {
        "share_name": "acme_share",
        "recipient_name": "acme",
        "activation_url": None,
        "tables": TENANT_TABLES,
    }
    by_sql = workspace.dump(stable=True)
    for name in TENANT_TABLES:
        entry = by_sql["shares"]["acme_share"]["objects"][name]
        assert entry.pop("history_data_sharing_status") == "ENABLED"
        assert by_sdk["shares"]["acme_share"]["objects"][name].pop("history_data_sharing_status") == "DISABLED"
        entry.pop("start_version")  # the server's, since history begins somewhere
    assert by_sql == by_sdk


def test_a_configuration_is_applied_twice(sql: Session, sdk: WorkspaceClient, workspace: Workspace) -> None:
    """Create what is missing; a second run changes nothing."""
    statements = [
        call("create_share", "partner", comment="Analytics data for partners", if_not_exists=True),
        call("add_to_share", "partner", [f"catalog.analytics.{name}" for name in CONFIGURED], if_not_exists=True),
        *(call("create_recipient", name, email=f"data@{name}.example", if_not_exists=True) for name in TENANTS),
        *(call("grant_select", "partner", name) for name in TENANTS),
    ]
    for statement in statements:
        sql.run(statement)
    first = workspace.dump()
    assert first["shares"]["partner"]["grants"] == {name: ["SELECT"] for name in TENANTS}
    assert len(first["shares"]["partner"]["objects"]) == len(CONFIGURED)
    for statement in statements:
        sql.run(statement)
    assert workspace.dump() == first


CONFIGURED = ("customer_metrics", "product_performance", "sales_summary")
TENANTS = ("acme_corp", "globex_inc")


@pytest.mark.parametrize(
    ("statement", "sqlstate"),
    [
        (call("create_share", "sales"), "42710"),
        ("INSERT INTO shares (name) VALUES ('sales')", "42710"),
        (call("alter_share", "nowhere", comment="x"), "42704"),
        (call("alter_share", "sales", rename_to="hr"), "42710"),
        (call("drop_share", "nowhere"), "42704"),
        (call("add_to_share", "nowhere", "main.sales.orders"), "42704"),
        (call("add_to_share", "sales", "main.sales.nothing"), "42P01"),
        (call("add_to_share", "sales", "main.sales.orders", "VIEW"), "22023"),
        (call("add_to_share", "sales", "main.sales.forbidden"), "42501"),
        (call("remove_from_share", "sales", "main.sales.orders"), "42704"),
        (call("create_recipient", "acme"), "42710"),
        (call("alter_recipient", "nobody", comment="x"), "42704"),
        (call("drop_recipient", "nobody"), "42704"),
        (call("rotate_recipient_token", "nobody", "0"), "42704"),
        (call("grant_select", "sales", "nobody"), "42704"),
        (call("grant_select", "nowhere", "acme"), "42704"),
        (call("revoke_select", "hr", "globex"), "42704"),
        (call("setup_tenant", "acme", ["main.sales.orders"]), "42710"),
        (call("setup_tenant", "new", ["main.sales.orders", "main.sales.nothing"]), "42P01"),
        (call("setup_tenant", "new", ["main.sales.orders", "main.sales.orders"]), "42710"),
    ],
)
def test_a_failure_changes_nothing(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, statement: str, sqlstate: str
) -> None:
    granted(sdk)
    before = workspace.dump(stable=True)
    assert sql.error(statement).sqlstate == sqlstate
    assert workspace.dump(stable=True) == before


DEEDS = {
    "create and drop": (
        [call("create_share", "new"), call("drop_share", "new")],
        lambda sdk: None,
    ),
    "create, fill, grant and drop": (
        [
            call("setup_tenant", "new", ["main.sales.orders"]),
            call("drop_share", "new_share"),
            call("drop_recipient", "new"),
        ],
        lambda sdk: None,
    ),
    "rename and drop": (
        [call("alter_share", "hr", rename_to="people"), call("drop_share", "people")],
        lambda sdk: sdk.shares.delete("hr"),
    ),
    "rename in a circle": (
        [
            call("alter_share", "hr", rename_to="other"),
            call("alter_share", "sales", rename_to="hr"),
            call("alter_share", "other", rename_to="sales"),
        ],
        lambda sdk: (
            sdk.shares.update("hr", new_name="other"),
            sdk.shares.update("sales", new_name="hr"),
            sdk.shares.update("other", new_name="sales"),
        ),
    ),
    "grant, rename and drop the recipient": (
        [
            call("grant_select", "hr", "globex"),
            call("alter_recipient", "globex", rename_to="other"),
            call("drop_recipient", "other"),
        ],
        lambda sdk: (grant(sdk, "hr", "globex", add=["SELECT"]), sdk.recipients.delete("globex")),
    ),
    "revoke and grant again": (
        [call("revoke_select", "hr", "acme"), call("grant_select", "hr", "acme")],
        lambda sdk: None,
    ),
    "add, alter, remove and add again": (
        [
            call("add_to_share", "hr", "main.sales.daily", history=False),
            call("alter_share_object", "hr", "main.sales.daily", comment="x"),
            call("remove_from_share", "hr", "main.sales.daily"),
            call("add_to_share", "hr", "main.sales.daily", alias="a.b"),
        ],
        lambda sdk: sdk.shares.update(
            "hr",
            updates=[update("ADD", "main.sales.daily", shared_as="a.b", history_data_sharing_status="ENABLED")],
        ),
    ),
    "change the owner and more, twice": (
        [
            call("alter_share", "hr", owner="data-owners", comment="1"),
            "UPDATE shares SET owner = 'admin@example.com', comment = '2' WHERE name = 'hr'",
        ],
        lambda sdk: sdk.shares.update("hr", comment="2"),
    ),
}


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
@pytest.mark.parametrize("deed", DEEDS)
def test_a_transaction_of_several_deeds(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, deed: str, end: str
) -> None:
    statements, by_sdk = DEEDS[deed]
    granted(sdk)
    if end == "COMMIT":
        by_sdk(sdk)  # type: ignore[no-untyped-call]
    wanted = workspace.dump(stable=True)
    workspace.reset()
    granted(sdk)
    sql.run("BEGIN")
    for statement in statements:
        workspace.control("DELETE", "log")
        sql.run(statement)
        if "drop_" not in statement:
            assert any(entry["method"] != "GET" for entry in workspace.log()), f"nothing was sent by {statement}"
    sql.run(end)
    assert "WARNING" not in sql.notices, sql.notices
    assert without_empty(workspace.dump(stable=True)) == without_empty(wanted)


def test_what_is_dropped_is_gone_to_its_transaction_alone(
    sql: Session, new_session: Callable[[], Session], sdk: WorkspaceClient
) -> None:
    granted(sdk)
    other = new_session()
    sql.run("BEGIN")
    sql.call("drop_share", "hr")
    sql.call("drop_recipient", "globex")
    assert sql.values("SELECT name FROM shares") == ["sales"]
    assert sql.values("SELECT name FROM recipients") == ["acme"]
    assert sql.rows("SELECT * FROM grants WHERE share_name = 'hr'") == []
    assert sql.error(call("add_to_share", "hr", "main.sales.orders")).sqlstate == "55000"
    sql.run("ROLLBACK")
    assert sorted(other.values("SELECT name FROM shares")) == ["hr", "sales"]
    assert sorted(share.name or "" for share in sdk.shares.list_shares()) == ["hr", "sales"]
    assert len(sql.rows("SELECT * FROM grants")) == 3


@pytest.mark.parametrize("kind", ["truncate", "huge"])
def test_an_answer_that_cannot_be_read_is_no_refusal(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, kind: str
) -> None:
    granted(sdk)
    before = without_empty(workspace.dump(stable=True))
    for method, path, statement in (
        ("POST", "/shares$", call("create_share", "new")),
        ("PATCH", "/shares/hr$", call("alter_share", "hr", comment="new")),
        ("PATCH", "/shares/hr$", call("add_to_share", "hr", "main.sales.orders")),
        ("PATCH", "/permissions$", call("grant_select", "hr", "globex")),
    ):
        workspace.fault(kind, method, path)
        try:
            sql.run(statement)
        except SqlError as error:
            assert error.sqlstate in ("08006", "54000"), error
            assert without_empty(workspace.dump(stable=True)) == before or "WARNING" in error.text, statement
        else:
            assert kind == "truncate" and method == "PATCH"  # sent again
        workspace.control("DELETE", "faults")
        workspace.control("POST", "reset")
        granted(sdk)
