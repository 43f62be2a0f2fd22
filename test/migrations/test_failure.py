"""Migrations that fail after they changed several things remotely: nothing of them is left, and a mended one goes on."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from meaning import EXPECTED, differences, read_with_sql
from target import DATABASE, Target
from tools import CHANGES, Tool

SPOILED = "alterations"  # the fourth of seven; it makes changes of every kind that can be undone
BEFORE = "recipients"

HANGING_GRANT = "SELECT deltashare.grant_select('staff', 'acme')"
GRANT = ("PATCH", "/shares/staff/permissions")
SOON = "SET LOCAL statement_timeout = '700ms'"


@dataclass(frozen=True)
class Failure:
    """How a migration ends: statements that are added to it, what the workspace does to them, what the user is told."""

    name: str
    statements: tuple[str, ...]
    told: tuple[str, ...]
    # what the workspace does; such a failure is for that backend alone
    fault: tuple[str, str, str] | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


FAILURES = (
    Failure("sql_error", ("SELECT 1 / 0",), ("division by zero",)),
    Failure("refused", ("SELECT deltashare.grant_select('staff', 'nobody')",), ('recipient "nobody" does not exist',)),
    Failure(
        "constraint_at_commit",
        ("CREATE TABLE once (i int UNIQUE DEFERRABLE INITIALLY DEFERRED)", "INSERT INTO once VALUES (1), (1)"),
        ('violates unique constraint "once_i_key"', "Key (i)=(1) already exists."),
    ),
    Failure("timeout", (SOON, "SELECT pg_sleep(60)"), ("canceling statement due to statement timeout",)),
    Failure("terminated", ("SELECT pg_terminate_backend(pg_backend_pid())",), ("terminating connection",)),
    Failure(
        "refused_at_commit",
        ("SELECT deltashare.drop_share('staff')",),
        ("PERMISSION_DENIED", "not today"),
        ("status", "DELETE", "/shares/staff"),
        {"status": 403, "body": {"error_code": "PERMISSION_DENIED", "message": "not today"}},
    ),
    Failure(
        "answers_500",
        ("SELECT deltashare.create_recipient('late')",),
        ("HTTP status 500", "INTERNAL_ERROR", "out of order"),
        ("status", "POST", "/recipients"),
        {"status": 500, "body": {"error_code": "INTERNAL_ERROR", "message": "out of order"}},
    ),
    Failure(
        "hangs",
        (SOON, HANGING_GRANT),
        ("canceling statement due to statement timeout",),
        ("hang", *GRANT),
        {"when": "before"},
    ),
    Failure(
        "hangs_with_the_change_made",
        (SOON, HANGING_GRANT),
        ("canceling statement due to statement timeout",),
        ("hang", *GRANT),
        {"when": "after"},
    ),
)


def assert_unchanged(target: Target, before: dict[str, Any]) -> None:
    """Nothing is left behind."""
    target.wait_for_others()
    assert differences(target.state(), before) == []


def go_on(target: Target, tool: Tool, change: str) -> None:
    """The mended migration and those after it are deployed, and all is as if nothing had been."""
    tool.mend(change)
    ran = tool.deploy()
    assert ran.status == 0, ran.output
    assert tool.last() == CHANGES[-1]
    assert differences(read_with_sql(target.session), EXPECTED) == []


@pytest.mark.tools("sqitch", "alembic")
def test_nothing_is_left_however_it_fails(target: Target, tool: Tool) -> None:
    assert tool.deploy(BEFORE).status == 0
    before = target.state()
    for failure in FAILURES:
        if failure.fault and not target.workspace:
            continue
        tool.add(SPOILED, failure.statements)
        if failure.fault and target.workspace:
            target.workspace.fault(*failure.fault, **failure.options)
        ran = tool.deploy()
        assert ran.status != 0, failure.name
        assert [text for text in failure.told if text not in ran.output] == [], failure.name
        assert "WARNING" not in ran.output, failure.name
        assert tool.last() == BEFORE, failure.name
        assert_unchanged(target, before)
        if target.workspace:
            target.workspace.control("DELETE", "faults")
        tool.mend(SPOILED)
    go_on(target, tool, SPOILED)


@pytest.mark.backends("databricks")
@pytest.mark.tools("sqitch", "alembic")
def test_each_step_may_fail_on_the_way_up_and_down(target: Target, tool: Tool) -> None:
    floors = [target.outcome()]
    for number, change in enumerate(CHANGES):
        before = target.state()
        tool.add(change, ["SELECT 1 / 0"])
        ran = tool.deploy(change)
        assert ran.status != 0 and "division by zero" in ran.output
        assert tool.last() == (CHANGES[number - 1] if number else None)
        assert_unchanged(target, before)
        tool.mend(change)
        assert tool.deploy(change).status == 0
        floors.append(target.outcome())
        assert floors[-1] != floors[-2]
    for number, change in reversed(list(enumerate(CHANGES))):
        before, below = target.state(), CHANGES[number - 1] if number else None
        tool.add_to_revert(change, ["SELECT 1 / 0"])
        ran = tool.revert(below)
        assert ran.status != 0 and "division by zero" in ran.output
        assert_unchanged(target, before)
        tool.mend(change)
        assert tool.revert(below).status == 0
        assert differences(target.outcome(), floors[number]) == []


@pytest.mark.tools("sqitch", "sqitch_all", "alembic", "alembic_each", "psql")
def test_what_stays_of_a_command(target: Target, tool: Tool) -> None:
    """The migration before the failed one stays, unless it is one transaction with it or the tool reverts it."""
    before, stays, fails = CHANGES[-3:]
    assert tool.deploy(before).status == 0
    start = target.outcome()
    tool.add(fails, ["SELECT 1 / 0"])
    assert tool.deploy().status != 0
    assert tool.last() == (before if tool.undoes_command else stays)
    target.wait_for_others()
    if tool.undoes_command:
        assert differences(target.outcome(), start) == []
    else:
        assert target.outcome()["relations"] == []
        missing = differences(read_with_sql(target.session), EXPECTED)
        assert missing and not [line for line in missing if "/globex" not in line and "/initech" not in line]
    go_on(target, tool, fails)


@pytest.mark.tools("sqitch", "alembic")
def test_the_tool_dies(target: Target, tool: Tool) -> None:
    assert tool.deploy(BEFORE).status == 0
    before = target.state()
    tool.die(SPOILED)
    assert tool.deploy().status != 0
    assert tool.last() == BEFORE
    assert_unchanged(target, before)


@pytest.mark.tools("sqitch", "alembic")
def test_the_user_interrupts(target: Target, tool: Tool) -> None:
    assert tool.deploy(BEFORE).status == 0
    before = target.state()
    tool.add(SPOILED, [HANGING_GRANT if target.workspace else "SELECT pg_sleep(60)"])
    if target.workspace:
        target.workspace.fault("hang", *GRANT, when="before")
    tool.start_deploy()
    _wait_until_it_hangs(target)
    start = time.monotonic()
    tool.interrupt()
    assert tool.finish().status != 0
    assert time.monotonic() - start < 30
    assert tool.last() == BEFORE
    assert_unchanged(target, before)


@pytest.mark.backends("databricks")
@pytest.mark.tools("sqitch", "alembic")
def test_the_tool_is_killed_while_the_server_hangs(target: Target, tool: Tool) -> None:
    """The setting is PostgreSQL's: otherwise a session notices it at its next message to the client."""
    assert target.workspace and tool.deploy(BEFORE).status == 0
    before = target.state()
    tool.add(SPOILED, ["SET client_connection_check_interval = '200ms'", HANGING_GRANT])
    target.workspace.fault("hang", *GRANT, when="before")
    tool.start_deploy()
    _wait_until_it_hangs(target)
    start = time.monotonic()
    tool.send(signal.SIGKILL)
    tool.finish()
    assert_unchanged(target, before)
    assert time.monotonic() - start < 30
    assert tool.last() == BEFORE


