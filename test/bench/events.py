#!/usr/bin/env python3
"""Read millions of audit events from a result on loopback, and the same rows with file_fdw from a CSV file.

Both sides execute SELECT * and throw the rows away (EXPLAIN ANALYZE), in turn, several times; the median counts. Then
peak memory of fresh sessions, and what an aggregate moves. Rows are what Spark answers to the extension's own statement;
of so many different rows the rest are repetitions. Connection parameters come from the environment (PGHOST, PGPORT,
PGUSER, PGDATABASE); extensions deltashare_fdw and file_fdw must be created there, and the server must see our files.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.event_files import Chunk, generate_log, make_chunks  # noqa: E402
from workspace.client import Workspace, running  # noqa: E402

ROWS_PER_CHUNK = 25_000
GROUPS = """
SELECT action_name, count(*), count(recipient_name), sum(rows_returned), max(request_time)
FROM bench.{table} GROUP BY action_name
"""
Plan = dict[str, Any]


def psql(sql: str) -> str:
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    return subprocess.run(command, input=sql, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def connect(workspace: Workspace) -> None:
    psql(f"""
        SET client_min_messages = warning;
        DROP SERVER IF EXISTS bench CASCADE;
        DROP SERVER IF EXISTS bench_files CASCADE;
        DROP SCHEMA IF EXISTS bench CASCADE;
        CREATE SERVER bench TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw
            OPTIONS (host '{workspace.url}', warehouse_id '0123456789abcdef');
        CREATE USER MAPPING FOR CURRENT_USER SERVER bench OPTIONS (token '{workspace.token}');
        CREATE SERVER bench_files FOREIGN DATA WRAPPER file_fdw;
        CREATE SCHEMA bench;
        IMPORT FOREIGN SCHEMA deltashare LIMIT TO (audit_events) FROM SERVER bench INTO bench;
    """)


def columns() -> list[tuple[str, str]]:
    """Names and types of the table."""
    found = psql("""
        SELECT json_agg(json_build_array(attname, format_type(atttypid, atttypmod)) ORDER BY attnum)
        FROM pg_attribute WHERE attrelid = 'bench.audit_events'::regclass AND attnum > 0 AND NOT attisdropped
    """)
    return [(name, type_name) for name, type_name in json.loads(found)]


def serve(workspace: Workspace, given: list[dict[str, Any]], chunks: list[Chunk]) -> None:
    """From now on every statement has this result."""
    workspace.control("DELETE", "statements/canned")
    files = [{"file": str(chunk.json), "row_count": chunk.rows} for chunk in chunks]
    workspace.control("POST", "statements/canned", {"columns": given, "chunks": files})


def make_csv(path: Path, chunks: list[Chunk]) -> None:
    """One file of all rows, and a foreign table over it."""
    with path.open("wb") as out:
        for chunk in chunks:
            with chunk.csv.open("rb") as part:
                shutil.copyfileobj(part, out, 1 << 20)
    listed = ", ".join(f'"{name}" {type_name}' for name, type_name in columns())
    psql(f"""
        SET client_min_messages = warning;
        DROP FOREIGN TABLE IF EXISTS bench.csv;
        CREATE FOREIGN TABLE bench.csv ({listed}) SERVER bench_files OPTIONS (filename '{path}', format 'csv');
    """)


def explain(query: str, before: str = "") -> tuple[Plan, int]:
    """Execute a query in a session of its own: the plan with what it took, and the peak memory of the backend in kB."""
    text = psql(f"""
        SET statement_timeout = 0;
        SET jit = off;
        {before};
        EXPLAIN (ANALYZE, VERBOSE, TIMING OFF, SUMMARY ON, FORMAT JSON) {query};
        SELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\\s*(\\d+)');
    """)
    plan, _, peak = text.rpartition("\n")
    return json.loads(plan)[0], int(peak)


def scan(table: str, rows: int) -> tuple[float, int, int]:
    """Seconds, peak kB and bytes received of a scan of everything."""
    report, peak = explain(f"SELECT * FROM bench.{table}")
    plan = report["Plan"]
    if plan["Node Type"] != "Foreign Scan" or plan["Actual Rows"] != rows or len(plan["Output"]) != len(columns()):
        raise SystemExit(f"not a scan of {rows} whole rows: {plan}")
    return report["Execution Time"] / 1000, peak, plan.get("Received", 0)


def received(plan: Plan) -> int:
    """Bytes that a plan and its parts received."""
    return int(plan.get("Received", 0)) + sum(received(part) for part in plan.get("Plans", []))


def check_equal() -> None:
    """Both tables hold the same values, column by column."""
    sums = ", ".join(f'count("{name}"), sum(hashtextextended("{name}"::text, 0))' for name, _ in columns())
    ours, theirs = (
        psql(f"SET deltashare.enable_pushdown = off; SELECT count(*), {sums} FROM bench.{table}")
        for table in ("audit_events", "csv")
    )
    if ours != theirs:
        raise SystemExit(f"the tables differ:\n{ours}\n{theirs}")


def measure_groups() -> tuple[int, int]:
    """Bytes that an aggregate moves, and its groups; file_fdw over the same rows must say the same."""
    ours, theirs = (psql(GROUPS.format(table=table) + "ORDER BY action_name") for table in ("audit_events", "csv"))
    if ours != theirs:
        raise SystemExit(f"the groups differ:\n{ours}\n{theirs}")
    report, _ = explain(GROUPS.format(table="audit_events"))
    return received(report["Plan"]), report["Plan"]["Actual Rows"]


def in_turn(rows: int, repeat: int) -> tuple[list[float], list[float], list[int], list[int], int]:
    """Alternating, each side going first as often as the other."""
    seconds: dict[str, list[float]] = {"audit_events": [], "csv": []}
    peaks: dict[str, list[int]] = {"audit_events": [], "csv": []}
    moved = 0
    for turn in range(repeat):
        for table in ("audit_events", "csv") if turn % 2 == 0 else ("csv", "audit_events"):
            took, peak, got = scan(table, rows)
            seconds[table].append(took)
            peaks[table].append(peak)
            moved = max(moved, got)
            print(f"    {table:12} {took:7.2f} s  {rows / took:9.0f} rows/s  peak {peak / 1024:6.1f} MB", flush=True)
    return seconds["audit_events"], seconds["csv"], peaks["audit_events"], peaks["csv"], moved


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000, help="of the large scan")
    parser.add_argument("--few", type=int, default=50_000, help="of the small one")
    parser.add_argument("--different", type=int, default=100_000, help="rows before they repeat")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="deltashare-events-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        measure(folder, options)


def measure(folder: Path, options: argparse.Namespace) -> None:
    print(f"events: Spark makes {options.different} rows", flush=True)
    with running("--max-seconds", "1800") as workspace:
        generate_log(workspace, options.different)
        connect(workspace)
        statement = json.loads(psql("EXPLAIN (VERBOSE, FORMAT JSON) SELECT * FROM bench.audit_events"))
        types = [type_name for _, type_name in columns()]
        every, given = make_chunks(workspace, statement[0]["Plan"]["Remote SQL"], types, ROWS_PER_CHUNK, folder)
        make_csv(folder / "all.csv", every)
        group_bytes, groups = measure_groups()

    whole = [chunk for chunk in every if chunk.rows == ROWS_PER_CHUNK]
    with running("--max-seconds", "7200") as workspace:
        connect(workspace)
        serve(workspace, given, whole)
        make_csv(folder / "all.csv", whole)
        check_equal()
        print(f"  both sides read the same values ({len(whole) * ROWS_PER_CHUNK} rows, {len(types)} columns)", flush=True)
        figures = {}
        for rows in (options.few, options.events):
            chunks = [whole[index % len(whole)] for index in range(rows // ROWS_PER_CHUNK)]
            serve(workspace, given, chunks)
            make_csv(folder / "all.csv", chunks)
            print(f"  {rows} rows", flush=True)
            figures[rows] = in_turn(rows, options.repeat)
    show(options, figures, group_bytes, groups)


def show(options: argparse.Namespace, figures: dict[int, Any], group_bytes: int, groups: int) -> None:
    ours, csv, peaks, csv_peaks, moved = figures[options.events]
    _, _, few_peaks, few_csv_peaks, _ = figures[options.few]
    speed, csv_speed = (options.events / statistics.median(seconds) for seconds in (ours, csv))
    peak, few_peak, csv_peak, few_csv_peak = (
        statistics.median(values) / 1024 for values in (peaks, few_peaks, csv_peaks, few_csv_peaks)
    )
    print(f"""
| | deltashare_fdw | file_fdw | ratio |
|---|---|---|---|
| rows per second, {options.events} rows | {speed:.0f} | {csv_speed:.0f} | {speed / csv_speed:.2f} |
| peak memory, {options.few} rows | {few_peak:.1f} MB | {few_csv_peak:.1f} MB | |
| peak memory, {options.events} rows | {peak:.1f} MB | {csv_peak:.1f} MB | |
| growth of peak memory | {peak / few_peak:.3f} | {csv_peak / few_csv_peak:.3f} | |
| bytes received, all rows | {moved} | | |
| bytes received, {groups} groups | {group_bytes} | | {group_bytes / moved:.2g} of all rows |
""")


if __name__ == "__main__":
    main()
