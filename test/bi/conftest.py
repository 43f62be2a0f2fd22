"""Fixtures: `backend`, a server of each backend with something to read, and connections of the drivers as `bi_reader`.

Everything that a test reads is compared with what psql reads.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(Path(__file__).parent), str(_TESTS / "cross"), str(_TESTS)]
pytest.register_assert_rewrite("backends", "psql")

from backends import READER, Backend, fill  # noqa: E402
from databricks.sdk import WorkspaceClient  # noqa: E402
from databricks.sdk.core import Config  # noqa: E402
from databricks.sdk.errors import DatabricksError  # noqa: E402
from forwarder import forwarded  # noqa: E402
from psql import Session, literal  # noqa: E402
from servers import create_server  # noqa: E402

from workspace.client import Workspace, running  # noqa: E402

DATABASE = "bi_main"


@pytest.fixture(scope="session")
def database() -> Iterator[Session]:
    """A superuser's session in a fresh database with the extension and what can be shared."""
    if "PGHOST" not in os.environ:
        pytest.fail("PGHOST and PGUSER must name a PostgreSQL server with the extension; test/run bi has one")
    administrator = Session("postgres")
    administrator.run(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    administrator.run(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
    administrator.run(f"DROP ROLE IF EXISTS {READER}; CREATE ROLE {READER} LOGIN")
    session = Session(DATABASE)
    session.run("CREATE EXTENSION deltashare_fdw")
    session.run("CREATE SCHEMA sales")
    session.run("CREATE TABLE sales.orders (id bigint); CREATE TABLE sales.daily (day date, region text)")
    session.run(f"GRANT deltashare_reader TO {READER}")
    yield session
    session.close()
    administrator.run(f"DROP DATABASE {DATABASE} WITH (FORCE)")
    administrator.run(f"DROP ROLE {READER}")
    administrator.close()


@pytest.fixture(scope="session")
def workspace() -> Iterator[Workspace]:
    """The workspace behind the databricks backend."""
    with running() as started:
        yield started


def _open(session: Session, name: str, views: str) -> None:
    """What an administrator does for a BI tool, as the README says."""
    session.run(f"SELECT deltashare.create_views({literal(name)})")
    session.run(f"GRANT USAGE ON FOREIGN SERVER {name} TO deltashare_reader")
    session.run(f"GRANT USAGE ON SCHEMA {name}, {views} TO deltashare_reader")
    session.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA {name}, {views} TO deltashare_reader")


@pytest.fixture(scope="session")
def local(database: Session) -> Backend:
    """The local server."""
    database.run("CREATE SERVER local FOREIGN DATA WRAPPER deltashare_fdw; CREATE SCHEMA local")
    database.run("IMPORT FOREIGN SCHEMA deltashare FROM SERVER local INTO local")
    backend = Backend("local", database, DATABASE, has_warehouse=True)
    fill(backend)
    _open(database, "local", backend.views)
    return backend


@pytest.fixture(scope="session")
def databricks(database: Session, workspace: Workspace) -> Backend:
    """A server on the test workspace; with a warehouse if the workspace has one."""
    warehouse = _find_warehouse(workspace)
    create_server(database, "dbx", workspace, **({"warehouse_id": warehouse} if warehouse else {}))
    database.run(f"CREATE USER MAPPING FOR {READER} SERVER dbx OPTIONS (token {literal(workspace.token)})")
    backend = Backend("dbx", database, "main", has_warehouse=warehouse is not None, workspace=workspace)
    fill(backend)
    _open(database, "dbx", backend.views)
    return backend


def _find_warehouse(workspace: Workspace) -> str | None:
    client = WorkspaceClient(config=Config(host=workspace.url, token=workspace.token, retry_timeout_seconds=5))
    try:
        return next((warehouse.id for warehouse in client.warehouses.list()), None)
    except DatabricksError:
        return None


@pytest.fixture(params=["local", "databricks"])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """Each backend. Afterwards no request may have broken protocol hygiene."""
    chosen: Backend = request.getfixturevalue(request.param)
    chosen.requests()
    yield chosen
    if chosen.workspace:
        chosen.workspace.control("DELETE", "faults")
        assert chosen.workspace.violations() == []


@pytest.fixture
def shown_links(backend: Backend) -> Iterator[None]:
    """Foreign tables that show activation links, because their owner wants that; their views must not."""
    tables = ("recipients", "recipient_tokens")
    for table in tables:
        backend.session.run(f"ALTER FOREIGN TABLE {backend.name}.{table} OPTIONS (ADD show_activation_url 'true')")
        assert any(row["activation_url"] for row in backend.rows(backend.name, table))
    yield
    for table in tables:
        backend.session.run(f"ALTER FOREIGN TABLE {backend.name}.{table} OPTIONS (DROP show_activation_url)")


@pytest.fixture(scope="session")
def tcp_port(database: Session) -> Iterator[int]:
    """A TCP port of the server."""
    port = database.value("SELECT current_setting('port') AS port")
    with forwarded(f"{os.environ['PGHOST']}/.s.PGSQL.{port}") as forwarding:
        yield forwarding


@pytest.fixture(scope="session")
def java(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A Java machine with PostgreSQL's driver, in a time zone that neither PostgreSQL nor this process is in."""
    import jpype
    import jpype.imports  # lets Python import Java packages

    if not jpype.isJVMStarted():
        jpype.startJVM(
            "-Xmx128m",
            "-Xrs",
            "-Duser.timezone=Asia/Kolkata",
            f"-XX:ErrorFile={tmp_path_factory.mktemp('java')}/crash.log",
            classpath=["/usr/share/java/postgresql.jar"],
            convertStrings=True,
        )
    import java as package

    return package
