"""Java tools: what DatabaseMetaData lists, and reading as they do, with fetch size, limits and prepared statements."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from backends import NAMES, ODD, READER, Backend, comparable
from conftest import DATABASE
from psql import Row

Connect = Callable[..., Any]


@pytest.fixture
def connect(java: Any, tcp_port: int) -> Iterator[Connect]:
    """A factory of connections; options are those of the driver's URL."""
    made: list[Any] = []

    def make(**options: Any) -> Any:
        given = "&".join(f"{name}={value}" for name, value in {"user": READER, "connectTimeout": 10, **options}.items())
        made.append(java.sql.DriverManager.getConnection(f"jdbc:postgresql://127.0.0.1:{tcp_port}/{DATABASE}?{given}"))
        return made[-1]

    yield make
    for connection in made:
        with suppress(java.sql.SQLException):
            connection.close()


def read(result: Any, kinds: dict[str, str]) -> list[Row]:
    """All rows of a result set, each column by the getter that a tool uses for its type."""
    rows = []
    while result.next():
        row = {name: _get(result, name, kind) for name, kind in kinds.items()}
        rows.append(row)
    return comparable(rows, kinds)


def _get(result: Any, name: str, kind: str) -> Any:
    value = result.getObject(name)
    if value is None:
        return None
    if kind == "boolean":
        return bool(result.getBoolean(name))
    if kind == "timestamp with time zone":
        return _instant(result.getTimestamp(name))
    if kind.endswith("[]"):
        return list(result.getArray(name).getArray())
    if kind in ("bigint", "integer"):
        return int(result.getLong(name))
    if kind.startswith(("numeric", "double")):
        return float(result.getDouble(name))
    return str(result.getString(name))


def _instant(timestamp: Any) -> datetime:
    # milliseconds since the epoch are the same in every time zone
    return datetime.fromisoformat(str(timestamp.toInstant().toString()))


