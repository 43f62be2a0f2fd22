"""Where nobody knows what the platform does: whichever way it is, results are right or the error is honest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from columns import assert_same
from databricks.sdk import WorkspaceClient
from helpers import objects_of, share_grants, token_recipient
from psql import Session, call
from scenarios import DAILY, SCENARIOS, Scenario, granted, one_recipient, prepare, share_with_daily
from test_read import rich  # noqa: F401  (a fixture)
from test_write import without_empty

from workspace.client import Workspace

STATUSES = [(404, 400), (400, 409), (409, 404), (500, 500), (403, 403), (410, 422)]


# -- the HTTP status of an error


@pytest.mark.parametrize(("missing", "exists"), STATUSES)
def test_codes_decide_whatever_the_status(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, missing: int, exists: int
) -> None:
    granted(sdk)
    workspace.settings(missing_status=missing, exists_status=exists)
    assert sql.rows("SELECT * FROM shares WHERE name = 'nowhere'") == []
    assert sql.rows("SELECT * FROM share_objects WHERE share_name IN ('nowhere', 'sales')") == []
    assert len(sql.rows("SELECT * FROM grants WHERE recipient_name IN ('nobody', 'acme')")) == 2
    assert sql.rows("SELECT * FROM recipients WHERE name = 'nobody'") == []
    assert sql.rows("SELECT * FROM providers WHERE name = 'nobody'") == []
    for statement, sqlstate in (
        (call("create_share", "sales"), "42710"),
        (call("create_recipient", "acme"), "42710"),
        (call("alter_share", "nowhere", comment="x"), "42704"),
        (call("drop_share", "nowhere"), "42704"),
        (call("drop_recipient", "nobody"), "42704"),
        (call("add_to_share", "nowhere", "main.sales.orders"), "42704"),
        (call("add_to_share", "sales", "main.sales.nothing"), "42P01"),
        (call("grant_select", "nowhere", "acme"), "42704"),
        (call("grant_select", "sales", "nobody"), "42704"),
        (call("rotate_recipient_token", "nobody", "0"), "42704"),
    ):
        assert sql.error(statement).sqlstate == sqlstate, statement
    assert sql.call("drop_share", "nowhere", if_exists=True) == [{"drop_share": False}]
    assert sql.call("drop_recipient", "nobody", if_exists=True) == [{"drop_recipient": False}]
    assert sql.call("create_share", "sales", if_not_exists=True)[0]["name"] == "sales"
    sql.call("add_to_share", "sales", "main.sales.orders")
    assert sql.error(call("add_to_share", "sales", "main.sales.orders")).sqlstate == "42710"


@pytest.mark.parametrize(("missing", "exists"), STATUSES)
def test_a_rollback_copes_with_things_that_are_gone(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, missing: int, exists: int
) -> None:
    """Somebody else was faster to drop the share: there is nothing left to undo, and nothing to warn of."""
    workspace.settings(missing_status=missing, exists_status=exists)
    before = workspace.dump(stable=True)
    with sql.rolled_back():
        sql.call("create_share", "new")
        sql.call("add_to_share", "new", "main.sales.orders")
        sdk.shares.delete("new")
    assert "WARNING" not in sql.notices, sql.notices
    assert workspace.dump(stable=True) == before


def test_a_page_that_is_not_found_is_no_missing_share(sql: Session, sdk: WorkspaceClient, workspace: Workspace) -> None:
    """404 of a gateway, without an error code, says nothing about the share."""
    sdk.shares.create("sales")
    workspace.fault("status", "GET", "/shares/sales", status=404, body="<html><title>Not Found</title></html>")
    assert sql.error("SELECT * FROM shares WHERE name = 'sales'").sqlstate == "HV000"
    workspace.fault("status", "DELETE", "/shares/sales", status=404, body="")
    assert sql.error(call("drop_share", "sales", if_exists=True)).sqlstate == "HV000"
    assert sdk.shares.get("sales").name == "sales"


def test_an_undo_that_meets_a_gateway_says_so(sql: Session, sdk: WorkspaceClient, workspace: Workspace) -> None:
    """404 of a gateway is no proof that the share is gone: it is still there, and the user must hear of it."""
    workspace.fault("status", "DELETE", "/shares/new", status=404, body="<html><title>Not Found</title></html>")
    sql.run("BEGIN")
    sql.call("create_share", "new")
    sql.run("ROLLBACK")
    assert sdk.shares.get("new").name == "new"
    assert 'could not drop share "new"' in sql.notices


def test_an_invalid_parameter_is_never_taken_for_a_missing_share(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace
) -> None:
    body = {"error_code": "INVALID_PARAMETER_VALUE", "message": "no such share, or something else is wrong"}
    workspace.fault("status", "GET", "/shares/sales", status=400, body=body)
    error = sql.error("SELECT * FROM shares WHERE name = 'sales'")
    assert error.sqlstate == "22023" and "something else is wrong" in error.text


# -- whether a PATCH with several updates is all or nothing


@pytest.mark.parametrize("mode", ["atomic", "partial"])
@pytest.mark.parametrize("bad", [0, 1, 149, 249])
def test_a_list_that_fails_leaves_nothing(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, mode: str, bad: int
) -> None:
    names = [f"main.many.t{number}" for number in range(250)]
    workspace.control("POST", "tables", [{"full_name": name} for name in names])
    sdk.shares.create("sales")
    sdk.shares.update("sales", comment="x")
    before = workspace.dump(stable=True)
    workspace.settings(patch_mode=mode)
    names[bad] = "main.many.nothing"
    assert sql.error(call("add_to_share", "sales", names)).sqlstate == "42P01"
    assert "WARNING" not in sql.notices
    assert workspace.dump(stable=True) == before


@pytest.mark.parametrize("mode", ["atomic", "partial"])
def test_a_failure_that_is_caught_leaves_nothing(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, mode: str
) -> None:
    """Also where the error is caught, and the transaction goes on and commits."""
    workspace.settings(patch_mode=mode)
    sdk.shares.create("sales")
    sql.run(
        """DO $$
        BEGIN
            PERFORM deltashare.add_to_share('sales', 'main.sales.invoices');
            BEGIN
                PERFORM deltashare.add_to_share('sales', ARRAY['main.sales.orders', 'main.sales.nothing']);
            EXCEPTION WHEN undefined_table THEN
                PERFORM deltashare.add_to_share('sales', 'main.sales.customers');
            END;
        END $$"""
    )
    assert set(objects_of(sdk, "sales")) == {"main.sales.invoices", "main.sales.customers"}


@pytest.mark.parametrize("mode", ["atomic", "partial"])
def test_what_was_in_the_share_before_survives_a_failure(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, mode: str
) -> None:
    """A duplicate fails the list; the object that was there is not taken for one of ours and removed."""
    share_with_daily(sdk)
    workspace.settings(patch_mode=mode)
    before = workspace.dump(stable=True)
    assert sql.error(call("add_to_share", "sales", ["main.sales.orders", DAILY])).sqlstate == "42710"
    assert workspace.dump(stable=True) == before
    assert sql.error(call("add_to_share", "sales", ["main.sales.orders", "main.sales.nothing"])).sqlstate == "42P01"
    assert workspace.dump(stable=True) == before


# -- whether an UPDATE of an object replaces it or is laid over it


@pytest.mark.parametrize("mode", ["replace", "merge"])
@pytest.mark.parametrize("scenario", [entry for entry in SCENARIOS if "object" in entry.name], ids=str)
def test_objects_are_changed_alike_in_both_modes(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, mode: str, scenario: Scenario
) -> None:
    """What is not given stays, a filter most of all: without it a recipient would see all rows."""
    prepare(workspace, sdk, scenario)
    scenario.by_sdk(sdk)
    wanted = workspace.dump(stable=True)
    prepare(workspace, sdk, scenario)
    workspace.settings(update_mode=mode)
    for statement in scenario.by_sql:
        sql.rows(statement)
    assert without_empty(workspace.dump(stable=True)) == without_empty(wanted)


# -- what lists hold


@pytest.mark.usefixtures("rich")
def test_tokens_that_lists_do_not_show(sql: Session, sdk: WorkspaceClient, workspace: Workspace) -> None:
    wanted = sorted(sql.values("SELECT id FROM recipient_tokens"))
    assert len(wanted) == 4
    workspace.fault("patch", "GET", r"/recipients\?", count=None, remove=["recipients.*.tokens"])
    assert sorted(sql.values("SELECT id FROM recipient_tokens")) == wanted
    assert sql.value("SELECT count(*) FROM recipients WHERE activation_url IS NOT NULL") == 0


@pytest.mark.usefixtures("rich")
def test_lists_and_single_replies_without_optional_fields(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace
) -> None:
    """A list row that lacks what a single reply has is shown with NULL, never with another's value."""
    gone = ["ip_access_list", "properties_kvpairs", "comment", "owner"]
    workspace.fault("patch", "GET", r"/recipients\?", count=None, remove=[f"recipients.*.{name}" for name in gone])
    for row in sql.rows("SELECT * FROM recipients"):
        assert {row["ip_access_list"], row["properties"], row["comment"], row["owner"]} == {None}
    (acme,) = sql.rows("SELECT * FROM recipients WHERE name = 'acme'")
    assert acme["properties"]["country"] == "DE"


