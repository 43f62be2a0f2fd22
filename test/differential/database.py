"""The database in which queries run twice: on foreign tables, and on plain ones that hold the same."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import pq

from corpus import Case
from plans import statements

TABLES = ("audit_events", "audit_log", "usage")
# What queries may use besides the tables: relations of this database.
_LOCAL = """
CREATE SCHEMA common;
CREATE TABLE common.limits (recipient_name text, max_bytes bigint, since timestamptz, kind text);
INSERT INTO common.limits VALUES
    ('acme', 1000000, '2026-05-20 00:00Z', 'soft'), ('globex', 100000000000, '2026-06-01 12:00Z', 'hard'),
    ('initech', NULL, '2026-06-10 00:00Z', NULL), ('nobody', 5, NULL, 'soft'), (NULL, 0, '2026-06-01 00:00Z', '');
CREATE TABLE common.numbers (n bigint);
INSERT INTO common.numbers VALUES (0), (1), (2), (NULL);
CREATE FUNCTION common.shout(text) RETURNS text LANGUAGE sql IMMUTABLE RETURN upper($1) || '!';
CREATE FUNCTION common.twice(bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 * 2; END';
"""
_VIEWS = """
CREATE VIEW {0}.daily AS
    SELECT date_trunc('day', request_time) AS day, recipient_name, count(*) AS requests, sum(bytes_transferred) AS bytes
    FROM {0}.usage GROUP BY 1, 2;
CREATE VIEW {0}.answers AS SELECT * FROM {0}.audit_events WHERE event_kind = 'answer' AND rows_returned IS NOT NULL;
"""


@dataclass(frozen=True)
class Outcome:
    """What a query gave: columns with their types and rows as texts, or an error."""

    columns: tuple[tuple[bytes, int, int], ...] = ()
    rows: tuple[tuple[bytes | None, ...], ...] = ()
    sqlstate: str | None = None
    message: str = ""

    def in_order(self, ordered: bool) -> tuple[tuple[bytes | None, ...], ...]:
        """The rows; sorted unless their order is the query's."""
        if ordered:
            return self.rows
        return tuple(sorted(self.rows, key=lambda row: [(value is None, value or b"") for value in row]))


class Session:
    """One connection, which looks at one side at a time."""

    def __init__(self, dsn: str):
        self.connection = psycopg.connect(dsn, autocommit=True)

    def close(self) -> None:
        """End the connection."""
        self.connection.close()

    def run(self, sql: str) -> Outcome:
        """Execute; values are as the server writes them."""
        result = self.connection.pgconn.exec_(sql.encode())
        if result.status == pq.ExecStatus.FATAL_ERROR:
            state = result.error_field(pq.DiagnosticField.SQLSTATE) or b"?"
            return Outcome(sqlstate=state.decode(), message=result.error_message.decode(errors="replace").strip())
        columns = tuple(
            (result.fname(i) or b"", result.ftype(i), result.fmod(i)) for i in range(result.nfields)
        )
        rows = tuple(
            tuple(result.get_value(r, c) for c in range(result.nfields)) for r in range(result.ntuples)
        )
        return Outcome(columns, rows)

    def must(self, sql: str) -> Outcome:
        """Execute what cannot fail."""
        outcome = self.run(sql)
        if outcome.sqlstate is not None:
            raise RuntimeError(f"{outcome.message}\n{sql}")
        return outcome

    def prepare(self, case: Case, schema: str) -> str:
        """Set the session up for a case on one side; returns what is to be executed."""
        self.must("RESET ALL; DEALLOCATE ALL; SET TimeZone = '{}'; SET search_path = {}, common, public;".format(
            case.zone.replace("'", "''"), schema
        ))
        for setting in case.settings:
            self.must(f"SET {setting}")
        if case.types is None:
            return case.sql
        self.must(f"SET plan_cache_mode = {case.mode}")
        self.must(f"PREPARE q ({case.types}) AS {case.sql}")
        return f"EXECUTE q ({case.arguments})"

    def explain(self, sql: str) -> dict[str, Any]:
        """The plan."""
        outcome = self.run(f"EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) {sql}")
        if outcome.sqlstate is not None:
            return {"Error": outcome.message}
        plan: dict[str, Any] = json.loads(outcome.rows[0][0] or b"")[0]["Plan"]
        return plan


def create(dsn: str, url: str, token: str) -> None:
    """The extension, a server on the workspace, and both sides."""
    session = Session(dsn)
    session.must("SET client_min_messages = warning; CREATE EXTENSION deltashare_fdw")
    session.must(
        f"CREATE SERVER remote TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw"
        f" OPTIONS (host '{url}', warehouse_id '0123456789abcdef')"
    )
    session.must(f"CREATE USER MAPPING FOR CURRENT_USER SERVER remote OPTIONS (token '{token}')")
    session.must("CREATE SCHEMA remote; IMPORT FOREIGN SCHEMA deltashare FROM SERVER remote INTO remote")
    session.must("CREATE SCHEMA plain")
    for table in TABLES:
        session.must(f"CREATE TABLE plain.{table} (LIKE remote.{table})")
    session.must(_LOCAL)
    for schema in ("remote", "plain"):
        session.must(_VIEWS.format(schema))
    session.close()


def fill(dsn: str, rows: dict[str, Iterable[tuple[Any, ...]]]) -> None:
    """Fill the plain tables."""
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        for table, values in rows.items():
            with cursor.copy(f"COPY plain.{table} FROM STDIN") as copy:
                for value in values:
                    copy.write_row(value)
            cursor.execute(f"ANALYZE plain.{table}")


def known_texts(dsn: str) -> str:
    """What statements hold that read everything and nothing else."""
    session = Session(dsn)
    texts = [text for table in TABLES for text in statements(session.explain(f"SELECT * FROM remote.{table}"))]
    session.close()
    return "\n".join(texts)
