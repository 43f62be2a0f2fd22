"""Fixtures: `target`, a fresh database with a server of each backend, and `tool`, each migration tool with its migrations.

A test names the tools that it is for: `@pytest.mark.tools("sqitch", "alembic")`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(Path(__file__).parent), str(_TESTS / "cross"), str(_TESTS / "sdk"), str(_TESTS)]
pytest.register_assert_rewrite("psql", "target", "tools", "meaning")

from psql import Session  # noqa: E402
from target import DATABASE, OWNERS, Target, create  # noqa: E402
from tools import TOOLS, Tool  # noqa: E402

from workspace.client import Workspace, running  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    """Our own marks."""
    config.addinivalue_line("markers", "tools(*names): the tools that a test runs with")
    config.addinivalue_line("markers", "backends(*names): the backends, if not both")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test runs on each backend with each of its tools."""
    if "target" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("backends")
        metafunc.parametrize("target", mark.args if mark else ("local", "databricks"), indirect=True)
    if "tool" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("tools")
        assert mark is not None, "which tools?"
        metafunc.parametrize("tool", mark.args, indirect=True)


@pytest.fixture(scope="session")
def administrator() -> Iterator[Session]:
    """A superuser's session outside of the database that the tests make."""
    if "PGHOST" not in os.environ:
        pytest.fail("PGHOST and PGUSER must name a PostgreSQL server with the extension; test/run migrations has one")
    session = Session("postgres")
    session.run("SET client_min_messages = warning")
    session.run(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    for owner in OWNERS:
        session.run(f"DROP ROLE IF EXISTS {owner}; CREATE ROLE {owner}")
    yield session
    for owner in OWNERS:
        session.run(f"DROP ROLE {owner}")
    session.close()


@pytest.fixture(scope="session")
def workspace_process() -> Iterator[Workspace]:
    """The process behind all workspaces."""
    with running() as started:
        yield started


@pytest.fixture
def target(request: pytest.FixtureRequest, administrator: Session, workspace_process: Workspace) -> Iterator[Target]:
    """A database with nothing shared. Afterwards no request may have broken protocol hygiene."""
    administrator.run(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    administrator.run(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
    workspace_process.reset()
    session = Session(DATABASE)
    yield create(session, workspace_process if request.param == "databricks" else None)
    session.close()
    administrator.run(f"DROP DATABASE {DATABASE} WITH (FORCE)")
    assert workspace_process.violations() == []


@pytest.fixture
def tool(request: pytest.FixtureRequest, target: Target, tmp_path: Path) -> Tool:
    """A migration tool, with migrations of its own to spoil."""
    return TOOLS[request.param](target.session, tmp_path)
