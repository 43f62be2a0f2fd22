"""Declared configuration of workspaces full of what nobody expects."""

from __future__ import annotations

import re

import pytest
from databricks.sdk import WorkspaceClient
from helpers import token_recipient
from psql import Session, call
from random_workspace import Filler

from workspace.client import Workspace


@pytest.mark.parametrize("seed", range(6))
def test_what_stands_round_trips(sql: Session, workspace: Workspace, sdk: WorkspaceClient, seed: int) -> None:
    """Whatever others made: its export plans to nothing, and to the same again after all was dropped."""
    Filler(workspace, sdk, seed).fill()
    exported = sql.value("SELECT deltashare.export_config()")
    assert sql.call("plan_config", exported, prune=True) == []
    sql.call("apply_config", "{shares: [], recipients: []}", prune=True)
    for name in set(re.findall(r"name: (main\.random\d\.\w+)", exported)):  # a table may have changed its version since
        columns = [{"name": "region", "partition": 0}, {"name": "tag", "partition": 1}]
        workspace.control("POST", "tables", {"full_name": name, "columns": columns, "current_version": 2**63 - 1})
    error = sql.error(call("apply_config", exported))
    assert error.text.count(' needs the key "content" to be added') == exported.count("type: NOTEBOOK_FILE") > 0
    again = re.sub("(type: NOTEBOOK_FILE)", r"\1\n    content: cHJpbnQoMSk=", exported)
    again = re.sub("\n  expiration_time: [^\n]*", "", again)  # most of them are over
    sql.call("apply_config", again)
    assert sql.call("plan_config", again, prune=True) == []


def test_what_is_newer_than_this_version_is_left_out(sql: Session, workspace: Workspace, sdk: WorkspaceClient) -> None:
    """Types that nobody has heard of are named in a warning, and neither drift nor pruned."""
    sdk.shares.create("newer")
    workspace.control("POST", "objects", {"share": "newer", "object": {"name": "main.sales.metric"}})
    token_recipient(sdk, "newer_recipient")
    workspace.control(
        "POST", "recipients", {"recipient": "newer_recipient", "set": {"authentication_type": "TELEPATHY"}}
    )
    exported = sql.value("SELECT deltashare.export_config()")
    assert "METRIC_VIEW" not in exported and "TELEPATHY" not in exported
    assert '"type" of table "main.sales.metric" is left out of the configuration' in sql.notices
    assert '"authentication_type" of recipient "newer_recipient" is left out of the configuration' in sql.notices
    assert sql.call("plan_config", exported, prune=True) == []
    found = sql.call("plan_config", "shares: [{name: newer, tables: []}]", prune=True)
    assert [(row["action"], row["object_name"]) for row in found] == [("delete", "main.sales.metric")]
