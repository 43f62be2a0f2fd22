"""A PostgreSQL session for tests: one `psql` process, spoken to through pipes, rows as JSON.

A session is driven in two halves where a test must act while a statement runs: `start` sends it, `finish` waits for it.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

_MARK = "<<the statement ended>>"
_LIMIT_S = 60

Row = dict[str, Any]


class SqlError(Exception):
    """A statement failed. `text` is everything that psql said, detail and hint included."""

    def __init__(self, sqlstate: str, text: str):
        super().__init__(f"{sqlstate}: {text}")
        self.sqlstate = sqlstate
        self.text = text

    @property
    def message(self) -> str:
        """The primary message."""
        for line in self.text.splitlines():
            if line.startswith("ERROR:"):
                return line.removeprefix("ERROR:").strip()
        return self.text


class Raw(str):
    """SQL that `literal` leaves as it is."""


def literal(value: Any) -> str:
    """A value as SQL; sequences are text[], mappings are jsonb."""
    if isinstance(value, Raw):
        return str(value)
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, Mapping):
        return literal(json.dumps(value, ensure_ascii=False)) + "::jsonb"
    if isinstance(value, Sequence):
        return f"ARRAY[{', '.join(literal(element) for element in value)}]::text[]"
    raise TypeError(f"no literal for {value!r}")


def call(function: str, *arguments: Any, **named: Any) -> str:
    """A query of a function of ours: positional, then named arguments."""
    given = [literal(argument) for argument in arguments]
    given += [f"{name} => {literal(argument)}" for name, argument in named.items()]
    return f"SELECT * FROM deltashare.{function}({', '.join(given)})"


class Session:
    """One connection. Statements run one after the other; a failed one raises SqlError."""

    def __init__(self, database: str):
        self._errors = tempfile.TemporaryFile()
        self._read_errors = 0
        self._pending = b""
        self.notices = ""
        environment = {**os.environ, "PGTZ": "UTC", "PGCLIENTENCODING": "UTF8", "PGAPPNAME": "cross"}
        self._process = subprocess.Popen(
            ["psql", "-X", "-q", "-A", "-t", "-d", database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
        )

    def close(self) -> None:
        """End the session."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def start(self, statement: str) -> None:
        """Send a statement and do not wait for it."""
        assert self._process.stdin is not None
        text = f"{statement}\n;\n\\echo {_MARK} :ERROR :SQLSTATE\n"
        self._process.stdin.write(text.encode())
        self._process.stdin.flush()

    def finish(self) -> str:
        """What the statement that was started printed; its notices are in `notices`."""
        output = self._read_until_mark()
        text, _, status = output.rpartition(_MARK)
        failed, _, sqlstate = status.strip().partition(" ")  # no SQLSTATE if the connection was lost
        self.notices = self._new_errors()
        if failed == "true":
            raise SqlError(sqlstate, self.notices)
        return text

    def run(self, statement: str) -> str:
        """Run a statement; returns what it printed."""
        self.start(statement)
        return self.finish()

    def start_rows(self, query: str) -> None:
        """Send a query, or an INSERT, UPDATE or DELETE with RETURNING, for `finish_rows`."""
        if query.lstrip()[:6].upper() in ("SELECT", "VALUES"):
            self.start(f"SELECT json_agg(t) FROM ({query}) t")
        else:
            self.start(f"WITH t AS ({query}) SELECT json_agg(t) FROM t")

    def finish_rows(self) -> list[Row]:
        """The rows of the query that was started."""
        text = self.finish().strip()
        found: list[Row] = json.loads(text) if text else []
        return found

    def rows(self, query: str) -> list[Row]:
        """The rows of a query, or of an INSERT, UPDATE or DELETE with RETURNING."""
        self.start_rows(query)
        return self.finish_rows()

    def row(self, query: str) -> Row:
        """The only row of a query."""
        found = self.rows(query)
        assert len(found) == 1, found
        return found[0]

    def value(self, query: str) -> Any:
        """The only column of the only row of a query."""
        (value,) = self.row(query).values()
        return value

    def values(self, query: str) -> list[Any]:
        """The only column of all rows of a query."""
        return [next(iter(row.values())) for row in self.rows(query)]

    def call(self, function: str, *arguments: Any, **named: Any) -> list[Row]:
        """Rows of one of our functions."""
        return self.rows(call(function, *arguments, **named))

    def error(self, statement: str) -> SqlError:
        """The error of a statement that must fail."""
        try:
            printed = self.run(statement)
        except SqlError as error:
            return error
        raise AssertionError(f"no error, but: {printed}")

    @contextmanager
    def rolled_back(self) -> Iterator[None]:
        """A transaction that is rolled back at the end of the block."""
        self.run("BEGIN")
        try:
            yield
        finally:
            self.run("ROLLBACK")

    def _read_until_mark(self) -> str:
        assert self._process.stdout is not None
        deadline = time.monotonic() + _LIMIT_S
        descriptor = self._process.stdout.fileno()
        while True:
            before, mark, after = self._pending.partition(_MARK.encode())
            if mark and b"\n" in after:
                status, _, self._pending = after.partition(b"\n")
                return (before + mark + status).decode()
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError(f"a statement took more than {_LIMIT_S} s: {self._pending!r}")
            chunk = os.read(descriptor, 65536)
            if not chunk:
                raise ConnectionError(f"psql ended: {self._new_errors()}")
            self._pending += chunk

    def _new_errors(self) -> str:
        size = os.fstat(self._errors.fileno()).st_size
        text = os.pread(self._errors.fileno(), size - self._read_errors, self._read_errors)
        self._read_errors = size
        return text.decode(errors="replace")


def run_all(session: Session, statements: Iterable[str]) -> list[list[Row]]:
    """The rows of each of several statements."""
    return [session.rows(statement) for statement in statements]