@pytest.mark.usefixtures("rich")
@pytest.mark.parametrize("value", [None, "", [], {}])
def test_next_page_token_that_is_null_or_nothing(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, value: object
) -> None:
    """Null and "" end a list; what is no text is an error, not an end."""
    workspace.settings(empty_page_every=0)
    workspace.fault("patch", "GET", r"/shares\?", count=None, set={"next_page_token": value})
    if value in (None, ""):
        assert len(sql.rows("SELECT * FROM shares")) == 3
    else:
        assert sql.error("SELECT * FROM shares").sqlstate.startswith("HV")


@pytest.mark.usefixtures("rich")
@pytest.mark.parametrize("extra", [True, False])
@pytest.mark.parametrize("every", [0, 2, 3])
def test_extra_fields_and_empty_pages(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, extra: bool, every: int
) -> None:
    workspace.settings(extra_fields=extra, empty_page_every=every, page_size=2)
    assert_same(sql, sdk, "shares", "share_objects", "recipients", "grants")


# -- words that nobody knows yet


def test_unknown_words_are_shown_as_they_are(sql: Session, sdk: WorkspaceClient, workspace: Workspace) -> None:
    granted(sdk)
    extra = {
        "name": "main.sales.metrics",
        "data_object_type": "METRIC_VIEW",
        "history_data_sharing_status": "PARTLY",
        "status": "ON_HOLD",
    }
    workspace.control("POST", "objects", {"share": "sales", "object": extra})
    workspace.control("POST", "recipients", {"recipient": "acme", "set": {"authentication_type": "PASSKEY"}})
    workspace.control("POST", "grants", {"share": "hr", "recipient": "globex", "privileges": ["SELECT", "INSPECT"]})
    (found,) = sql.rows("SELECT * FROM share_objects")
    assert {name: found[name] for name in extra} == extra
    assert sql.value("SELECT authentication_type FROM recipients WHERE name = 'acme'") == "PASSKEY"
    granted_now = sql.values("SELECT privilege FROM grants WHERE share_name = 'hr' AND recipient_name = 'globex'")
    assert sorted(granted_now) == ["INSPECT", "SELECT"]
    effective = sql.call("effective_grants", "hr", "globex")
    assert sorted(row["privilege"] for row in effective) == ["INSPECT", "SELECT"]
    # an enum that the SDK does not know is dropped by it: here the raw reply is the judge
    assert len(sql.rows("SELECT * FROM grants WHERE share_name = 'hr'")) == 3


