"""Columns of Spark as the API describes them."""

from __future__ import annotations

from typing import Any

# type_name of the API, by Spark's name of the type; what is not here is its own name
TYPE_NAMES = {
    "bigint": "LONG",
    "smallint": "SHORT",
    "tinyint": "BYTE",
    "int": "INT",
    "void": "NULL",
    "timestamp_ntz": "TIMESTAMP_NTZ",
    "varchar": "STRING",
}


def described_column(index: int, entry: Any) -> dict[str, Any]:
    """ColumnInfo."""
    kind, text = entry.dataType, entry.dataType.simpleString()
    base = text.split("<")[0].split("(")[0].split(" ")[0]
    column: dict[str, Any] = {
        "name": entry.name,
        "position": index,
        "type_name": TYPE_NAMES.get(base, base.upper()),
        "type_text": text.upper() if "<" not in text else text,
    }
    if base == "decimal":
        column["type_precision"], column["type_scale"] = kind.precision, kind.scale
    if base == "interval":
        column["type_interval_type"] = text.removeprefix("interval ").upper()
    return column
