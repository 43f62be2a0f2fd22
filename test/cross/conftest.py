"""Fixtures: `workspace` and `sdk` of the suite beside this one, and `sql`, a session of the extension on the same.

A test ends with a look at the workspace: no request of the SDK or of the extension may have broken protocol hygiene.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

_SDK_SUITE = Path(__file__).parent.parent / "sdk"
sys.path[:0] = [str(Path(__file__).parent), str(_SDK_SUITE), str(_SDK_SUITE.parent)]

# another module named conftest: it is loaded by its place
_spec = importlib.util.spec_from_file_location("sdk_conftest", _SDK_SUITE / "conftest.py")
assert _spec is not None and _spec.loader is not None
_sdk_conftest = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_sdk_conftest)
pytest.register_assert_rewrite("columns", "psql", "scenarios", "random_workspace")

from psql import Session  # noqa: E402
from servers import AddServer, create_server, use_server  # noqa: E402

from workspace.client import Workspace  # noqa: E402

isolated_environment = _sdk_conftest.isolated_environment
workspace_process = _sdk_conftest.workspace_process
workspace = _sdk_conftest.workspace
new_sdk = _sdk_conftest.new_sdk
sdk = _sdk_conftest.sdk

DATABASE = "cross_main"


def pytest_configure(config: pytest.Config) -> None:
    """The mark of the suite beside this one."""
    _sdk_conftest.pytest_configure(config)


@pytest.fixture(scope="session")
def database(workspace_process: Workspace) -> Iterator[str]:
    """A fresh database with the extension, a server `dbx` on the workspace, and its tables in schema `dbx`."""
    if "PGHOST" not in os.environ:
        pytest.fail("PGHOST and PGUSER must name a PostgreSQL server with the extension; test/run pytest has one")
    _administer(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    _administer(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
    inside = Session(DATABASE)
    inside.run("CREATE EXTENSION deltashare_fdw")
    create_server(inside, "dbx", workspace_process)
    inside.close()
    yield DATABASE
    _administer(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def _administer(statement: str) -> None:
    """Run a statement in a session of its own, which no crash before it can have broken."""
    session = Session("postgres")
    try:
        session.run(statement)
    finally:
        session.close()


@pytest.fixture
def new_session(database: str) -> Iterator[Callable[[], Session]]:
    """A factory of sessions that find the foreign tables without naming a schema."""
    made: list[Session] = []

    def make() -> Session:
        session = Session(database)
        made.append(session)
        session.run("SET search_path = dbx, public; SET deltashare.server = 'dbx'; SET statement_timeout = '50s'")
        return session

    yield make
    for session in made:
        session.close()


@pytest.fixture
def sql(new_session: Callable[[], Session], workspace: Workspace) -> Session:
    """A session of the extension on a fresh workspace."""
    return new_session()


@pytest.fixture
def add_server(sql: Session, workspace: Workspace) -> Iterator[AddServer]:
    """A factory of further servers on the workspace, with options; `use_server` makes one the session's own."""
    made: list[str] = []

    def add(name: str, token: str | None = None, **options: Any) -> str:
        made.append(name)
        create_server(sql, name, workspace, token, **options)
        use_server(sql, name)
        return name

    yield add
    sql.run("RESET ROLE")
    for name in made:
        sql.run(f"SET client_min_messages = error; DROP SERVER {name} CASCADE; DROP SCHEMA {name} CASCADE")
