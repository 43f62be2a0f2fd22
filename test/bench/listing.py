#!/usr/bin/env python3
"""List shares with their grants from a workspace that answers each call after some time.

Three ways in one run: the extension, the extension with one request in flight, and the loop that people write with the
official databricks-sdk. Connection parameters come from the environment (PGHOST, PGPORT, PGUSER, PGDATABASE); the
extension must be created there. Printed are seconds and ratios; only the ratios mean something on another machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from workspace.client import Workspace, running  # noqa: E402

QUERY = """
SELECT count(DISTINCT s.name), count(g.recipient_name)
FROM bench.shares s LEFT JOIN bench.grants g ON g.share_name = s.name
"""


def psql(sql: str) -> str:
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def connect(workspace: Workspace) -> None:
    psql(f"""
        DROP SERVER IF EXISTS bench CASCADE;
        DROP SCHEMA IF EXISTS bench CASCADE;
        CREATE SERVER bench TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host '{workspace.url}');
        CREATE USER MAPPING FOR CURRENT_USER SERVER bench OPTIONS (token '{workspace.token}');
        CREATE SCHEMA bench;
        IMPORT FOREIGN SCHEMA deltashare FROM SERVER bench INTO bench;
    """)


def with_sdk(workspace: Workspace) -> str:
    """Shares, then the grants of each, page by page: what the official client offers."""
    from databricks.sdk import WorkspaceClient

    client = WorkspaceClient(host=workspace.url, token=workspace.token)
    shares = grants = 0
    for share in client.shares.list_shares(max_results=0):
        shares += 1
        token: str | None = None
        while True:
            page = client.shares.share_permissions(share.name or "", page_token=token)
            grants += sum(len(a.privileges or []) for a in page.privilege_assignments or [])
            token = page.next_page_token
            if not token:
                break
    return f"{shares}|{grants}"


def timed(run: Callable[[], str], expected: str, repeat: int) -> float:
    """Median seconds of a few runs, each of which must give the right answer."""
    seconds = []
    for _ in range(repeat):
        start = time.monotonic()
        answer = run()
        seconds.append(time.monotonic() - start)
        if answer != expected:
            raise SystemExit(f"wrong answer: {answer}, expected {expected}")
    return statistics.median(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shares", type=int, default=1000)
    parser.add_argument("--latency-ms", type=int, default=50)
    options = parser.parse_args()
    os.environ["DATABRICKS_CONFIG_FILE"] = os.devnull
    expected = f"{options.shares}|{options.shares * 3}"

    with running() as workspace:
        workspace.control("POST", "seed", {"shares": options.shares, "grants": 3, "recipients": 50})
        workspace.control("PUT", "latency", {"ms": options.latency_ms})
        connect(workspace)
        print(f"listing {options.shares} shares with their grants, {options.latency_ms} ms per call", flush=True)
        ours = timed(lambda: psql(QUERY), expected, 3)
        print(f"  deltashare_fdw, 16 requests in flight   {ours:7.2f} s", flush=True)
        psql("ALTER SERVER bench OPTIONS (ADD concurrency '1')")
        alone = timed(lambda: psql(QUERY), expected, 1)
        print(f"  deltashare_fdw, one request at a time   {alone:7.2f} s   ratio {ours / alone:.3f}", flush=True)
        sdk = timed(lambda: with_sdk(workspace), expected, 1)
        print(f"  databricks-sdk, a loop                  {sdk:7.2f} s   ratio {ours / sdk:.3f}", flush=True)


if __name__ == "__main__":
    main()
