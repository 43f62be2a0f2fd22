"""What the other tests of this folder read: every table that the import makes."""

from __future__ import annotations

import pytest
from backends import OF_WAREHOUSE, Backend
from psql import SqlError

AT_LEAST = {"shares", "share_objects", "recipients", "recipient_tokens", "grants"}


def test_the_import_makes_what_reports_need(backend: Backend) -> None:
    assert set(backend.readable) >= AT_LEAST
    declared = backend.session.values("SELECT DISTINCT table_name FROM deltashare.declared_columns()")
    assert set(backend.tables) <= set(declared)


def test_every_table_has_rows(backend: Backend) -> None:
    for table in backend.readable:
        # nothing reads the shares of the local server, so its usage is empty
        if backend.workspace or table not in OF_WAREHOUSE:
            assert backend.rows(backend.name, table), table


def test_every_type_has_values(backend: Backend) -> None:
    seen = set()
    for table in backend.readable:
        kinds = backend.kinds(backend.name, table)
        for row in backend.rows(backend.name, table):
            seen |= {kinds[name] for name, value in row.items() if value is not None}
    assert seen >= {"text", "bigint", "boolean", "jsonb", "timestamp with time zone", "cidr[]", "text[]"}


def test_what_is_not_read_for_lack_of_a_warehouse(backend: Backend) -> None:
    if not backend.unreadable:
        return
    for table in backend.unreadable:
        with pytest.raises(SqlError) as caught:
            backend.rows(backend.name, table)
        assert "warehouse" in caught.value.text
    pytest.skip(f"server {backend.name} has no warehouse_id, so nothing reads {', '.join(backend.unreadable)}")
