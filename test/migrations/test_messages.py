"""What the user of a tool sees: errors with all that they say, warnings, notices, and no secret."""

from __future__ import annotations

import re

import pytest
from target import Target
from tools import Tool

CHANGE = "recipients"


def squeeze(text: str) -> str:
    """One line; tools break lines where they like."""
    return re.sub(r"\s+", " ", text)


@pytest.mark.tools("sqitch", "alembic")
def test_errors_keep_detail_and_hint(target: Target, tool: Tool) -> None:
    for statement, *told in (
        (
            "SELECT deltashare.rotate_recipient_token('acme', NULL)",
            "how long the existing token lives must be given",
            "With '0' it dies now; give the recipient time to change over with, for example, '1 day'.",
        ),
        (
            "SELECT deltashare.apply_config('shars: [{name: a}]')",
            'DETAIL: line 1, column 1: unknown key "shars" of a configuration, did you mean "shares"?',
        ),
    ):
        tool.add(CHANGE, [statement])
        ran = tool.deploy()
        assert ran.status != 0
        assert [text for text in told if text not in squeeze(ran.output)] == [], ran.output
        tool.mend(CHANGE)


@pytest.mark.backends("databricks")
@pytest.mark.tools("sqitch", "alembic")
def test_words_of_the_platform_come_through(target: Target, tool: Tool) -> None:
    tool.add(CHANGE, ["SELECT deltashare.add_to_share('operations', 'main.sales.nothing')"])
    ran = tool.deploy()
    assert ran.status != 0
    assert "HTTP status 404" in ran.output and "main.sales.nothing" in ran.output
    assert "remote request: PATCH /api/2.1/unity-catalog/shares/operations" in ran.output
    assert not [secret for secret in target.secrets() if secret in ran.output]


@pytest.mark.backends("databricks")
@pytest.mark.tools("sqitch", "alembic")
def test_warning_says_what_could_not_be_undone(target: Target, tool: Tool) -> None:
    assert target.workspace
    target.workspace.fault("status", "DELETE", "/shares/orphan", status=403, count=None)
    tool.add("shares", ["SELECT name FROM deltashare.create_share('orphan')", "SELECT 1 / 0"])
    ran = tool.deploy()
    assert ran.status != 0 and "division by zero" in ran.output
    assert "WARNING" in ran.output
    assert re.search(r"deltashare\.drop_share\('orphan'", ran.output)
    assert list(target.workspace.dump()["shares"]) == ["orphan"]


@pytest.mark.tools("sqitch", "alembic")
def test_notices_are_shown(target: Target, tool: Tool) -> None:
    tool.add("shares", ["SELECT deltashare.drop_share('nothing', if_exists => true)"])
    ran = tool.deploy("shares")
    assert ran.status == 0
    assert 'share "nothing" does not exist, skipping' in ran.output


@pytest.mark.backends("databricks")
@pytest.mark.tools("sqitch", "alembic", "alembic_each")
def test_name_that_an_earlier_migration_dropped(target: Target, tool: Tool) -> None:
    """It is free again in the next transaction; in the same one, the user is told to commit first."""
    tool.add("declared", ["SELECT name FROM deltashare.create_share('legacy_feed')"])
    ran = tool.deploy("declared")
    if tool.undoes_command:
        assert ran.status != 0
        assert "Commit before you use that name again." in ran.output
        assert tool.last() is None
    else:
        assert ran.status == 0 and target.workspace, ran.output
        assert "legacy_feed" in target.workspace.dump()["shares"]
