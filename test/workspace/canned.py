"""Results that a test prescribes, right or wrong, without Spark."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import invalid
from .results import Chunk, Result

if TYPE_CHECKING:
    from .statements import Statement

_FIELDS = {
    "match", "count", "columns", "rows", "chunks", "manifest", "without", "without_parts", "truncated", "error",
    "sql_state", "seconds", "states", "state",
}  # fmt: skip
_CHUNK_FIELDS = {"rows", "raw", "file", "row_count", "row_offset"}


def check_canned(order: dict[str, Any]) -> dict[str, Any]:
    """Take an order given as JSON:

    `match` regex on the statement's text; `columns` [{"name", "type_name"}]; `rows` [[...]] or `chunks`, each a list of
    rows or {"rows" | "raw": text | "file": path, "row_count", "row_offset"}; `manifest` {dotted path: value} and
    `without` [keys] change the manifest; `without_parts` takes away `manifest` or `result`; `error` {"error_code", "message"} and
    `sql_state` make it fail; `state` is the final one instead of the right one, `states` what the first replies say;
    `seconds` it takes; `count` of statements it serves.
    """
    unknown = set(order) - _FIELDS
    if unknown:
        raise invalid(f"unknown field of a canned result: {', '.join(sorted(unknown))}")
    for chunk in order.get("chunks", []):
        if isinstance(chunk, dict) and set(chunk) - _CHUNK_FIELDS:
            raise invalid(f"a chunk has: {', '.join(sorted(_CHUNK_FIELDS))}")
        if isinstance(chunk, dict) and "file" in chunk and not Path(chunk["file"]).is_file():
            raise invalid(f"no such file: {chunk['file']}")
    re.compile(order.get("match", ""))
    return dict(order)


def find_canned(orders: list[dict[str, Any]], text: str) -> dict[str, Any] | None:
    """The first order that takes this statement; uses it up by one."""
    for order in orders:
        if order.get("count") != 0 and re.search(order.get("match", ""), text, re.DOTALL):
            if order.get("count") is not None:
                order["count"] -= 1
            return order
    return None


async def canned_result(statement: Statement, order: dict[str, Any]) -> None:
    """Give a statement what the order says."""
    await asyncio.sleep(order.get("seconds", 0))
    statement.final_state = order.get("state")
    if "error" in order:
        statement.error, statement.sql_state = order["error"], order.get("sql_state")
        return
    columns = [
        {"position": index, "type_name": "STRING", "type_text": entry.get("type_name", "STRING"), **entry}
        for index, entry in enumerate(order.get("columns", []))
    ]
    given = order.get("chunks", [order["rows"]] if order.get("rows") else [])
    chunks: list[Chunk] = []
    offset = 0
    for entry in given:
        described = entry if isinstance(entry, dict) else {"rows": entry}
        chunk = _chunk(described, offset)
        offset = chunk.row_offset + chunk.row_count
        chunks.append(chunk)
    statement.result = Result(
        columns,
        chunks,
        truncated=bool(order.get("truncated", False)),
        manifest=order.get("manifest", {}),
        without=order.get("without", []),
        without_parts=order.get("without_parts", []),
    )


def _chunk(given: dict[str, Any], offset: int) -> Chunk:
    rows = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in given.get("rows", [])]
    return Chunk(
        given.get("row_offset", offset),
        given.get("row_count", len(rows)),
        rows,
        given.get("raw"),
        Path(given["file"]) if "file" in given else None,
    )
