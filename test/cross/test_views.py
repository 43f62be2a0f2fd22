"""Views that filter and mask: for the same rows, Spark and PostgreSQL show the same values; and what odd input does."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.sql import StatementState
from psql import Session, SqlError, call, literal
from servers import AddServer

from workspace.client import ControlError, Workspace

WAREHOUSE = "0123456789abcdef"
Row = list[Any]

# name, type there, type here, and how both show a value as the same text
COLUMNS = [
    ("id", "LONG", "bigint"),
    ("name", "STRING", "text"),
    ("short", "VARCHAR(20)", "varchar(20)"),
    ("n", "INT", "integer"),
    ("tiny", "BYTE", "smallint"),
    ("amount", "DECIMAL(10,2)", "numeric(10,2)"),
    ("rate", "DECIMAL(38,10)", "numeric(38,10)"),
    ("flag", "BOOLEAN", "boolean"),
    ("born", "DATE", "date"),
    ("at", "TIMESTAMP", "timestamptz"),
    ("local", "TIMESTAMP_NTZ", "timestamp"),
    ('Odd `name` "it\'s"; --', "STRING", "text"),
]
NAMES = [name for name, *_ in COLUMNS]
TEXTS = [
    "",
    "a",
    "ab",
    "abcd",
    "abcde",
    "   trailing   ",
    'it\'s "quoted" \\ `so`',
    "two\nlines\ttabs\r\n",
    "é😀e\u0301👩\u200d👩\u200d👧",
    "\u2028\u0085\ufeff",
    "%_\\%",
    "'); DROP TABLE t; --",
    "{}${x}:p $1 {to} {c} %s %1$s",
    "x" * 10_000,
]
DATES = ["0001-01-01", "1582-10-10", "1969-12-31", "1970-01-01", "2000-02-29", "2024-12-31", "9999-12-31"]
TIMES = [
    "0001-01-01 00:00:00",
    "1582-10-10 23:59:59.999999",
    "1969-12-31 23:59:59.000001",
    "1970-01-01 00:00:00",
    "2024-03-10 02:30:00.5",  # in a gap of many zones
    "2024-03-31 02:30:00.123456",
    "2024-12-31 23:59:59.999999",
    "9999-12-31 23:59:59.999999",
]
NUMBERS: list[Row] = [
    [0, 0, "0.00", "0.0000000000", True],
    [-1, -128, "-0.01", "0.0000000001", False],
    [2**31 - 1, 127, "99999999.99", "1234567890123456789012345678.0123456789", True],
    [-(2**31), 1, "1.50", "-0.1000000000", False],
]


def rows() -> list[Row]:
    """Every text, date, time and number at least once, and a row of NULLs."""
    made: list[Row] = []
    for i, text in enumerate(TEXTS):
        time = TIMES[i % len(TIMES)]
        made.append(
            [i, text, text[:20], *NUMBERS[i % len(NUMBERS)], DATES[i % len(DATES)], time + "Z", time, TEXTS[-1 - i]]
        )
    return [*made, [len(made), *[None] * (len(COLUMNS) - 1)]]


@pytest.fixture
def here(sql: Session) -> Iterator[str]:
    """A local server, with a schema for the tables of a test."""
    sql.run("CREATE SERVER views_here FOREIGN DATA WRAPPER deltashare_fdw; CREATE SCHEMA x")
    yield "views_here"
    sql.run(
        "SET client_min_messages = error; DROP SERVER views_here CASCADE; DROP SCHEMA x CASCADE;"
        "DELETE FROM deltashare.shares; DELETE FROM deltashare.recipients; RESET client_min_messages"
    )


@pytest.fixture
def there(workspace: Workspace, add_server: AddServer) -> str:
    """A server of the workspace with a warehouse."""
    return add_server("views_there", warehouse_id=WAREHOUSE)


@pytest.fixture
def both(sql: Session, workspace: Workspace, here: str, there: str) -> dict[str, str]:
    """The same table on both sides: the catalog of each server."""
    catalog = sql.value("SELECT current_database()")
    columns = [{"name": name, "type_name": kind} for name, kind, _ in COLUMNS]
    workspace.control("POST", "tables", {"full_name": "main.x.t", "columns": columns, "rows": rows()})
    made = ", ".join(f"{identifier(name)} {kind}" for name, _, kind in COLUMNS)
    sql.run(f"SET timezone = 'Pacific/Chatham'; CREATE TABLE x.t ({made})")
    sql.run("INSERT INTO x.t VALUES " + ", ".join(f"({', '.join(map(value, row))})" for row in rows()))
    return {here: catalog, there: "main"}


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def backticked(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def value(given: Any) -> str:
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else literal(given)


def run_there(sdk: WorkspaceClient, statement: str) -> list[Row]:
    """The rows of a statement on the warehouse."""
    reply = sdk.statement_execution.execute_statement(statement, WAREHOUSE, wait_timeout="50s")
    assert reply.status is not None and reply.status.state is StatementState.SUCCEEDED, reply.status
    return (reply.result and reply.result.data_array) or []


def seen_there(sdk: WorkspaceClient, view: str) -> list[Row]:
    """All of a view, times as microseconds and the rest as texts."""
    columns = ", ".join(
        f"unix_micros({backticked(name)})" if kind == "TIMESTAMP" else f"CAST({backticked(name)} AS STRING)"
        for name, kind, _ in COLUMNS
    )
    return run_there(sdk, f"SELECT {columns} FROM main.x.{backticked(view)} v ORDER BY v.`id`")


def seen_here(sql: Session, view: str) -> list[Row]:
    """The same of a view of this database."""
    columns = ", ".join(
        f"(extract(epoch FROM {identifier(name)}) * 1000000)::bigint::text"
        if kind == "timestamptz"
        else f"{identifier(name)}::text"
        for name, _, kind in COLUMNS
    )
    return sql.values(f"SELECT ARRAY[{columns}] FROM x.{identifier(view)} v ORDER BY v.id")


ODD = COLUMNS[-1][0]
MASKS: dict[str, dict[str, Any]] = {
    "nothing_but_one": {"short": "null"},
    "hash": {name: "hash" for name in NAMES if name not in ("at", "local", "id")},
    "salt": {name: {"mask": "hash", "salt": "it's 😀 \\ salt"} for name in ("name", "n", "born", ODD)},
    "redact": {"name": "redact", "short": "redact", ODD: "redact"},
    "partial": {
        "name": "partial",
        "short": {"mask": "partial", "keep_first": 1},
        ODD: {"mask": "partial", "keep_last": 4},
    },
    "partial_2": {"name": {"mask": "partial", "keep_first": 2, "keep_last": 2}},
    "null": {name: "null" for name in NAMES if name != "id"},
    **{
        f"truncate_{to}": {
            name: {"mask": "truncate", "to": to}
            for name in ("born", "at", "local")
            if name != "born" or to in ("year", "month")
        }
        for to in ("year", "month", "day", "hour")
    },
}


def test_rows_are_the_same_to_begin_with(sql: Session, sdk: WorkspaceClient, both: dict[str, str]) -> None:
    assert len(seen_there(sdk, "t")) == len(rows())
    assert seen_there(sdk, "t") == seen_here(sql, "t")


@pytest.mark.parametrize("name", MASKS)
def test_a_masked_view_has_the_same_values(sql: Session, sdk: WorkspaceClient, both: dict[str, str], name: str) -> None:
    for server, catalog in both.items():
        made = sql.call("create_masked_view", f"{catalog}.x.t", MASKS[name], view_name=name, server=server)
        assert made == [
            {
                "view_name": f"{catalog}.x.{name if catalog == 'main' else local_name(name)}",
                "share_name": None,
                "masked_columns": [column for column in NAMES if column in MASKS[name]],
            }
        ]
    seen = seen_here(sql, name)
    assert seen_there(sdk, name) == seen
    for column, before, after in zip(
        NAMES, zip(*seen_here(sql, "t"), strict=True), zip(*seen, strict=True), strict=True
    ):
        if column in MASKS[name]:
            assert before != after, f"{column} is not masked"
        else:
            assert before == after, f"{column} is masked"
    kinds = {column.name: column.type_text for column in sdk.tables.get(f"main.x.{name}").columns or []}
    before_kinds = {column.name: column.type_text for column in sdk.tables.get("main.x.t").columns or []}
    changed = {column for column in NAMES if kinds[column] != before_kinds[column]} - {
        "short"
    }  # Spark's views have no VARCHAR
    assert not changed or name in ("hash", "salt")


def local_name(name: str) -> str:
    return name if name.isidentifier() and name != "null" else identifier(name)


# -- rows of tenants


TENANTS = [text for text in TEXTS if text]


@pytest.mark.parametrize(
    ("column", "tenants"),
    [
        ("name", TENANTS),
        (ODD, TENANTS[:6]),
        ("short", [text[:20] for text in TENANTS[:8]] + ["x" * 30]),
        ("n", ["0", "-1", " 2147483647 "]),
        ("tiny", ["-128", "127"]),
        ("id", ["3", "9223372036854775807"]),
        ("amount", ["0", "1.5", "99999999.990", "1.501"]),
        ("flag", ["true", "no"]),
        # Spark has JSON files filtered by a calendar that leaves out days of 1582
        ("born", [date for date in DATES if not date.startswith("1582")]),
    ],
)
def test_a_tenant_sees_the_same_rows(
    sql: Session, sdk: WorkspaceClient, both: dict[str, str], column: str, tenants: list[str]
) -> None:
    kind = next(here for name, _, here in COLUMNS if name == column).partition("(")[0]
    some = False
    for number, tenant in enumerate(tenants):
        view = f"v{number}"
        for server, catalog in both.items():
            sql.call("create_tenant_view", f"{catalog}.x.t", column, tenant, "all_tenants", view, server=server)
        same = f"{identifier(column)} = {literal(tenant)}::{kind}"
        expected = sql.values(f"SELECT t.id::text FROM x.t WHERE {same} ORDER BY t.id")
        assert [row[0] for row in seen_here(sql, view)] == expected, tenant
        assert [row[0] for row in seen_there(sdk, view)] == expected, tenant
        some = some or bool(expected)
    assert some


def test_what_is_no_value_is_the_same_error(sql: Session, both: dict[str, str]) -> None:
    for column, tenant in [
        ("n", "1 OR 1=1"),
        ("n", "2147483648"),
        ("id", "9223372036854775808"),
        ("amount", "NaN"),
        ("flag", "perhaps"),
        ("born", "infinity"),
        ("born", "2023-02-29"),
        ("at", "2024-01-01"),
        ("nope", "x"),
    ]:
        errors = [
            sql.error(call("create_tenant_view", f"{catalog}.x.t", column, tenant, "s", "v", server=server))
            for server, catalog in both.items()
        ]
        assert errors[0].sqlstate == errors[1].sqlstate != "XX000"
        assert errors[0].message.replace(both["views_here"], "main") == errors[1].message


# -- what goes wrong


STATEMENTS = "/api/2.0/sql/statements"
TENANT_VIEW = "SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme')"
REPLACEMENT = call("create_masked_view", "main.sales.daily", {"tenant": "hash"}, "main.sales.old", or_replace=True)
OLD_VIEW = """CREATE VIEW main.sales.old (a COMMENT 'it''s \\\\ first', `b``c`) COMMENT 'o\\'ld'
    TBLPROPERTIES ('k' = 'it\\'s', 'x.y' = '\\\\') AS
    SELECT day, region FROM daily WHERE tenant = 'é😀' -- all of it
"""


@pytest.fixture
def before(sdk: WorkspaceClient, workspace: Workspace, there: str) -> dict[str, Any]:
    """The workspace with a view that somebody wrote, which leaves out the names of catalog and schema."""
    reply = sdk.statement_execution.execute_statement(
        OLD_VIEW.replace("it''s", "it\\'s"), WAREHOUSE, wait_timeout="50s", catalog="main", schema="sales"
    )
    assert reply.status is not None and reply.status.state is StatementState.SUCCEEDED, reply.status
    return workspace.dump(stable=True)


def settled(workspace: Workspace) -> dict[str, Any]:
    """The state when all statements are over."""
    while any(
        entry["state"] in ("PENDING", "RUNNING") for entry in workspace.control("GET", "statements")["statements"]
    ):
        time.sleep(0.05)
    return workspace.dump(stable=True)


@pytest.mark.parametrize("statement", [TENANT_VIEW, REPLACEMENT])
def test_a_rollback_leaves_the_workspace_as_it_was(
    sql: Session, workspace: Workspace, before: dict[str, Any], statement: str
) -> None:
    with sql.rolled_back():
        sql.run(statement)
        assert workspace.dump(stable=True) != before
    assert "WARNING" not in sql.notices, sql.notices
    assert workspace.dump(stable=True) == before


@pytest.mark.parametrize("statement", [TENANT_VIEW, REPLACEMENT])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset", "method": "POST", "path": f"{STATEMENTS}$", "when": "after"},
        {"kind": "close", "method": "POST", "path": f"{STATEMENTS}$", "when": "after"},
        {"kind": "status", "method": "POST", "path": f"{STATEMENTS}$", "when": "after", "status": 502},
        {"kind": "truncate", "method": "POST", "path": f"{STATEMENTS}$"},
        {"kind": "not_json", "method": "POST", "path": f"{STATEMENTS}$"},
        {"kind": "patch", "method": "POST", "path": f"{STATEMENTS}$", "remove": ["statement_id"]},
        {"kind": "status", "method": "GET", "path": f"{STATEMENTS}/", "status": 403, "count": 1},
        {"kind": "patch", "method": "GET", "path": f"{STATEMENTS}/", "set": {"status.state": "ODD"}, "count": 1},
        {
            "kind": "status",
            "method": "GET",
            "path": "/tables/main.sales.(old|daily_acme_view)$",
            "skip": 1,
            "status": 403,
        },
        {
            "kind": "patch",
            "method": "GET",
            "path": "/tables/main.sales.(old|daily_acme_view)$",
            "skip": 1,
            "set": {"view_definition": 7},
        },
    ],
    ids=lambda fault: f"{fault['kind']} {fault['method']} {fault['path'].rpartition('/')[2]}",
)
def test_what_was_made_without_an_answer_is_taken_back(
    sql: Session, workspace: Workspace, before: dict[str, Any], statement: str, fault: dict[str, Any]
) -> None:
    workspace.fault(**fault)
    try:
        sql.run(statement)
    except SqlError as error:
        assert error.sqlstate != "XX000"
        assert "WARNING" not in sql.notices, sql.notices
        assert settled(workspace) == before
    else:
        assert fault["kind"] == "patch" and "view_definition" in fault["set"]


@pytest.mark.parametrize("statement", [TENANT_VIEW, REPLACEMENT])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "method": "POST", "path": f"{STATEMENTS}$", "when": "before", "status": 403},
        {"kind": "status", "method": "POST", "path": f"{STATEMENTS}$", "when": "before", "status": 500},
        {"kind": "reset", "method": "POST", "path": f"{STATEMENTS}$", "when": "before"},
        {"kind": "status", "method": "GET", "path": "/tables/", "status": 500, "count": None},
    ],
    ids=lambda fault: f"{fault['kind']} {fault['method']} {fault.get('status')}",
)
def test_what_was_not_made_is_not_taken_back(
    sql: Session,
    workspace: Workspace,
    before: dict[str, Any],
    add_server: AddServer,
    statement: str,
    fault: dict[str, Any],
) -> None:
    add_server("views_impatient", warehouse_id=WAREHOUSE, retry_timeout="0")
    workspace.fault(**fault)
    workspace.control("DELETE", "log")
    error = sql.error(statement)
    assert error.sqlstate in ("42501", "57P03", "08006"), error
    workspace.control("DELETE", "faults")
    assert settled(workspace) == before
    sent = [entry["method"] for entry in workspace.log()]
    assert "DELETE" not in sent and sent.count("POST") <= 1
    # what was sent and never answered may still come
    assert ("WARNING" in error.text) == (fault["method"] == "POST" and fault.get("status") != 403), error.text
    assert ("may still be running" in error.text) == ("WARNING" in error.text)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/shares$"), ("PATCH", "/shares/acme_share$")])
def test_the_view_goes_when_it_cannot_be_shared(
    sql: Session, workspace: Workspace, before: dict[str, Any], add_server: AddServer, method: str, path: str, when: str
) -> None:
    add_server("views_impatient", warehouse_id=WAREHOUSE, retry_timeout="0")
    workspace.fault("reset", method, path, when=when)
    error = sql.error(TENANT_VIEW)
    assert error.sqlstate == "08006"
    assert "could not drop view" not in error.text, error.text
    after = settled(workspace)
    assert after["views"] == before["views"]
    assert after == before or 'could not drop share "acme_share"' in error.text


@pytest.mark.parametrize("statement", [TENANT_VIEW, REPLACEMENT])
@pytest.mark.parametrize("setting", ["statement_pending_s", "statement_running_s"])
def test_a_cancelled_statement_is_cancelled_there(
    sql: Session, workspace: Workspace, before: dict[str, Any], statement: str, setting: str
) -> None:
    workspace.settings(**{setting: 5})
    sql.run("SET statement_timeout = '700ms'")
    assert sql.error(statement).sqlstate == "57014"
    sql.run("RESET statement_timeout")
    assert "WARNING" not in sql.notices, sql.notices
    assert any(entry["cancel_asked"] for entry in workspace.control("GET", "statements")["statements"])
    assert settled(workspace) == before


def test_what_cannot_be_taken_back_is_told_with_what_mends_it(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, before: dict[str, Any]
) -> None:
    sql.run("BEGIN")
    sql.run(TENANT_VIEW)
    workspace.fault("status", "DELETE", "/tables/", status=403, count=None)
    sql.run("ROLLBACK")
    assert 'could not drop view "main.sales.daily_acme_view"' in sql.notices
    workspace.control("DELETE", "faults")
    mend = "SELECT deltashare.drop_view('main.sales.daily_acme_view', server => 'views_there');"
    assert mend in sql.notices
    sql.run(mend)
    assert workspace.dump(stable=True) == before

    # a statement of the rollback may fail only later
    for number, canned in enumerate(
        ({"error": {"error_code": "BAD_REQUEST", "message": "no such luck"}}, {"state": "CANCELED"})
    ):
        sql.run("BEGIN")
        sql.run(REPLACEMENT)
        workspace.control("POST", "statements/canned", {"match": "^CREATE OR REPLACE", "count": 1, **canned})
        sql.run("ROLLBACK")
        assert 'could not restore view "main.sales.old"' in sql.notices
        assert ("no such luck", "CANCELED")[number] in sql.notices
        mend = sql.notices.partition("on its SQL warehouse:\n")[2]
        assert mend.startswith("CREATE OR REPLACE VIEW `main`.`sales`.`old` (`a` COMMENT 'it\\'s \\\\ first', `b``c`)")
        sdk.statement_execution.execute_statement(
            mend.rstrip().removesuffix(";"), WAREHOUSE, wait_timeout="50s", catalog="main", schema="sales"
        )
        assert workspace.dump(stable=True) == before


@pytest.mark.usefixtures("before")
def test_a_drop_that_was_sent_is_told_with_what_makes_the_view_again(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace
) -> None:
    sql.run(call("create_masked_view", "main.sales.daily", {"tenant": "hash"}, "main.sales.gone", comment="Gone"))
    sql.run("SELECT deltashare.create_share('stays')")
    standing = workspace.dump(stable=True)
    workspace.fault("status", "DELETE", "/shares/", status=403)
    sql.run("BEGIN")
    sql.run("SELECT deltashare.drop_view('main.sales.gone'), deltashare.drop_share('stays')")
    assert sql.error("COMMIT").message == 'could not drop share "stays"'
    assert 'could not undo: drop view "main.sales.gone"' in sql.notices
    assert workspace.dump(stable=True) != standing
    mend = sql.notices.partition("on its SQL warehouse:\n")[2].splitlines()[0]
    sdk.statement_execution.execute_statement(mend.removesuffix(";"), WAREHOUSE, wait_timeout="50s")
    assert workspace.dump(stable=True) == standing


def test_what_another_client_changed_stays(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, before: dict[str, Any]
) -> None:
    changed = "CREATE OR REPLACE VIEW main.sales.{} COMMENT 'theirs' AS SELECT day FROM main.sales.daily"
    for statement, name in ((TENANT_VIEW, "daily_acme_view"), (REPLACEMENT, "old")):
        sql.run("BEGIN")
        sql.run(statement)
        run_there(sdk, changed.format(name))
        sql.run("ROLLBACK")
        assert f'"main.sales.{name}"' in sql.notices and "Another client has changed it since" in sql.notices
        assert sdk.tables.get(f"main.sales.{name}").comment == "theirs"
    # what is gone need not be dropped, but cannot be restored
    sdk.tables.delete("main.sales.daily_acme_view")
    with sql.rolled_back():
        sql.run(TENANT_VIEW)
        sdk.tables.delete("main.sales.daily_acme_view")
    assert "WARNING" not in sql.notices
    with sql.rolled_back():
        sql.run(REPLACEMENT)
        sdk.tables.delete("main.sales.old")
    assert "It is not there any more" in sql.notices


def test_a_view_of_anothers_is_not_taken_for_ours(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, before: dict[str, Any]
) -> None:
    workspace.control(
        "POST",
        "statements/canned",
        {"match": "^CREATE VIEW", "count": 1, "error": {"error_code": "BAD_REQUEST", "message": "no"}},
    )
    workspace.fault("delay", "GET", f"{STATEMENTS}/", ms=2000)
    workspace.fault("status", "GET", f"{STATEMENTS}/", status=403)
    sql.start(TENANT_VIEW)
    definition = "SELECT `day`, `region`, `amount`, `tenant` FROM `main`.`sales`.`daily` WHERE `tenant` = 'acme'"
    while not any(entry["state"] == "FAILED" for entry in workspace.control("GET", "statements")["statements"]):
        time.sleep(0.05)
    run_there(sdk, f"CREATE VIEW main.sales.daily_acme_view AS {definition}")
    theirs = workspace.dump(stable=True)
    with pytest.raises(SqlError) as caught:
        sql.finish()
    assert "WARNING" not in caught.value.text
    assert workspace.dump(stable=True) == theirs


def test_views_are_taken_back_in_reverse_order(sql: Session, workspace: Workspace, before: dict[str, Any]) -> None:
    sql.run("BEGIN")
    sql.run(REPLACEMENT)
    sql.run("SAVEPOINT a")
    sql.run(REPLACEMENT.replace("hash", "redact"))
    sql.run(TENANT_VIEW.replace("main.sales.daily", "main.sales.old"))
    between = workspace.dump(stable=True)
    sql.run("SAVEPOINT b")
    sql.run(REPLACEMENT.replace("hash", "null"))
    sql.run("ROLLBACK TO b")
    assert workspace.dump(stable=True) == between
    sql.run("ROLLBACK")
    assert "WARNING" not in sql.notices, sql.notices
    assert workspace.dump(stable=True) == before


def test_privileges(sql: Session, workspace: Workspace, before: dict[str, Any], add_server: AddServer) -> None:
    workspace.control(
        "PUT",
        "tokens",
        [
            {"token": workspace.token},
            {"token": "reader", "principal": "reader", "privileges": ["SELECT"]},
            {"token": "maker", "principal": "maker", "privileges": ["CREATE_TABLE"]},
            {"token": "both", "principal": "both", "privileges": ["SELECT", "CREATE_TABLE"]},
        ],
    )
    for token in ("reader", "maker"):
        add_server(f"views_{token}", token=token, warehouse_id=WAREHOUSE)
        error = sql.error(TENANT_VIEW)
        assert (error.sqlstate, "WARNING" in error.text) == ("42501", False), error
        assert workspace.dump(stable=True) == before
    add_server("views_both", token="both", warehouse_id=WAREHOUSE)
    assert sql.error(REPLACEMENT).sqlstate == "42501"  # not its owner
    assert sql.error(TENANT_VIEW).sqlstate == "42501"  # no share may be made: the view goes
    assert workspace.dump(stable=True) == before
    add_server("views_nowhere", warehouse_id="ffffffffffffffff")
    assert sql.error(TENANT_VIEW).sqlstate not in ("XX000", "00000")
    assert workspace.dump(stable=True) == before


# -- one view for all recipients


def test_each_recipient_sees_its_rows(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, both: dict[str, str]
) -> None:
    recipients: dict[str, dict[str, str]] = {
        "r_text": {"key": TEXTS[6]},
        "r_odd": {"key": TEXTS[11], "it's \\ odd": "0"},
        "r_emoji": {"key": TEXTS[8], "it's \\ odd": "-1", "born": "2000-02-29"},
        "r_none": {"other": "x"},
        "abcd": {"key": "abcde"},
    }
    views = {
        "by_key": ("name", "key"),
        "by_number": ("n", "it's \\ odd"),
        "by_date": ("born", "born"),
        "by_name": ("name", "databricks.name"),
    }
    expected = {
        "by_key": {"r_text": ["6"], "r_odd": ["11"], "r_emoji": ["8"], "abcd": ["4"]},
        "by_number": {"r_odd": ["0", "4", "8", "12"], "r_emoji": ["1", "5", "9", "13"]},
        "by_date": {"r_emoji": ["4", "11"]},
        "by_name": {"abcd": ["3"]},
    }
    for server, catalog in both.items():
        for name, properties in recipients.items():
            sql.call("create_recipient", name, properties=properties, server=server)
        for view, (column, key) in views.items():
            sql.call(
                "create_tenant_view",
                f"{catalog}.x.t",
                column,
                recipient_property=key,
                share="all",
                view_name=view,
                server=server,
            )
    for recipient in recipients:
        workspace.settings(current_recipient=recipient)
        sql.run(f"SET deltashare.recipient = {literal(recipient.upper())}")
        for view in views:
            seen = seen_there(sdk, view)
            assert [row[0] for row in seen] == expected[view].get(recipient, []), (view, recipient)
            assert seen_here(sql, view) == seen
    workspace.settings(current_recipient="")
    sql.run("RESET deltashare.recipient")
    for view in views:
        assert seen_here(sql, view) == []
        reply = sdk.statement_execution.execute_statement(f"SELECT * FROM main.x.{view}", WAREHOUSE, wait_timeout="50s")
        assert reply.status is not None and reply.status.state is StatementState.FAILED


def test_what_a_recipient_reads_through_its_share(sql: Session, workspace: Workspace, both: dict[str, str]) -> None:
    sql.run("SET deltashare.server = 'views_there'")
    for tenant in ("abcd", "ab"):
        sql.call("setup_tenant", tenant, [])
        sql.call("create_tenant_view", "main.x.t", "name", tenant)
    sql.call("create_masked_view", "main.x.t_abcd_view", {"short": "redact", "name": "hash"}, share="abcd_share")

    def read(recipient: str, table: str) -> list[dict[str, Any]]:
        seen = workspace.control("POST", "read", {"recipient": recipient, "share": "abcd_share", "table": table})
        return [dict(zip(seen["columns"], row, strict=True)) for row in seen["rows"]]

    (row,) = read("abcd", "x.t_abcd_view")
    assert (row["name"], row["short"]) == ("abcd", "abcd")
    (row,) = read("abcd", "x.t_abcd_view_masked")
    assert (row["name"], row["short"]) == (hashlib.sha256(b"abcd").hexdigest(), "***")
    with pytest.raises(ControlError):
        read("ab", "x.t_abcd_view")
