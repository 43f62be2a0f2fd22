"""ODBC tools: what SQLTables and SQLColumns list, and reading as they do, with parameters and cursors."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyodbc
import pytest
from backends import NAMES, ODD, READER, Backend, comparable
from conftest import DATABASE
from psql import Row

Connect = Callable[..., pyodbc.Connection]
ZONE = "America/St_Johns"  # half an hour beside the others
PYTHON = {"bigint": int, "integer": int, "boolean": bool, "date": date, "timestamp with time zone": datetime}
READING = [
    ({}, True),
    ({"UseDeclareFetch": 1, "Fetch": 2}, False),
    ({"UseServerSidePrepare": 0}, True),
]


@pytest.fixture
def connect(backend: Backend) -> Iterator[Connect]:
    """A factory of connections; options are those of the driver."""
    made: list[pyodbc.Connection] = []

    def make(*, autocommit: bool = True, **options: Any) -> pyodbc.Connection:
        given = {
            "Driver": "{PostgreSQL Unicode}",
            "Servername": os.environ["PGHOST"],
            "Database": DATABASE,
            "Username": READER,
            "BoolsAsChar": 0,
            "ConnSettings": f"{{SET TimeZone TO '{ZONE}'}}",
            **options,
        }
        text = ";".join(f"{name}={value}" for name, value in given.items())
        made.append(pyodbc.connect(text, autocommit=autocommit))
        return made[-1]

    yield make
    for connection in made:
        connection.close()


def read(cursor: pyodbc.Cursor, kinds: dict[str, str]) -> list[Row]:
    """All rows: times come without zone, in that of the session."""
    names = [column[0] for column in cursor.description]
    return comparable(
        ({name: _value(value, kinds[name]) for name, value in zip(names, row, strict=True)} for row in cursor), kinds
    )


def _value(value: Any, kind: str) -> Any:
    if isinstance(value, datetime):
        assert kind == "timestamp with time zone" and value.tzinfo is None
        return value.replace(tzinfo=ZoneInfo(ZONE))
    return value


def state_of(act: Callable[[], Any]) -> str:
    """The SQLSTATE of something that must fail."""
    with pytest.raises(pyodbc.Error) as caught:
        act()
    return str(caught.value.args[0])


def test_the_driver_is_the_one_that_is_installed() -> None:
    found = subprocess.run(["odbcinst", "-q", "-d"], capture_output=True, text=True, check=True).stdout
    assert "[PostgreSQL Unicode]" in found and "PostgreSQL Unicode" in pyodbc.drivers()


def test_lists_views_as_views(backend: Backend, connect: Connect) -> None:
    cursor = connect().cursor()
    listed = {"VIEW": {"VIEW"}, "TABLE": {"FOREIGN TABLE"}, "TABLE,VIEW": {"VIEW", "FOREIGN TABLE"}}
    for asked, answered in listed.items():
        for schema, kind in ((backend.name, "FOREIGN TABLE"), (backend.views, "VIEW")):
            seen = [(row.table_name, row.table_type) for row in cursor.tables(schema=schema, tableType=asked)]
            assert seen == ([(table, kind) for table in backend.tables] if kind in answered else []), (schema, asked)


def test_lists_columns_with_types(backend: Backend, connect: Connect) -> None:
    """The driver leaves REMARKS empty, for every relation."""
    cursor = connect().cursor()
    odbc = {
        "text": pyodbc.SQL_WLONGVARCHAR,
        "boolean": pyodbc.SQL_BIT,
        "bigint": pyodbc.SQL_BIGINT,
        "integer": pyodbc.SQL_INTEGER,
        "date": pyodbc.SQL_TYPE_DATE,
        "timestamp with time zone": pyodbc.SQL_TYPE_TIMESTAMP,
    }
    for schema in backend.schemas:
        for table in backend.tables:
            found = list(cursor.columns(table=table, schema=schema))
            columns = backend.columns(schema, table)
            assert [row.column_name for row in found] == [column["name"] for column in columns]
            for row, column in zip(found, columns, strict=True):
                kind = column["type"]
                if kind in odbc:
                    assert row.data_type == odbc[kind], (table, column)
                else:
                    assert row.type_name in (kind, f"_{kind.removesuffix('[]')}"), (table, column)


def test_primary_keys_are_an_empty_list(backend: Backend, connect: Connect) -> None:
    cursor = connect().cursor()
    for schema in backend.schemas:
        for table in backend.tables:
            assert list(cursor.primaryKeys(table, schema=schema)) == []
            assert [row for row in cursor.statistics(table, schema=schema) if row.index_name] == []


@pytest.mark.parametrize(("options", "autocommit"), READING, ids=["at once", "cursor", "in the text"])
def test_reads_every_row(backend: Backend, connect: Connect, options: dict[str, Any], autocommit: bool) -> None:
    connection = connect(autocommit=autocommit, MaxLongVarcharSize=65536, **options)
    for schema in backend.schemas:
        for table in backend.readable:
            kinds = backend.kinds(schema, table)
            cursor = connection.execute(f"SELECT * FROM {schema}.{table}")
            described = {column[0]: column[1] for column in cursor.description}
            assert list(described) == list(kinds)
            for name, kind in kinds.items():
                assert described[name] is PYTHON.get(kind, str), (table, name)
            assert read(cursor, kinds) == backend.rows(schema, table, arrays_as_text=True), f"{schema}.{table}"
    if not autocommit:
        connection.commit()


@pytest.mark.parametrize("prepare", [0, 1], ids=["in the text", "server-side"])
@pytest.mark.parametrize("plan", ["auto", "force_generic_plan"])
def test_parameter_asks_for_one_share(backend: Backend, connect: Connect, prepare: int, plan: str) -> None:
    connection = connect(UseServerSidePrepare=prepare)
    connection.execute(f"SET plan_cache_mode = {plan}")
    cursor = connection.cursor()
    backend.requests()
    for name in [*NAMES, *NAMES, "bi_nothing"]:
        cursor.execute(f"SELECT name, comment FROM {backend.views}.shares WHERE name = ?", name)
        comment = ODD if name == "bi_a" else name
        assert [tuple(row) for row in cursor] == ([(name, comment)] if name in NAMES else [])
        assert backend.requests() == ([f"GET /api/2.1/unity-catalog/shares/{name}"] if backend.workspace else [])


def test_parameters_of_other_types(backend: Backend, connect: Connect) -> None:
    connection = connect()
    (created,) = connection.execute(f"SELECT created_at FROM {backend.views}.shares WHERE name = 'bi_c'").fetchone()
    query = f"SELECT name FROM {backend.views}.shares WHERE created_at = ? AND comment LIKE ? AND length(name) > ?"
    for _ in range(6):
        assert [row.name for row in connection.execute(query, created, "bi_c%", 3)] == ["bi_c"]
    query = f"SELECT name FROM {backend.views}.shares WHERE comment = ?"
    assert [row.name for row in connection.execute(query, ODD)] == ["bi_a"]


def test_reader_cannot_write(backend: Backend, connect: Connect) -> None:
    for schema in backend.schemas:
        write = f"INSERT INTO {schema}.shares (name) VALUES ('bi_written')"
        assert state_of(lambda: connect().execute(write)) == "42501"  # noqa: B023
    reading = connect(ConnSettings="{SET default_transaction_read_only TO on}")
    assert state_of(lambda: reading.execute(f"DELETE FROM {backend.name}.shares")) == "25006"


def test_statement_timeout_and_cancel(backend: Backend, connect: Connect) -> None:
    query = f"SELECT pg_sleep(30) FROM {backend.views}.shares"
    if backend.workspace:
        backend.workspace.fault("hang", "GET", "/shares", count=None)
        query = f"SELECT * FROM {backend.views}.shares"
    limited = connect(ConnSettings="{SET statement_timeout TO '1s'}")
    free = connect()
    for cursor, cancelled in ((limited.cursor(), False), (free.cursor(), True)):
        timer = threading.Timer(1, cursor.cancel)
        if cancelled:
            timer.start()
        start = time.monotonic()
        assert state_of(lambda: cursor.execute(query)) in ("57014", "HY008")  # noqa: B023
        assert 0.5 < time.monotonic() - start < 5
    if backend.workspace:
        backend.workspace.control("DELETE", "faults")
    for connection in (limited, free):
        assert len(list(connection.execute(f"SELECT name FROM {backend.views}.shares"))) >= len(NAMES)


def test_links_stay_hidden(backend: Backend, connect: Connect, shown_links: None) -> None:
    for table in ("recipients", "recipient_tokens"):
        found = [row.activation_url for row in connect().execute(f"SELECT activation_url FROM {backend.views}.{table}")]
        assert found and set(found) == {None}
