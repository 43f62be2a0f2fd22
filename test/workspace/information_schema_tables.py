"""The views of `system.information_schema` that speak of tables: columns and tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .access import Caller
    from .catalog import Catalog, Table

_PRECISION = {"BYTE": 8, "SHORT": 16, "INT": 32, "LONG": 64, "FLOAT": 24, "DOUBLE": 53}  # bits
_DATETIME_PRECISION = {"DATE": 0, "TIMESTAMP": 3, "TIMESTAMP_NTZ": 3}


def _of(kind: str, *names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, kind) for name in names)


# What the platform declares; most of it is reserved and NULL.
COLUMNS = {
    "columns": (
        *_of("STRING", "table_catalog", "table_schema", "table_name", "column_name"),
        *_of("INT", "ordinal_position"),
        *_of("STRING", "column_default", "is_nullable", "full_data_type", "data_type"),
        *_of("INT", "character_maximum_length"),
        *_of("STRING", "character_octet_length"),
        *_of("INT", "numeric_precision", "numeric_precision_radix", "numeric_scale", "datetime_precision"),
        *_of("STRING", "interval_type"),
        *_of("INT", "interval_precision", "maximum_cardinality"),
        *_of("STRING", "is_identity", "identity_generation", "identity_start", "identity_increment"),
        *_of("STRING", "identity_maximum", "identity_minimum", "identity_cycle", "is_generated"),
        *_of("STRING", "generation_expression", "is_system_time_period_start", "is_system_time_period_end"),
        *_of("STRING", "system_time_period_timestamp_generation", "is_updatable"),
        *_of("INT", "partition_ordinal_position"),
        *_of("STRING", "comment"),
    ),
    "column_tags": _of("STRING", "catalog_name", "schema_name", "table_name", "column_name", "tag_name", "tag_value"),
    "table_tags": _of("STRING", "catalog_name", "schema_name", "table_name", "tag_name", "tag_value"),
}


def rows_of(catalog: Catalog, caller: Caller, view: str) -> list[dict[str, Any]]:
    """The rows of a view, as far as the caller may see them."""
    makers = {"columns": _columns, "column_tags": _column_tags, "table_tags": _table_tags}
    tables = (table for table in catalog.tables.values() if table.table_type is not None)
    return [row for table in tables if caller.sees_table(table) for row in makers[view](table)]


def _columns(table: Table) -> Iterator[dict[str, Any]]:
    catalog, schema, name = table.parts()
    for column in table.columns:
        kind, partition = column["type_name"], column.get("partition_index")
        yield {
            "table_catalog": catalog,
            "table_schema": schema,
            "table_name": name,
            "column_name": column["name"],
            "ordinal_position": column["position"] + 1,  # from 1, where the REST API counts from 0
            "is_nullable": "YES" if column.get("nullable", True) else "NO",
            "full_data_type": column["type_text"],
            "data_type": kind,
            "numeric_precision": column.get("type_precision") if kind == "DECIMAL" else _PRECISION.get(kind),
            "numeric_precision_radix": 10 if kind == "DECIMAL" else 2 if kind in _PRECISION else None,
            "numeric_scale": column.get("type_scale") if kind == "DECIMAL" else 0 if kind in _PRECISION else None,
            "datetime_precision": _DATETIME_PRECISION.get(kind),
            "is_identity": "NO",
            "is_generated": "NO",
            "is_system_time_period_start": "NO",
            "is_system_time_period_end": "NO",
            "is_updatable": "NO" if table.table_type == "VIEW" else "YES",
            "partition_ordinal_position": None if partition is None else partition + 1,
            "comment": column.get("comment"),
        }


def _column_tags(table: Table) -> Iterator[dict[str, Any]]:
    catalog, schema, name = table.parts()
    for column, tags in table.column_tags.items():
        for tag, value in tags.items():
            yield {
                "catalog_name": catalog,
                "schema_name": schema,
                "table_name": name,
                "column_name": column,
                "tag_name": tag,
                "tag_value": value,
            }


def _table_tags(table: Table) -> Iterator[dict[str, Any]]:
    catalog, schema, name = table.parts()
    for tag, value in table.tags.items():
        yield {
            "catalog_name": catalog,
            "schema_name": schema,
            "table_name": name,
            "tag_name": tag,
            "tag_value": value,
        }