def _wait_until_it_hangs(target: Target) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if target.workspace:
            if any(fault["hits"] for fault in target.workspace.control("GET", "faults")["faults"]):
                return
        elif target.session.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"):
            return
        time.sleep(0.05)
    raise AssertionError("it did not hang")


@pytest.mark.tools("sqitch")
def test_what_cannot_be_verified_is_reverted(target: Target, tool: Tool) -> None:
    """The script was committed: here its revert script undoes it."""
    assert tool.deploy(BEFORE).status == 0
    before = target.outcome()
    verify = tool.folder / "verify" / f"{SPOILED}.sql"
    good = verify.read_text()
    verify.write_text(good.replace("'Sales for partners'", "'Sales'"))
    ran = tool.deploy()
    assert ran.status != 0 and "division by zero" in ran.output
    assert tool.last() == BEFORE
    assert differences(target.outcome(), before) == []
    verify.write_text(good)
    go_on(target, tool, SPOILED)


@pytest.mark.tools("sqitch")
def test_what_was_committed_and_not_noted_is_noted(target: Target, tool: Tool) -> None:
    assert tool.deploy(BEFORE).status == 0
    with tool.file(SPOILED).open("a") as script:
        script.write("\\! kill -9 $PPID\n")
    assert tool.deploy().status != 0
    assert tool.last() == BEFORE
    tool.mend(SPOILED)
    ran = tool.deploy()
    assert ran.status != 0 and 'share "operations" does not exist' in ran.output
    assert tool.run("sqitch", "deploy", "--log-only", "--to-change", SPOILED, f"db:pg:{DATABASE}").status == 0
    go_on(target, tool, SPOILED)
