"""Foreign servers on a test workspace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psql import Session, literal

from workspace.client import Workspace

AddServer = Callable[..., str]


def create_server(session: Session, name: str, workspace: Workspace, token: str | None = None, **options: Any) -> None:
    """A server, the mapping of this user, and a schema with all foreign tables, all of that name."""
    given = {"host": workspace.url, "retry_timeout": "20s", **options}
    listed = ", ".join(f"{option} {literal(str(value))}" for option, value in given.items())
    session.run(f"CREATE SERVER {name} TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS ({listed})")
    session.run(
        f"CREATE USER MAPPING FOR CURRENT_USER SERVER {name} OPTIONS (token {literal(token or workspace.token)})"
    )
    session.run(f"CREATE SCHEMA {name}")
    session.run(f"IMPORT FOREIGN SCHEMA deltashare FROM SERVER {name} INTO {name}")


def use_server(session: Session, name: str) -> None:
    """Tables and functions of the session mean this server from now on."""
    session.run(f"SET search_path = {name}, public; SET deltashare.server = '{name}'")
