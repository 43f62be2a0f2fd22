"""Migrations that work: what they make, what their reverts leave, and that every tool makes the same."""

from __future__ import annotations

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from meaning import EXPECTED, differences, read_with_sdk, read_with_sql
from target import Target
from tools import CHANGES, Tool, start_both


@pytest.mark.tools("sqitch", "alembic", "alembic_each", "psql")
def test_what_is_deployed_is_what_was_meant(target: Target, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = tool.deploy()
    assert ran.status == 0, ran.output
    assert tool.last() == CHANGES[-1]
    assert differences(read_with_sql(target.session), EXPECTED) == []
    secrets = target.secrets()
    assert len(secrets) >= 4 and not [secret for secret in secrets if secret in ran.output]
    if target.workspace:
        monkeypatch.setenv("NO_PROXY", "*")
        sdk = WorkspaceClient(config=Config(host=target.workspace.url, token=target.workspace.token))
        assert differences(read_with_sdk(sdk), EXPECTED) == []


@pytest.mark.tools("sqitch", "alembic")
def test_all_the_way_down_and_up_again(target: Target, tool: Tool) -> None:
    bottom = target.outcome()
    assert tool.deploy().status == 0
    top = target.outcome()
    ran = tool.revert()
    assert ran.status == 0, ran.output
    assert tool.last() is None
    assert differences(target.outcome(), bottom) == []
    ran = tool.deploy()
    assert ran.status == 0, ran.output
    assert differences(target.outcome(), top) == []


@pytest.mark.backends("databricks")
@pytest.mark.tools("sqitch", "alembic", "alembic_each")
def test_two_at_once_wait_for_each_other(target: Target, tool: Tool) -> None:
    """Each tool with its lock: sqitch has one, the other takes one in env.py."""
    assert target.workspace and tool.deploy("objects").status == 0
    target.workspace.control("PUT", "latency", {"ms": 20})
    one, other = start_both(tool)
    assert one.status == 0, one.output
    assert other.status == 0, other.output
    assert ("tenants" in one.output) != ("tenants" in other.output), "one of them finds nothing to do"
    assert tool.last() == CHANGES[-1]
    assert differences(read_with_sql(target.session), EXPECTED) == []
