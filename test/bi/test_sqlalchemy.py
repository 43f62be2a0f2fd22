"""Tools on SQLAlchemy: what reflection finds, and queries that its expressions make."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from backends import NAMES, ODD, READER, Backend, comparable
from conftest import DATABASE
from sqlalchemy.dialects import postgresql

Connect = Callable[..., sa.Engine]

TYPES: dict[str, type[sa.types.TypeEngine[Any]]] = {
    "text": sa.TEXT,
    "bigint": sa.BIGINT,
    "integer": sa.INTEGER,
    "date": sa.DATE,
    "boolean": sa.BOOLEAN,
    "jsonb": postgresql.JSONB,
    "timestamp with time zone": postgresql.TIMESTAMP,
    "cidr[]": postgresql.ARRAY,
    "text[]": postgresql.ARRAY,
}


@pytest.fixture
def connect() -> Iterator[Connect]:
    """A factory of engines; options are those of libpq and psycopg."""
    made: list[sa.Engine] = []

    def make(**options: Any) -> sa.Engine:
        url = sa.URL.create("postgresql+psycopg", READER, database=DATABASE, query={"host": os.environ["PGHOST"]})
        made.append(sa.create_engine(url, connect_args=options))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


def reflect(engine: sa.Engine, schema: str, table: str) -> sa.Table:
    """A table as tools find it."""
    return sa.Table(table, sa.MetaData(), schema=schema, autoload_with=engine)


def state_of(act: Callable[[], Any]) -> str:
    """The SQLSTATE of something that must fail."""
    with pytest.raises(sa.exc.DBAPIError) as caught:
        act()
    return str(caught.value.orig.sqlstate)  # type: ignore[union-attr]


def test_lists_views_where_it_lists_no_foreign_tables(backend: Backend, connect: Connect) -> None:
    inspector = sa.inspect(connect())
    assert set(backend.schemas) <= set(inspector.get_schema_names())
    assert inspector.get_table_names(schema=backend.name) == []
    assert inspector.get_view_names(schema=backend.name) == []
    assert sorted(inspector.get_foreign_table_names(schema=backend.name)) == backend.tables
    assert sorted(inspector.get_view_names(schema=backend.views)) == backend.tables
    assert inspector.get_table_names(schema=backend.views) == []


def test_reflects_columns_types_and_comments(backend: Backend, connect: Connect) -> None:
    engine = connect()
    for schema in backend.schemas:
        for table in backend.tables:
            found = reflect(engine, schema, table)
            assert found.comment == backend.comment(schema, table)
            assert list(found.primary_key.columns) == [] and not found.foreign_keys
            columns = backend.columns(schema, table)
            assert [(column.name, column.comment) for column in found.columns] == [
                (column["name"], column["comment"]) for column in columns
            ]
            for column in columns:
                kind = found.columns[column["name"]].type
                assert not isinstance(kind, sa.types.NullType), (table, column)
                assert isinstance(kind, TYPES.get(column["type"], sa.types.TypeEngine)), (table, column)
                assert getattr(kind, "timezone", True)


@pytest.mark.parametrize(
    ("zone", "options"),
    [("UTC", {}), ("Asia/Kolkata", {"stream_results": True, "yield_per": 2})],
    ids=["at once", "streamed in another zone"],
)
def test_reads_every_row(backend: Backend, connect: Connect, zone: str, options: dict[str, Any]) -> None:
    engine = connect(options=f"-c TimeZone={zone}")
    for schema in backend.schemas:
        for table in backend.readable:
            with engine.connect().execution_options(postgresql_readonly=True, **options) as connection:
                result = connection.execute(sa.select(reflect(engine, schema, table)))
                rows = comparable((dict(row) for row in result.mappings()), backend.kinds(schema, table))
            assert rows == backend.rows(schema, table), f"{schema}.{table}"


@pytest.mark.parametrize("plan", ["auto", "force_generic_plan"])
def test_filter_asks_for_one_share(backend: Backend, connect: Connect, plan: str) -> None:
    engine = connect(prepare_threshold=1, options=f"-c plan_cache_mode={plan}")
    for schema in backend.schemas:
        shares = reflect(engine, schema, "shares")
        with engine.connect() as connection:
            for name in [*NAMES, *NAMES, "bi_nothing"]:
                backend.requests()
                query = sa.select(shares.c.name, shares.c.comment).where(shares.c.name == name)
                comment = ODD if name == "bi_a" else name
                assert connection.execute(query).all() == ([(name, comment)] if name in NAMES else [])
                path = f"GET /api/2.1/unity-catalog/shares/{name}"
                assert backend.requests() == ([path] if backend.workspace else [])


def test_several_keys_are_several_requests_and_no_list(backend: Backend, connect: Connect) -> None:
    engine = connect()
    objects = reflect(engine, backend.views, "share_objects")
    with engine.connect() as connection:
        backend.requests()
        found = connection.execute(
            sa.select(objects.c.share_name, sa.func.count()).where(objects.c.share_name.in_(["bi_a", "bi_b"]))
            .group_by(objects.c.share_name).order_by(objects.c.share_name)
        ).all()
    assert found == [("bi_a", 2), ("bi_b", 1)]
    if backend.workspace:
        assert sorted(request.partition("?")[0] for request in backend.requests()) == [
            f"GET /api/2.1/unity-catalog/shares/{name}" for name in ("bi_a", "bi_b")
        ]


def test_queries_of_a_dashboard(backend: Backend, connect: Connect) -> None:
    engine = connect()
    shares, grants, recipients = (reflect(engine, backend.views, table) for table in ("shares", "grants", "recipients"))
    with engine.connect() as connection:
        newest = sa.select(shares.c.name).where(shares.c.name.like("bi%")).order_by(shares.c.name.desc()).limit(2)
        assert connection.scalars(newest).all() == ["bi_e", "bi_d"]

        per_share = (
            sa.select(shares.c.name, sa.func.count(grants.c.recipient_name))
            .select_from(shares.outerjoin(grants, shares.c.name == grants.c.share_name))
            .where(shares.c.name.in_(NAMES)).group_by(shares.c.name).order_by(shares.c.name)
        )
        assert connection.execute(per_share).all() == [("bi_a", 1), ("bi_b", 1), ("bi_c", 1), ("bi_d", 0), ("bi_e", 0)]

        country = recipients.c.properties["country"].astext
        german = sa.select(recipients.c.name, recipients.c.properties["note"].astext).where(country == "DE")
        found = sorted(connection.execute(german).all())
        assert found == [(f"bi_{name}", ODD) for name in ("acme", "globex", "initech")]

        day = sa.func.date_trunc("day", shares.c.created_at)
        per_day = sa.select(day, sa.func.count()).where(shares.c.name.in_(NAMES)).group_by(day)
        assert sum(count for _, count in connection.execute(per_day)) == len(NAMES)


def test_reader_cannot_write(backend: Backend, connect: Connect) -> None:
    engine = connect()
    for schema in backend.schemas:
        with engine.connect() as connection:
            write = sa.insert(reflect(engine, schema, "shares")).values(name="bi_written")
            assert state_of(lambda: connection.execute(write)) == "42501"  # noqa: B023
    with engine.connect().execution_options(postgresql_readonly=True) as connection:
        assert state_of(lambda: connection.execute(sa.delete(reflect(engine, backend.name, "shares")))) == "25006"


def test_owner_cannot_change_anything_through_a_view(backend: Backend) -> None:
    for act in (
        "INSERT INTO {}.shares (name) VALUES ('bi_written')",
        "UPDATE {}.shares SET comment = 'changed' WHERE name = 'bi_a'",
        "DELETE FROM {}.grants WHERE share_name = 'bi_a'",
    ):
        assert backend.session.error(act.format(backend.views)).sqlstate == "55000"


def test_statement_timeout_cancels(backend: Backend, connect: Connect) -> None:
    engine = connect(options="-c statement_timeout=1s")
    shares = reflect(engine, backend.views, "shares")
    query: sa.Select[Any] = sa.select(sa.func.pg_sleep(30)).select_from(shares)
    if backend.workspace:
        backend.workspace.fault("hang", "GET", "/shares", count=None)
        query = sa.select(shares)
    with engine.connect() as connection:
        start = time.monotonic()
        assert state_of(lambda: connection.execute(query)) == "57014"
        assert 0.5 < time.monotonic() - start < 5
        connection.rollback()
        if backend.workspace:
            backend.workspace.control("DELETE", "faults")
        assert connection.scalar(sa.select(sa.func.count()).select_from(shares)) >= len(NAMES)


def test_links_stay_hidden(backend: Backend, connect: Connect, shown_links: None) -> None:
    engine = connect()
    with engine.connect() as connection:
        for table in ("recipients", "recipient_tokens"):
            found = connection.scalars(sa.select(reflect(engine, backend.views, table).c.activation_url)).all()
            assert found and set(found) == {None}