def test_things_of_unknown_type_can_be_dealt_with(sql: Session, sdk: WorkspaceClient, workspace: Workspace) -> None:
    granted(sdk)
    workspace.control("POST", "recipients", {"recipient": "acme", "set": {"authentication_type": "PASSKEY"}})
    sql.run("UPDATE recipients SET comment = 'still works' WHERE name = 'acme'")
    assert sdk.recipients.get("acme").comment == "still works"
    workspace.control("POST", "grants", {"share": "hr", "recipient": "globex", "privileges": ["SELECT", "INSPECT"]})
    sql.call("revoke_select", "hr", "globex")
    assert workspace.dump()["shares"]["hr"]["grants"]["globex"] == ["INSPECT"]


def test_networks_of_unknown_form(sql: Session, sdk: WorkspaceClient, workspace: Workspace) -> None:
    """What is no network is not shown as one, and does not hide the recipient."""
    one_recipient(sdk)
    ranges = {"allowed_ip_addresses": ["192.0.2.0/24", "10.0.0.1-10.0.0.9"]}
    workspace.control("POST", "recipients", {"recipient": "acme", "set": {"ip_access_list": ranges}})
    (found,) = sql.rows("SELECT ip_access_list FROM recipients")
    assert found["ip_access_list"] == ["192.0.2.0/24", None]
    assert "10.0.0.1-10.0.0.9" in sql.notices
    sql.run("UPDATE recipients SET comment = 'c'")
    assert sdk.recipients.get("acme").comment == "c"


# -- reads of grants that lag behind


@pytest.mark.parametrize("lag", [1, 2, 5])
def test_a_revocation_is_carried_out_though_reads_lag(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, lag: int
) -> None:
    """The grant was made a moment ago and reads do not show it yet: it must be gone afterwards."""
    sdk.shares.create("sales")
    token_recipient(sdk, "acme")
    workspace.settings(grant_read_lag=lag)
    sql.call("grant_select", "sales", "acme")
    sql.call("revoke_select", "sales", "acme", if_exists=True)
    assert workspace.dump()["shares"]["sales"]["grants"] == {}


