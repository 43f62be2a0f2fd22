#!/usr/bin/env python3
"""Runs every query on foreign tables and on plain tables that hold the same; their answers must be equal.

    PGHOST=... PGUSER=... python test/differential/run.py [--only THEME[:LINE]]

The raw rows of the audit log go two ways: into a test workspace, where the extension has Spark compute what it needs, and
by flatten.py and pairing.py into plain tables. The last line counts.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import psycopg  # noqa: E402

import database  # noqa: E402
import grammar  # noqa: E402
from corpus import Case, written_cases  # noqa: E402
from database import Outcome, Session  # noqa: E402
from flatten import audit_event, audit_log_entry, is_sharing  # noqa: E402
from pairing import usage  # noqa: E402
from plans import leaks, pushed, statements  # noqa: E402
from rows import raw_rows  # noqa: E402
from workspace.client import TOKEN, Workspace, running  # noqa: E402

# What the warehouse's sessions are set to, in turn: none of it may be seen.
WAREHOUSE_ZONES = ("Asia/Kathmandu", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia", "UTC", "Africa/Cairo")
DATABASE = "differential"


@dataclass
class Verdict:
    """What came of a case."""

    case: Case
    level: str
    problem: str | None
    seconds: float
    texts: list[str]


def short(text: object, limit: int = 600) -> str:
    """Not all of a long text."""
    shown = str(text)
    return shown if len(shown) <= limit else f"{shown[:limit]} ... ({len(shown)} characters)"


def compare(case: Case, remote: Outcome, plain: Outcome) -> str | None:
    """What is different; None: nothing."""
    if (remote.sqlstate is None) != (plain.sqlstate is None) or (
        remote.sqlstate is not None and plain.sqlstate is not None and remote.sqlstate[:2] != plain.sqlstate[:2]
    ):
        return f"remote: {describe(remote)}\nplain:  {describe(plain)}"
    if case.error is not None and not (plain.sqlstate or "").startswith(case.error):
        return f"an error {case.error} was expected, not {describe(plain)}"
    if plain.sqlstate is not None:
        return None if case.error is not None or case.may_fail else f"an unexpected error on both sides: {describe(plain)}"
    if remote.columns != plain.columns:
        return f"columns: remote {remote.columns}, plain {plain.columns}"
    ours, theirs = remote.in_order(case.ordered), plain.in_order(case.ordered)
    if ours == theirs:
        return None
    missing, extra = Counter(theirs) - Counter(ours), Counter(ours) - Counter(theirs)
    lines = [f"remote has {len(ours)} rows, plain {len(theirs)}"]
    if not missing and not extra:
        at = next(i for i, pair in enumerate(zip(ours, theirs, strict=True)) if pair[0] != pair[1])
        lines.append(f"the order differs from row {at} on: remote {short(ours[at])}, plain {short(theirs[at])}")
    lines += [f"only remote: {short(row)}" for row in list(extra)[:3]]
    lines += [f"only plain:  {short(row)}" for row in list(missing)[:3]]
    return "\n".join(lines)


def describe(outcome: Outcome) -> str:
    """An outcome in a line."""
    if outcome.sqlstate is not None:
        return f"{outcome.sqlstate} {short(outcome.message)}"
    return f"{len(outcome.rows)} rows: {short(outcome.rows[:2], 200)}"


class Judge:
    """Judges cases, several at a time."""

    def __init__(self, dsn: str, workspace: Workspace):
        self.dsn, self.workspace = dsn, workspace
        self.known = database.known_texts(dsn)
        self.local = threading.local()
        self.sessions: list[Session] = []
        self.lock = threading.Lock()
        self.count = 0

    def session(self) -> Session:
        """The session of this thread."""
        if not hasattr(self.local, "session"):
            self.local.session = Session(self.dsn)
            with self.lock:
                self.sessions.append(self.local.session)
        found: Session = self.local.session
        return found

    def change_zone(self) -> None:
        """From time to time the warehouse's time zone changes."""
        with self.lock:
            self.count += 1
            if self.count % 25 == 1:
                zone = WAREHOUSE_ZONES[self.count // 25 % len(WAREHOUSE_ZONES)]
                self.workspace.settings(warehouse_time_zone=zone)

    def judge(self, case: Case) -> Verdict:
        """Run a case on both sides; a lost connection is a difference like any other."""
        self.change_zone()
        try:
            return self.compare(case, self.session())
        except psycopg.OperationalError as error:
            del self.local.session
            time.sleep(2)  # the server may have to start again
            return Verdict(case, "none", f"the connection was lost: {error}", 0, [])

    def compare(self, case: Case, session: Session) -> Verdict:
        """The same, in this session."""
        start = time.monotonic()
        sql = session.prepare(case, "remote")
        plan = session.explain(sql)
        texts = statements(plan)
        level = pushed(plan)
        remote = session.run(sql)
        plain = session.run(session.prepare(case, "plain"))
        problem = compare(case, remote, plain)
        leaked = leaks(case.sql + (case.arguments or ""), texts, self.known)
        if problem is None and leaked:
            problem = f"the statement holds what the user wrote: {leaked}"
        if problem is None and case.push not in (None, level):
            problem = f"pushed: {level}, expected: {case.push}"
        return Verdict(case, level, problem, time.monotonic() - start, texts)

    def close(self) -> None:
        """End all sessions."""
        for session in self.sessions:
            session.close()


def report(verdict: Verdict) -> None:
    """Say what is wrong."""
    case = verdict.case
    print(f"not ok {case.name} (TimeZone {case.zone}, {verdict.level}, {verdict.seconds:.1f} s)")
    print(f"    {case.sql}" + (f"\n    with ({case.types}) {case.arguments}" if case.types else ""))
    print("    " + (verdict.problem or "").replace("\n", "\n    "))
    for text in verdict.texts:
        print(f"    Remote SQL: {text}")
    sys.stdout.flush()


def summarize(verdicts: list[Verdict]) -> int:
    """Counts by theme and in all; how many are different."""
    themes: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        themes[verdict.case.theme].append(verdict)
    for theme, found in sorted(themes.items()):
        levels = Counter(verdict.level for verdict in found)
        bad = sum(verdict.problem is not None for verdict in found)
        print(
            f"{theme}: {len(found)} compared, {bad} different, {levels['whole']} pushed whole, {levels['part']} in part,"
            f" {levels['none']} not, {sum(verdict.seconds for verdict in found):.0f} s"
        )
    levels = Counter(verdict.level for verdict in verdicts)
    bad = sum(verdict.problem is not None for verdict in verdicts)
    print(
        f"differential: {len(verdicts)} compared, {bad} different,"
        f" {levels['whole']} pushed whole, {levels['part']} in part"
    )
    return bad


def load(dsn: str, workspace: Workspace, seed: int, count: int) -> None:
    """The raw rows, both ways."""
    rows = raw_rows(seed, count)
    workspace.control("POST", "audit", rows)
    database.create(dsn, workspace.url, TOKEN)
    database.fill(
        dsn,
        {
            "audit_events": map(audit_event, filter(is_sharing, rows)),
            "audit_log": map(audit_log_entry, rows),
            "usage": usage(rows),
        },
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", help="a theme, or the beginning of a case's name")
    parser.add_argument("--rows", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--random", type=int, default=120, help="how many random queries")
    parser.add_argument("--sessions", type=int, default=2)
    parser.add_argument("--slow", type=int, default=0, help="show so many of the slowest")
    options = parser.parse_args()

    cases = [*written_cases(), *grammar.random_cases(options.seed, options.random)]
    if options.only:
        cases = [case for case in cases if any(case.name.startswith(name) for name in options.only)]
    admin = Session("dbname=postgres")
    admin.must(f"DROP DATABASE IF EXISTS {DATABASE}")
    admin.must(f"CREATE DATABASE {DATABASE}")
    admin.close()
    dsn = f"dbname={DATABASE}"
    verdicts = []
    with running() as workspace:
        load(dsn, workspace, options.seed, options.rows)
        judge = Judge(dsn, workspace)
        with ThreadPoolExecutor(options.sessions) as pool:
            for verdict in pool.map(judge.judge, cases):
                verdicts.append(verdict)
                if verdict.problem is not None:
                    report(verdict)
        judge.close()
        violations = workspace.violations()
    for verdict in sorted(verdicts, key=lambda v: -v.seconds)[: options.slow]:
        print(f"{verdict.seconds:.1f} s {verdict.case.name}")
    if violations:
        print(f"not ok violations: {violations}")
    return 1 if summarize(verdicts) or violations else 0


if __name__ == "__main__":
    os.environ.setdefault("PGCLIENTENCODING", "UTF8")
    sys.exit(main())
