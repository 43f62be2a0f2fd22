"""Two clients at once: what goes away, or changes its name, between the requests of one statement."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import sharing
from helpers import grant, objects_of, token_recipient, update
from psql import Session, call
from scenarios import DAILY, granted, share_with_daily

from workspace.client import Workspace

_HOLD_MS = 400


class Gate:
    """Holds requests to a path for a moment, in which the other client acts."""

    def __init__(self, workspace: Workspace):
        self.workspace = workspace

    def close(self, method: str, path: str, skip: int = 0) -> None:
        """The next such request waits before it is looked at."""
        self.workspace.control("DELETE", "log")
        self.workspace.fault("delay", method, path, ms=_HOLD_MS, skip=skip)

    def wait(self) -> None:
        """Until a request is being held."""
        deadline = time.monotonic() + 10
        while not any(fault["hits"] for fault in self.workspace.control("GET", "faults")["faults"]):
            assert time.monotonic() < deadline, "no request came"
            time.sleep(0.005)


@pytest.fixture
def gate(workspace: Workspace) -> Gate:
    """A gate before the workspace."""
    return Gate(workspace)


@pytest.fixture
def several(sdk: WorkspaceClient) -> None:
    """Four shares with a table each, two recipients who may read all of them."""
    for recipient in ("acme", "globex"):
        token_recipient(sdk, recipient)
    for name in ("s1", "s2", "s3", "s4"):
        sdk.shares.create(name)
        sdk.shares.update(name, updates=[update("ADD", "main.sales.orders")])
        for recipient in ("acme", "globex"):
            grant(sdk, name, recipient, add=["SELECT"])


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(
    ("table", "path"),
    [("share_objects", "/shares/s3.include_shared_data"), ("grants", "/shares/s3/permissions")],
)
def test_a_share_that_goes_after_it_was_listed_is_skipped(
    sql: Session, sdk: WorkspaceClient, gate: Gate, table: str, path: str
) -> None:
    gate.close("GET", path)
    sql.start_rows(f"SELECT share_name FROM {table}")
    gate.wait()
    sdk.shares.delete("s3")
    assert {row["share_name"] for row in sql.finish_rows()} == {"s1", "s2", "s4"}


@pytest.mark.usefixtures("several")
def test_effective_grants_of_a_share_that_goes(sql: Session, sdk: WorkspaceClient, gate: Gate) -> None:
    gate.close("GET", "/effective-permissions/share/s3")
    sql.start_rows(call("effective_grants"))
    gate.wait()
    sdk.shares.delete("s3")
    assert {row["share_name"] for row in sql.finish_rows()} == {"s1", "s2", "s4"}


@pytest.mark.usefixtures("several")
def test_a_share_that_is_renamed_after_it_was_listed_is_skipped(sql: Session, sdk: WorkspaceClient, gate: Gate) -> None:
    """Under its old name it is not there any more; under the new one it was not listed."""
    gate.close("GET", "/shares/s3.include_shared_data")
    sql.start_rows("SELECT DISTINCT share_name FROM share_objects")
    gate.wait()
    sdk.shares.update("s3", new_name="s5")
    assert {row["share_name"] for row in sql.finish_rows()} == {"s1", "s2", "s4"}
    assert set(sql.values("SELECT DISTINCT share_name FROM share_objects")) == {"s1", "s2", "s4", "s5"}


@pytest.mark.usefixtures("several")
def test_a_recipient_that_is_renamed_between_pages(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, gate: Gate
) -> None:
    """It is shown once, under either name; its grants follow it."""
    workspace.settings(page_size=1, empty_page_every=0)
    gate.close("GET", r"/recipients\?.*page_token")
    sql.start_rows("SELECT name FROM recipients")
    gate.wait()
    sdk.recipients.update("acme", new_name="apex")
    names = [row["name"] for row in sql.finish_rows()]
    assert sorted(names) in (["acme", "globex"], ["apex", "globex"])
    assert sorted(sql.values("SELECT DISTINCT recipient_name FROM grants")) == ["apex", "globex"]


@pytest.mark.usefixtures("several")
def test_a_recipient_that_goes_while_grants_are_read(sql: Session, sdk: WorkspaceClient, gate: Gate) -> None:
    """A grant of somebody deleted has no name; the row says so, and does not vanish."""
    gate.close("GET", "/shares/s3/permissions")
    sql.start_rows("SELECT * FROM grants")
    gate.wait()
    sdk.recipients.delete("acme")
    rows = sql.finish_rows()
    assert len(rows) == 8
    nameless = [row for row in rows if row["recipient_name"] is None]
    assert "s3" in {row["share_name"] for row in nameless}
    assert all(row["principal_id"] is not None for row in nameless)


def test_a_recipient_that_goes_while_policies_are_read(sql: Session, sdk: WorkspaceClient, gate: Gate) -> None:
    for name in ("idp_one", "idp_two"):
        sdk.recipients.create(name, sharing.AuthenticationType("OIDC_FEDERATION"))
        policy = sharing.OidcFederationPolicy(issuer="https://i.example", subject_claim="sub", subject="me")
        sdk.recipient_federation_policies.create(name, sharing.FederationPolicy(name="p", oidc_policy=policy))
    gate.close("GET", "/idp_one/federation-policies")
    sql.start_rows("SELECT recipient_name FROM federation_policies")
    gate.wait()
    sdk.recipients.delete("idp_one")
    assert sql.finish_rows() == [{"recipient_name": "idp_two"}]


@pytest.mark.usefixtures("several")
def test_new_things_between_pages_do_not_double_old_ones(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, gate: Gate
) -> None:
    workspace.settings(page_size=1, empty_page_every=0)
    gate.close("GET", r"/shares\?.*page_token", skip=1)
    sql.start_rows("SELECT name FROM shares")
    gate.wait()
    for number in range(5):
        sdk.shares.create(f"new{number}")
    names = [row["name"] for row in sql.finish_rows()]
    assert len(names) == len(set(names))
    assert {"s1", "s2", "s3", "s4"} <= set(names)


# -- writes


def test_a_share_that_goes_before_it_is_updated(sql: Session, sdk: WorkspaceClient, gate: Gate) -> None:
    """The row was read, then somebody dropped the share: an honest error, not an update of nothing."""
    granted(sdk)
    gate.close("PATCH", "/shares/hr$")
    sql.start("UPDATE shares SET comment = 'x' WHERE name = 'hr'")
    gate.wait()
    sdk.shares.delete("hr")
    with pytest.raises(Exception, match='42704.*share "hr" does not exist'):
        sql.finish()


@pytest.mark.parametrize("statement", ["DELETE FROM shares WHERE name = 'hr'", call("drop_share", "hr")])
def test_a_share_that_goes_before_it_is_dropped(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, gate: Gate, statement: str
) -> None:
    """A drop is sent at COMMIT. Somebody else was faster: what was wanted is done, and nobody needs to hear of it."""
    granted(sdk)
    gate.close("DELETE", "/shares/hr$")
    sql.start(statement)
    gate.wait()
    sdk.api_client.do("DELETE", "/api/2.1/unity-catalog/shares/hr?", headers={"Accept": "application/json"})
    sql.finish()
    assert sql.notices == ""
    assert "hr" not in workspace.dump()["shares"]


def test_an_object_that_goes_before_it_is_removed(sql: Session, sdk: WorkspaceClient, gate: Gate) -> None:
    share_with_daily(sdk)
    gate.close("PATCH", "/shares/sales$")
    sql.start_rows(call("remove_from_share", "sales", DAILY, if_exists=True))
    gate.wait()
    sdk.api_client.do(
        "PATCH",
        "/api/2.1/unity-catalog/shares/sales?",
        body={"updates": [{"action": "REMOVE", "data_object": {"name": DAILY, "data_object_type": "TABLE"}}]},
        headers={"Accept": "application/json", "Content-Type": "application/json"},
    )
    assert sql.finish_rows() == [{"remove_from_share": False}]


def test_a_recipient_that_is_renamed_before_it_is_granted(sql: Session, sdk: WorkspaceClient, gate: Gate) -> None:
    granted(sdk)
    gate.close("PATCH", "/shares/hr/permissions$")
    sql.start(call("grant_select", "hr", "globex"))
    gate.wait()
    sdk.recipients.update("globex", new_name="renamed")
    with pytest.raises(Exception, match='42704.*recipient "globex" does not exist'):
        sql.finish()
    sql.run("ROLLBACK")
    assert sql.call("grant_select", "hr", "renamed")[0]["recipient_name"] == "renamed"


def test_somebody_else_creates_the_share_first(sql: Session, sdk: WorkspaceClient, gate: Gate) -> None:
    """if_not_exists found nothing, then the share was there. It is not ours, so a rollback must not drop it."""
    gate.close("POST", "/shares$")
    sql.run("BEGIN")
    sql.start(call("create_share", "sales", if_not_exists=True))
    gate.wait()
    sdk.api_client.do(
        "POST",
        "/api/2.1/unity-catalog/shares?",
        body={"name": "sales", "comment": "theirs"},
        headers={"Accept": "application/json", "Content-Type": "application/json"},
    )
    with pytest.raises(Exception, match="42710"):
        sql.finish()
    sql.run("ROLLBACK")
    assert sdk.shares.get("sales").comment == "theirs"


def test_somebody_else_adds_the_object_first(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, gate: Gate
) -> None:
    """A list of objects fails because one came in meanwhile: that one belongs to somebody else, and stays."""
    sdk.shares.create("sales")
    gate.close("PATCH", "/shares/sales$")
    sql.start(call("add_to_share", "sales", ["main.sales.orders", "main.sales.customers"]))
    gate.wait()
    theirs = {"action": "ADD", "data_object": {"name": "main.sales.customers", "data_object_type": "TABLE"}}
    workspace.control("POST", "updates", {"share": "sales", "updates": [theirs]})
    with pytest.raises(Exception, match="42710"):
        sql.finish()
    found = objects_of(sdk, "sales")
    assert set(found) == {"main.sales.customers"}
    assert found["main.sales.customers"]["added_by"] == "other@example.com"


def test_a_rollback_does_not_undo_what_others_did_since(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace
) -> None:
    """The share was renamed by us; somebody else then changed the comment. Only the name goes back."""
    granted(sdk)
    sql.run("BEGIN")
    sql.call("alter_share", "hr", rename_to="people")
    sdk.shares.update("people", comment="theirs")
    sql.run("ROLLBACK")
    assert sdk.shares.get("hr").comment == "theirs"
    assert "WARNING" not in sql.notices


def test_two_sessions_make_the_same_share(
    sql: Session, new_session: Callable[[], Session], sdk: WorkspaceClient, gate: Gate
) -> None:
    """One wins; the other's error does not drop the winner's share."""
    other = new_session()
    gate.close("POST", "/shares$")
    sql.run("BEGIN")
    sql.start(call("create_share", "sales", comment="late"))
    gate.wait()
    other.call("create_share", "sales", comment="early")
    with pytest.raises(Exception, match="42710"):
        sql.finish()
    sql.run("ROLLBACK")
    assert sdk.shares.get("sales").comment == "early"