def strings(result: Any, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of a result set of metadata."""
    rows = []
    while result.next():
        rows.append(tuple(result.getString(column) for column in columns))
    return rows


def internal_name(kind: str) -> str:
    """What the driver calls a type."""
    names = {"timestamp with time zone": "timestamptz", "bigint": "int8", "integer": "int4", "boolean": "bool"}
    return f"_{kind[:-2]}" if kind.endswith("[]") else names.get(kind, kind)


def state_of(java: Any, act: Callable[[], Any]) -> str:
    """The SQLSTATE of something that must fail."""
    with pytest.raises(java.sql.SQLException) as caught:
        act()
    return str(caught.value.getSQLState())


def test_lists_views_where_it_lists_no_foreign_tables(backend: Backend, connect: Connect) -> None:
    metadata = connect().getMetaData()
    seen = {
        schema: strings(
            metadata.getTables(None, schema, "%", ["TABLE", "VIEW"]), "TABLE_NAME", "TABLE_TYPE", "REMARKS"
        )
        for schema in backend.schemas
    }
    assert seen[backend.name] == []
    assert sorted(seen[backend.views]) == [
        (table, "VIEW", backend.comment(backend.name, table)) for table in backend.tables
    ]


def test_lists_foreign_tables_where_asked(backend: Backend, connect: Connect) -> None:
    found = strings(
        connect().getMetaData().getTables(None, backend.name, "%", ["FOREIGN TABLE"]),
        "TABLE_NAME",
        "TABLE_TYPE",
        "REMARKS",
    )
    assert found == [(table, "FOREIGN TABLE", backend.comment(backend.name, table)) for table in backend.tables]


def test_lists_columns_with_types_and_remarks(backend: Backend, connect: Connect) -> None:
    metadata = connect().getMetaData()
    for schema in backend.schemas:
        for table in backend.tables:
            found = strings(
                metadata.getColumns(None, schema, table, "%"), "COLUMN_NAME", "TYPE_NAME", "REMARKS", "IS_NULLABLE"
            )
            assert found == [
                (column["name"], internal_name(column["type"]), column["comment"], "YES")
                for column in backend.columns(schema, table)
            ], f"{schema}.{table}"


def test_keys_and_indexes_are_empty_lists(backend: Backend, connect: Connect) -> None:
    metadata = connect().getMetaData()
    for schema in backend.schemas:
        for table in backend.tables:
            assert strings(metadata.getPrimaryKeys(None, schema, table), "COLUMN_NAME") == []
            assert strings(metadata.getImportedKeys(None, schema, table), "FKCOLUMN_NAME") == []
            assert strings(metadata.getIndexInfo(None, schema, table, False, True), "INDEX_NAME") == []


def test_reads_every_row_with_fetch_size(backend: Backend, connect: Connect) -> None:
    connection = connect()
    connection.setReadOnly(True)
    connection.setAutoCommit(False)
    for schema in backend.schemas:
        for table in backend.readable:
            statement = connection.createStatement()
            statement.setFetchSize(2)
            result = statement.executeQuery(f"SELECT * FROM {schema}.{table}")
            rows = read(result, backend.kinds(schema, table))
            statement.close()
            assert rows == backend.rows(schema, table), f"{schema}.{table}"
    connection.commit()


def test_a_cursor_may_be_left_open(backend: Backend, connect: Connect) -> None:
    connection = connect()
    connection.setAutoCommit(False)
    for _ in range(3):
        statement = connection.createStatement()
        statement.setFetchSize(1)
        result = statement.executeQuery(f"SELECT name FROM {backend.views}.shares")
        assert result.next()
        connection.rollback()
    result = connection.createStatement().executeQuery(f"SELECT count(*) AS n FROM {backend.views}.shares")
    assert read(result, {"n": "bigint"}) == [{"n": len(backend.rows(backend.name, "shares"))}]


def test_max_rows(backend: Backend, connect: Connect) -> None:
    connection = connect()
    for limit in (1, 3, 0):
        statement = connection.createStatement()
        statement.setMaxRows(limit)
        rows = read(statement.executeQuery(f"SELECT name FROM {backend.views}.shares"), {"name": "text"})
        assert len(rows) == (limit or len(backend.rows(backend.name, "shares")))


@pytest.mark.parametrize("plan", ["auto", "force_generic_plan", "force_custom_plan"])
def test_prepared_statement_asks_for_one_share(backend: Backend, connect: Connect, plan: str) -> None:
    connection = connect(prepareThreshold=2)
    connection.createStatement().execute(f"SET plan_cache_mode = {plan}")
    statement = connection.prepareStatement(f"SELECT name, comment FROM {backend.views}.shares WHERE name = ?")
    backend.requests()
    for name in [*NAMES, *NAMES, "bi_nothing", None]:
        statement.setString(1, name)
        rows = read(statement.executeQuery(), {"name": "text", "comment": "text"})
        comment = ODD if name == "bi_a" else name
        assert rows == ([{"name": name, "comment": comment}] if name in NAMES else [])
        path = f"GET /api/2.1/unity-catalog/shares/{name}"
        assert backend.requests() == ([path] if backend.workspace and name else [])


def test_parameters_of_other_types(backend: Backend, connect: Connect, java: Any) -> None:
    connection = connect(prepareThreshold=1)
    (created,) = connection_rows(
        connection, f"SELECT created_at FROM {backend.views}.shares WHERE name = 'bi_c'", "timestamp with time zone"
    )
    statement = connection.prepareStatement(
        f"SELECT name FROM {backend.views}.shares WHERE created_at = ? AND name = ANY (?) AND comment LIKE ?"
    )
    moment = java.sql.Timestamp.from_(java.time.Instant.parse(created.isoformat()))
    for _ in range(6):
        statement.setTimestamp(1, moment)
        statement.setArray(2, connection.createArrayOf("text", ["bi_c", "bi_d"]))
        statement.setString(3, "bi%")
        assert read(statement.executeQuery(), {"name": "text"}) == [{"name": "bi_c"}]


def connection_rows(connection: Any, query: str, kind: str) -> list[Any]:
    """The only column of a query."""
    result = connection.createStatement().executeQuery(query)
    name = result.getMetaData().getColumnLabel(1)
    return [row[name] for row in read(result, {name: kind})]


def test_times_are_the_same_instant_in_every_zone(backend: Backend, connect: Connect) -> None:
    connection = connect()
    assert connection_rows(connection, "SELECT current_setting('TimeZone') AS zone", "text") == ["Asia/Kolkata"]
    for zone in ("Asia/Kolkata", "America/St_Johns", "UTC"):
        connection.createStatement().execute(f"SET TimeZone = '{zone}'")
        kinds = {"name": "text", "created_at": "timestamp with time zone"}
        result = connection.createStatement().executeQuery(f"SELECT name, created_at FROM {backend.views}.shares")
        assert read(result, kinds) == comparable(
            [{name: row[name] for name in kinds} for row in backend.rows(backend.name, "shares")], kinds
        )


def test_reader_cannot_write(backend: Backend, connect: Connect, java: Any) -> None:
    connection = connect(readOnlyMode="always")  # also outside of a transaction
    for schema in backend.schemas:
        write = f"INSERT INTO {schema}.shares (name) VALUES ('bi_written')"
        assert state_of(java, lambda: connection.createStatement().execute(write)) == "42501"  # noqa: B023
    connection.setReadOnly(True)
    write = f"DELETE FROM {backend.name}.shares"
    assert state_of(java, lambda: connection.createStatement().execute(write)) == "25006"


def test_query_timeout_cancels(backend: Backend, connect: Connect, java: Any) -> None:
    connection = connect()
    statement = connection.createStatement()
    if backend.workspace:
        backend.workspace.fault("hang", "GET", "/shares", count=None)
        query = f"SELECT * FROM {backend.views}.shares"
    else:
        query = f"SELECT pg_sleep(30) FROM {backend.views}.shares"
    for cancel in (lambda: statement.setQueryTimeout(1), lambda: _set_statement_timeout(connection, statement)):
        cancel()
        start = time.monotonic()
        assert state_of(java, lambda: statement.executeQuery(query)) == "57014"
        assert 0.5 < time.monotonic() - start < 5
    connection.createStatement().execute("RESET statement_timeout")
    if backend.workspace:
        backend.workspace.control("DELETE", "faults")
    assert len(connection_rows(connection, f"SELECT name FROM {backend.views}.shares", "text")) > 0


def _set_statement_timeout(connection: Any, statement: Any) -> None:
    statement.setQueryTimeout(0)
    connection.createStatement().execute("SET statement_timeout = '1s'")


def test_links_stay_hidden(backend: Backend, connect: Connect, shown_links: None) -> None:
    connection = connect()
    for table in ("recipients", "recipient_tokens"):
        found = connection_rows(connection, f"SELECT activation_url FROM {backend.views}.{table}", "text")
        assert found and set(found) == {None}
