"""The rows of a statement: in chunks, and as the parts of a reply that speak of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Chunk:
    """Some rows: their JSON texts, or a whole body as a test gave it, or a file that holds one."""

    row_offset: int
    row_count: int  # as the manifest has it
    rows: list[str] = field(default_factory=list)
    raw: str | None = None
    file: Path | None = None
    counted: int | None = None  # bytes, once somebody asked

    def text(self) -> str:
        """One JSON array of rows, compact."""
        if self.file is not None:
            return self.file.read_text(encoding="utf-8")
        return self.raw if self.raw is not None else f"[{','.join(self.rows)}]"

    def size(self) -> int:
        """Bytes of the body."""
        if self.counted is None:
            if self.file is not None:
                self.counted = self.file.stat().st_size
            else:
                self.counted = len(self.text().encode("utf-8", "surrogatepass"))
        return self.counted


@dataclass
class Result:
    """What a statement returned. The manifest says what `manifest` overrides it to say."""

    columns: list[dict[str, Any]]
    chunks: list[Chunk]
    truncated: bool = False
    manifest: dict[str, Any] = field(default_factory=dict)
    without: list[str] = field(default_factory=list)  # keys of the manifest that are missing
    without_parts: list[str] = field(default_factory=list)  # the same for the reply: manifest, result
    empty_form: tuple[bool, bool] | None = None  # how no rows are said: with empty lists, with an empty result

    def row_count(self) -> int:
        """Rows, as the manifest has them."""
        return sum(chunk.row_count for chunk in self.chunks)

    def byte_count(self) -> int:
        """Bytes of all chunks."""
        return sum(chunk.size() for chunk in self.chunks)


def in_chunks(rows: list[str], rows_per_chunk: int) -> list[Chunk]:
    """Rows cut into chunks; none for no rows."""
    return [
        Chunk(start, len(part), part)
        for start in range(0, len(rows), rows_per_chunk)
        for part in [rows[start : start + rows_per_chunk]]
    ]


def within_bytes(rows: list[str], byte_limit: int) -> list[str]:
    """The first rows that together are not larger than the limit."""
    size = 0
    for count, row in enumerate(rows):
        size += len(row.encode("utf-8", "surrogatepass")) + 1
        if size > byte_limit:
            return rows[:count]
    return rows


def manifest_of(result: Result, external: bool, empty_lists: bool) -> dict[str, Any]:
    """ResultManifest; without `empty_lists`, what may be missing when there are no rows is missing."""
    value: dict[str, Any] = {
        "format": "JSON_ARRAY",
        "schema": {"column_count": len(result.columns), "columns": result.columns},
        "total_chunk_count": len(result.chunks),
        "chunks": [chunk_info(result, index, external) for index in range(len(result.chunks))],
        "total_row_count": result.row_count(),
        "truncated": result.truncated,
    }
    if external:
        value["total_byte_count"] = result.byte_count()
    if not result.chunks and not empty_lists:
        del value["chunks"], value["total_chunk_count"]
    for path, changed in result.manifest.items():
        _override(value, path.split("."), changed)
    return {key: part for key, part in value.items() if key not in result.without}


def _override(value: Any, path: list[str], changed: Any) -> None:
    """Set what a dotted path leads to, e.g. `chunks.0.row_count`."""
    step = int(path[0]) if isinstance(value, list) else path[0]
    if len(path) == 1:
        value[step] = changed
    else:
        _override(value[step], path[1:], changed)


def chunk_info(result: Result, index: int, external: bool) -> dict[str, Any]:
    """BaseChunkInfo."""
    chunk = result.chunks[index]
    value = {"chunk_index": index, "row_offset": chunk.row_offset, "row_count": chunk.row_count}
    if external:
        value["byte_count"] = chunk.size()
    return value


def next_of(result: Result, index: int, statement_id: str) -> dict[str, Any]:
    """Where the chunk after this one is; nothing for the last."""
    if index + 1 >= len(result.chunks):
        return {}
    offset = result.chunks[index + 1].row_offset
    return {
        "next_chunk_index": index + 1,
        "next_chunk_internal_link": (
            f"/api/2.0/sql/statements/{statement_id}/result/chunks/{index + 1}?row_offset={offset}"
        ),
    }


def inline_data(result: Result, index: int, statement_id: str) -> dict[str, Any]:
    """ResultData of disposition INLINE. A raw body is left as text: see `Reply`."""
    chunk = result.chunks[index]
    rows: Any
    if chunk.raw is not None or chunk.file is not None:
        rows = RawJson(chunk.text())
    else:
        rows = json.loads(chunk.text())
    return {**chunk_info(result, index, False), "data_array": rows, **next_of(result, index, statement_id)}


class RawJson(str):
    """Text that becomes part of a reply as it is, JSON or not."""
