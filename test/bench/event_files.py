"""Rows of audit_events as files: chunks as a warehouse delivers them, and the same rows as CSV.

Spark executes the statement that the extension sends, over a generated log. What it answers is kept as it came. The CSV
is made from that in Python, so that the extension has no part in it.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from workspace.client import Workspace

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STATEMENTS = "/api/2.0/sql/statements"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

# how a value of a type is written in CSV; the others are as they came
_WRITERS: dict[str, Callable[[str], str]] = {
    "timestamp with time zone": lambda value: (_EPOCH + timedelta(microseconds=int(value))).isoformat(" "),
    "date": lambda value: (date(1970, 1, 1) + timedelta(days=int(value))).isoformat(),
}


@dataclass(frozen=True)
class Chunk:
    """The same rows twice."""

    json: Path
    csv: Path
    rows: int


def generate_log(workspace: Workspace, events: int) -> None:
    """So many events of sharing, about: some of a log are about other things."""
    step = 10_000
    for seed in range(events // step + 1):
        workspace.control("POST", "audit/generate", {"seed": seed, "count": step, "days": 30})


def make_chunks(
    workspace: Workspace, statement: str, types: list[str], rows_per_chunk: int, folder: Path
) -> tuple[list[Chunk], list[dict[str, Any]]]:
    """Execute a statement without parameters and keep its rows, with the columns as the manifest has them."""
    workspace.settings(rows_per_chunk=rows_per_chunk, poll_wait_s=5)
    reply = _execute(workspace, statement)
    chunks = []
    for index, info in enumerate(reply["manifest"]["chunks"]):
        chunk = Chunk(folder / f"{index}.json", folder / f"{index}.csv", info["row_count"])
        chunk.json.write_bytes(_fetch_chunk(workspace, reply["statement_id"], index))
        with chunk.csv.open("w", encoding="utf-8", newline="") as file:
            _write_csv(file, json.loads(chunk.json.read_bytes()), types)
        chunks.append(chunk)
    return chunks, reply["manifest"]["schema"]["columns"]


def _call(workspace: Workspace, path: str, body: Any = None) -> Any:
    headers = {
        "Authorization": f"Bearer {workspace.token}",
        "Accept": "application/json",
        "Content-Type": "application/json",
        "User-Agent": "bench/1.0",
    }
    data = None if body is None else json.dumps(body).encode()
    with _DIRECT.open(urllib.request.Request(workspace.url + path, data, headers), timeout=120) as reply:
        return json.load(reply)


def _execute(workspace: Workspace, statement: str) -> Any:
    order = {
        "statement": statement,
        "warehouse_id": "0123456789abcdef",
        "disposition": "EXTERNAL_LINKS",
        "format": "JSON_ARRAY",
        "wait_timeout": "0s",
    }
    reply = _call(workspace, _STATEMENTS, order)
    while reply["status"]["state"] in ("PENDING", "RUNNING"):
        reply = _call(workspace, f"{_STATEMENTS}/{reply['statement_id']}")
    if reply["status"]["state"] != "SUCCEEDED":
        raise SystemExit(f"the statement failed: {reply['status']}")
    return reply


def _fetch_chunk(workspace: Workspace, statement_id: str, index: int) -> bytes:
    link = _call(workspace, f"{_STATEMENTS}/{statement_id}/result/chunks/{index}")["external_links"][0]
    request = urllib.request.Request(link["external_link"], headers=link.get("http_headers", {}))
    with _DIRECT.open(request, timeout=120) as reply:
        body: bytes = reply.read()
    return body


def _write_csv(file: TextIO, rows: list[list[str | None]], types: list[str]) -> None:
    """NULL is an empty field, and an empty text is quoted, as COPY has it."""
    writers = [_WRITERS.get(name, str) for name in types]
    for row in rows:
        file.write(",".join("" if value is None else _quoted(write(value)) for value, write in zip(row, writers)))
        file.write("\n")


def _quoted(value: str) -> str:
    if value and not any(character in value for character in ',"\r\n'):
        return value
    return '"' + value.replace('"', '""') + '"'
