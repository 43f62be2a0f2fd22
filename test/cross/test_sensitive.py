"""Columns that look personal: the tags of a real engine, odd names, and what both backends say of the same tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from psql import Session, SqlError, literal
from servers import AddServer

from workspace.client import Workspace

WAREHOUSE = "0123456789abcdef"
NAMES = [
    "email",
    "customerEMail",
    "E-Mail (private)",
    "it's `so` \"odd\"",
    "größe",
    "Telefonnummer",
    "geburtsDatum",
    "IPAddress",
    "amount",
    "status",
    "%s",
    "phone\tnumber",
    "x" * 200,
]
COMMENTS = {
    "amount": "#pii",
    "status": "none (see #12), #pii=no, #pii-free",
    "%s": "tagged #PII:E-Mail.",
    "x" * 200: "#pii" + " long" * 100,
}


@pytest.fixture
def dbx(add_server: AddServer) -> str:
    """A server with a warehouse."""
    return add_server("sensitive_dbx", warehouse_id=WAREHOUSE)


@pytest.fixture
def here(sql: Session) -> Iterator[str]:
    """A local server, with a schema for the tables of a test."""
    sql.run("CREATE SERVER sensitive_here FOREIGN DATA WRAPPER deltashare_fdw; CREATE SCHEMA x")
    yield "sensitive_here"
    sql.run(
        "SET client_min_messages = error; DROP SERVER sensitive_here CASCADE; DROP SCHEMA x CASCADE;"
        "DELETE FROM deltashare.shares; RESET client_min_messages"
    )


def add_table(workspace: Workspace, full_name: str, columns: list[Any], **more: Any) -> None:
    """A table of the workspace; its columns are names, or have comments as well."""
    workspace.control("POST", "tables", {"full_name": full_name, "columns": columns, **more})


def share(sql: Session, server: str, *names: str) -> None:
    """A share `s` of these tables."""
    sql.run(f"SELECT deltashare.create_share('s', server => {literal(server)})")
    for name in names:
        sql.run(f"SELECT deltashare.add_to_share('s', {literal(name)}, server => {literal(server)})")


def sensitive(sql: Session, server: str) -> list[dict[str, Any]]:
    """What is found in the share."""
    columns = "object_name, column_name, category, matched_by, masked, mask"
    return sql.rows(f"SELECT {columns} FROM deltashare.sensitive_columns('s', server => {literal(server)})")


def test_both_backends_find_the_same(sql: Session, workspace: Workspace, dbx: str, here: str) -> None:
    """Whatever is in the names of columns and in their comments."""
    names = [name[:63] for name in NAMES]  # PostgreSQL's limit
    comments = {name[:63]: text for name, text in COMMENTS.items()}
    add_table(workspace, "cross_main.x.people", [{"name": name, "comment": comments.get(name)} for name in names])
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    sql.run(f"CREATE TABLE x.people ({', '.join(f'{name} text' for name in quoted)})")
    for name, text in comments.items():
        quoted_name = '"' + name.replace('"', '""') + '"'
        sql.run(f"COMMENT ON COLUMN x.people.{quoted_name} IS {literal(text)}")
    for server in (dbx, here):
        share(sql, server, "cross_main.x.people")
    found = sensitive(sql, dbx)
    assert found == sensitive(sql, here)
    assert {(row["column_name"], row["category"]) for row in found} == {
        ("email", "email"),
        ("customerEMail", "email"),
        ("E-Mail (private)", "email"),
        ("Telefonnummer", "phone"),
        ("geburtsDatum", "birth date"),
        ("IPAddress", "ip address"),
        ("amount", "personal data"),
        ("%s", "personal data"),
        ("phone\tnumber", "phone"),
        ("x" * 63, "personal data"),
    }


def test_tags_come_from_the_engine(sql: Session, workspace: Workspace, dbx: str) -> None:
    """Spark runs the statement; names with quotes and all reach it as they are."""
    for name in ("main.x.odd", "main.x.it's", "main.x.größe", "main.x.other", 'main.x.";--', "main.x.\\"):
        add_table(workspace, name, ["id", "odd `col` it's"])
        workspace.control("POST", "tags", {"full_name": name, "column": "odd `col` it's", "tags": {"pii": name}})
    workspace.control("POST", "tags", {"full_name": "main.x.odd", "column": "id", "tags": {"PII": "false", "cost": "pii"}})
    shared = ["main.x.odd", "main.x.it's", "main.x.größe", 'main.x.";--', "main.x.\\"]
    share(sql, dbx, *shared)
    found = sensitive(sql, dbx)
    assert sql.notices == ""
    assert [(row["object_name"], row["column_name"], row["matched_by"]) for row in found] == sorted(
        [(name, "odd `col` it's", f"tag: pii = {name}") for name in shared]
        + [("main.x.odd", "id", "tag: cost = pii")],
        key=lambda row: (row[0], row[1] != "id"),
    )
    [statement] = workspace.control("GET", "statements")["statements"]
    assert "main.x" not in statement["statement"]


def test_hundreds_of_tables_are_one_statement_and_one_request_each(
    sql: Session, workspace: Workspace, dbx: str
) -> None:
    names = [f"main.x.t{number:03d}" for number in range(300)]
    for name in names:
        add_table(workspace, name, ["email"])
        workspace.control("POST", "tags", {"full_name": name, "column": "email", "tags": {"pii": "yes"}})
    sql.run("SELECT deltashare.create_share('s')")
    listed = "{" + ",".join(names) + "}"
    sql.run(f"SELECT count(*) FROM deltashare.add_to_share('s', {literal(listed)}::text[])")
    workspace.control("DELETE", "log")
    workspace.control("PUT", "latency", {"rules": [{"path": "/tables/", "ms": 20}]})
    found = sensitive(sql, dbx)
    assert len(found) == 600
    log = workspace.control("GET", "log")
    paths = [entry["path"] for entry in log["entries"]]
    assert len([path for path in paths if "/tables/" in path]) == 300
    assert len([path for path in paths if path == "/api/2.0/sql/statements"]) == 1
    assert len([path for path in paths if "/shares" in path]) == 1
    assert log["in_flight_max"] > 8


@pytest.mark.parametrize(
    "reply",
    [
        {"columns.0.name": None},
        {"columns.0.type_text": None, "columns.0.position": None, "table_type": None},
        {"columns.0.position": 2**40},
        {"columns.0.position": -1},
        {"properties": []},
        {"properties": {"deltashare.masks": 1}},
        {"properties": {"deltashare.masks": '{"email": {"mask": 7}}'}},
        {"properties": {"deltashare.masks": '{"email": null}'}},
    ],
)
def test_odd_replies_are_no_reason_to_stop(
    sql: Session, workspace: Workspace, dbx: str, reply: dict[str, Any]
) -> None:
    add_table(workspace, "main.x.t", ["email", "phone"])
    share(sql, dbx, "main.x.t")
    workspace.fault("patch", "GET", "/tables/main.x.t", count=None, set=reply)
    assert {"phone"} <= {row["column_name"] for row in sensitive(sql, dbx)}


@pytest.mark.parametrize("reply", [{"columns": "email"}, {"columns": ["email"]}, {"columns.0.name": 7}])
def test_replies_of_another_shape_are_errors(
    sql: Session, workspace: Workspace, dbx: str, reply: dict[str, Any]
) -> None:
    add_table(workspace, "main.x.t", ["email", "phone"])
    share(sql, dbx, "main.x.t")
    workspace.fault("patch", "GET", "/tables/main.x.t", count=None, set=reply)
    with pytest.raises(SqlError) as caught:
        sensitive(sql, dbx)
    assert caught.value.sqlstate == "HV004"
