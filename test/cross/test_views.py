"""Views that filter and mask: for the same rows, Spark and PostgreSQL show the same values; and what odd input does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.sql import StatementState
from psql import Session, literal
from servers import AddServer

from workspace.client import Workspace

WAREHOUSE = "0123456789abcdef"
Row = list[Any]

# name, type there, type here, and how both show a value as the same text
COLUMNS = [
    ("id", "LONG", "bigint"),
    ("name", "STRING", "text"),
    ("short", "VARCHAR(20)", "varchar(20)"),
    ("n", "INT", "integer"),
    ("tiny", "BYTE", "smallint"),
    ("amount", "DECIMAL(10,2)", "numeric(10,2)"),
    ("rate", "DECIMAL(38,10)", "numeric(38,10)"),
    ("flag", "BOOLEAN", "boolean"),
    ("born", "DATE", "date"),
    ("at", "TIMESTAMP", "timestamptz"),
    ("local", "TIMESTAMP_NTZ", "timestamp"),
    ("Odd `name` \"it's\"; --", "STRING", "text"),
]
NAMES = [name for name, *_ in COLUMNS]
TEXTS = [
    "",
    "a",
    "ab",
    "abcd",
    "abcde",
    "   trailing   ",
    "it's \"quoted\" \\ `so`",
    "two\nlines\ttabs\r\n",
    "é😀e\u0301👩\u200d👩\u200d👧",
    "\u2028\u0085\ufeff",
    "%_\\%",
    "'); DROP TABLE t; --",
    "{}${x}:p $1 {to} {c} %s %1$s",
    "x" * 10_000,
]
DATES = ["0001-01-01", "1582-10-10", "1969-12-31", "1970-01-01", "2000-02-29", "2024-12-31", "9999-12-31"]
TIMES = [
    "0001-01-01 00:00:00",
    "1582-10-10 23:59:59.999999",
    "1969-12-31 23:59:59.000001",
    "1970-01-01 00:00:00",
    "2024-03-10 02:30:00.5",  # in a gap of many zones
    "2024-03-31 02:30:00.123456",
    "2024-12-31 23:59:59.999999",
    "9999-12-31 23:59:59.999999",
]
NUMBERS: list[Row] = [
    [0, 0, "0.00", "0.0000000000", True],
    [-1, -128, "-0.01", "0.0000000001", False],
    [2**31 - 1, 127, "99999999.99", "1234567890123456789012345678.0123456789", True],
    [-(2**31), 1, "1.50", "-0.1000000000", False],
]


def rows() -> list[Row]:
    """Every text, date, time and number at least once, and a row of NULLs."""
    made: list[Row] = []
    for i, text in enumerate(TEXTS):
        time = TIMES[i % len(TIMES)]
        made.append(
            [i, text, text[:20], *NUMBERS[i % len(NUMBERS)], DATES[i % len(DATES)], time + "Z", time, TEXTS[-1 - i]]
        )
    return [*made, [len(made), *[None] * (len(COLUMNS) - 1)]]


@pytest.fixture
def here(sql: Session) -> Iterator[str]:
    """A local server, with a schema for the tables of a test."""
    sql.run("CREATE SERVER views_here FOREIGN DATA WRAPPER deltashare_fdw; CREATE SCHEMA x")
    yield "views_here"
    sql.run(
        "SET client_min_messages = error; DROP SERVER views_here CASCADE; DROP SCHEMA x CASCADE;"
        "DELETE FROM deltashare.shares; DELETE FROM deltashare.recipients; RESET client_min_messages"
    )


@pytest.fixture
def there(workspace: Workspace, add_server: AddServer) -> str:
    """A server of the workspace with a warehouse."""
    return add_server("views_there", warehouse_id=WAREHOUSE)


@pytest.fixture
def both(sql: Session, workspace: Workspace, here: str, there: str) -> dict[str, str]:
    """The same table on both sides: the catalog of each server."""
    catalog = sql.value("SELECT current_database()")
    columns = [{"name": name, "type_name": kind} for name, kind, _ in COLUMNS]
    workspace.control("POST", "tables", {"full_name": "main.x.t", "columns": columns, "rows": rows()})
    made = ", ".join(f"{identifier(name)} {kind}" for name, _, kind in COLUMNS)
    sql.run(f"SET timezone = 'Pacific/Chatham'; CREATE TABLE x.t ({made})")
    sql.run("INSERT INTO x.t VALUES " + ", ".join(f"({', '.join(map(value, row))})" for row in rows()))
    return {here: catalog, there: "main"}


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def backticked(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def value(given: Any) -> str:
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else literal(given)


def run_there(sdk: WorkspaceClient, statement: str) -> list[Row]:
    """The rows of a statement on the warehouse."""
    reply = sdk.statement_execution.execute_statement(statement, WAREHOUSE, wait_timeout="50s")
    assert reply.status is not None and reply.status.state is StatementState.SUCCEEDED, reply.status
    return (reply.result and reply.result.data_array) or []


def seen_there(sdk: WorkspaceClient, view: str) -> list[Row]:
    """All of a view, times as microseconds and the rest as texts."""
    columns = ", ".join(
        f"unix_micros({backticked(name)})" if kind == "TIMESTAMP" else f"CAST({backticked(name)} AS STRING)"
        for name, kind, _ in COLUMNS
    )
    return run_there(sdk, f"SELECT {columns} FROM main.x.{backticked(view)} v ORDER BY v.`id`")


def seen_here(sql: Session, view: str) -> list[Row]:
    """The same of a view of this database."""
    columns = ", ".join(
        f"(extract(epoch FROM {identifier(name)}) * 1000000)::bigint::text"
        if kind == "timestamptz"
        else f"{identifier(name)}::text"
        for name, _, kind in COLUMNS
    )
    return sql.values(f"SELECT ARRAY[{columns}] FROM x.{identifier(view)} v ORDER BY v.id")


ODD = COLUMNS[-1][0]
MASKS: dict[str, dict[str, Any]] = {
    "nothing_but_one": {"short": "null"},
    "hash": {name: "hash" for name in NAMES if name not in ("at", "local", "id")},
    "salt": {name: {"mask": "hash", "salt": "it's 😀 \\ salt"} for name in ("name", "n", "born", ODD)},
    "redact": {"name": "redact", "short": "redact", ODD: "redact"},
    "partial": {"name": "partial", "short": {"mask": "partial", "keep_first": 1}, ODD: {"mask": "partial", "keep_last": 4}},
    "partial_2": {"name": {"mask": "partial", "keep_first": 2, "keep_last": 2}},
    "null": {name: "null" for name in NAMES if name != "id"},
    **{
        f"truncate_{to}": {name: {"mask": "truncate", "to": to} for name in ("born", "at", "local") if name != "born" or to in ("year", "month")}
        for to in ("year", "month", "day", "hour")
    },
}


def test_rows_are_the_same_to_begin_with(sql: Session, sdk: WorkspaceClient, both: dict[str, str]) -> None:
    assert len(seen_there(sdk, "t")) == len(rows())
    assert seen_there(sdk, "t") == seen_here(sql, "t")


@pytest.mark.parametrize("name", MASKS)
def test_a_masked_view_has_the_same_values(sql: Session, sdk: WorkspaceClient, both: dict[str, str], name: str) -> None:
    for server, catalog in both.items():
        made = sql.call("create_masked_view", f"{catalog}.x.t", MASKS[name], view_name=name, server=server)
        assert made == [
            {
                "view_name": f"{catalog}.x.{name if catalog == 'main' else local_name(name)}",
                "share_name": None,
                "masked_columns": [column for column in NAMES if column in MASKS[name]],
            }
        ]
    seen = seen_here(sql, name)
    assert seen_there(sdk, name) == seen
    for column, before, after in zip(NAMES, zip(*seen_here(sql, "t"), strict=True), zip(*seen, strict=True), strict=True):
        if column in MASKS[name]:
            assert before != after, f"{column} is not masked"
        else:
            assert before == after, f"{column} is masked"
    kinds = {column.name: column.type_text for column in sdk.tables.get(f"main.x.{name}").columns or []}
    before_kinds = {column.name: column.type_text for column in sdk.tables.get("main.x.t").columns or []}
    changed = {column for column in NAMES if kinds[column] != before_kinds[column]} - {"short"}  # Spark's views have no VARCHAR
    assert not changed or name in ("hash", "salt")


def local_name(name: str) -> str:
    return name if name.isidentifier() and name != "null" else identifier(name)