@pytest.mark.parametrize("lag", [1, 2, 5])
def test_a_grant_is_carried_out_though_reads_lag(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, lag: int
) -> None:
    """The grant was revoked a moment ago and reads still show it: granting again must not be skipped."""
    granted(sdk)
    workspace.settings(grant_read_lag=lag)
    sql.call("revoke_select", "hr", "acme")
    (made,) = sql.call("grant_select", "hr", "acme")
    assert (made["share_name"], made["recipient_name"], made["privilege"]) == ("hr", "acme", "SELECT")
    assert workspace.dump()["shares"]["hr"]["grants"] == {"acme": ["SELECT"]}


def test_a_rollback_of_grants_though_reads_lag(sql: Session, sdk: WorkspaceClient, workspace: Workspace) -> None:
    granted(sdk)
    workspace.settings(grant_read_lag=3)
    before = workspace.dump(stable=True)
    with sql.rolled_back():
        sql.call("grant_select", "hr", "globex")
    assert workspace.dump(stable=True) == before


def test_setup_of_a_tenant_though_reads_lag(sql: Session, sdk: WorkspaceClient, workspace: Workspace) -> None:
    workspace.settings(grant_read_lag=5)
    sql.call("setup_tenant", "acme", ["main.sales.orders"])
    workspace.settings(grant_read_lag=0)
    assert workspace.dump()["shares"]["acme_share"]["grants"] == {"acme": ["SELECT"]}


def test_lagging_reads_are_what_the_sdk_sees_too(sql: Session, sdk: WorkspaceClient, workspace: Workspace) -> None:
    granted(sdk)
    workspace.settings(grant_read_lag=2)
    sql.run("DELETE FROM grants WHERE share_name = 'hr'")
    assert share_grants(sdk, "hr") == {"acme": ["SELECT"]}
    workspace.settings(grant_read_lag=0)
    sql.rows("SELECT * FROM grants WHERE share_name = 'hr'")
    assert sql.rows("SELECT * FROM grants WHERE share_name = 'hr'") == []
    assert share_grants(sdk, "hr") == {}


# -- tokens


@pytest.mark.parametrize("lifetime", [0, 60])
def test_token_lifetime_of_the_metastore(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, lifetime: int
) -> None:
    """Tokens that never expire have no time; others have the one that the SDK sees."""
    workspace.settings(token_lifetime_s=lifetime)
    sql.call("create_recipient", "acme")
    assert_same(sql, sdk, "recipients", "recipient_tokens")
    expiry = sql.value("SELECT expiration_time FROM recipient_tokens")
    assert (expiry is None) == (lifetime == 0)


# -- replies that lack what a write is expected to answer


@pytest.mark.parametrize("kind", ["objects", "everything"])
def test_a_write_that_answers_little(sql: Session, sdk: WorkspaceClient, workspace: Workspace, kind: str) -> None:
    """RETURNING shows what the server made even where the answer of the write does not say it."""
    share_with_daily(sdk)
    gone = ["objects"] if kind == "objects" else ["objects", "name", "owner", "created_at", "updated_at", "comment"]
    workspace.fault("patch", "PATCH", "/shares/sales$", count=None, remove=gone)
    (added,) = sql.call("add_to_share", "sales", "main.sales.orders")
    assert added["status"] == "ACTIVE" and added["added_by"] == "admin@example.com"
    (altered,) = sql.call("alter_share_object", "sales", DAILY, comment="c")
    assert altered["comment"] == "c" and altered["partitions"] is not None
    assert objects_of(sdk, "sales")[DAILY]["comment"] == "c"


DELETES: dict[str, Callable[[Session], object]] = {
    "share": lambda sql: sql.call("drop_share", "hr"),
    "recipient": lambda sql: sql.call("drop_recipient", "globex"),
    "rows": lambda sql: sql.run("DELETE FROM shares WHERE name = 'hr'"),
}


@pytest.mark.parametrize("what", DELETES)
@pytest.mark.parametrize("body", ["", "{}", {"a": 1}])
def test_a_delete_may_answer_anything(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, what: str, body: object
) -> None:
    granted(sdk)
    workspace.fault("status", "DELETE", "", status=200, body=body)
    DELETES[what](sql)
    assert [entry["fault"] for entry in workspace.log(method="DELETE")] == ["status"]
