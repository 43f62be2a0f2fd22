"""Views: made by statements, read with the rows of their tables, found and deleted as tables; executed by Spark."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied
from databricks.sdk.service import catalog, sharing, sql

from helpers import ADMIN, NOW, grant, objects_of, raw, token_recipient, update
from test_statements import PATH, WAREHOUSE, execute, rows_of  # noqa: F401  (a fixture)
from workspace.client import ControlError, Workspace

TABLE = {
    "full_name": "main.x.t",
    "columns": [
        {"name": "id", "type_name": "LONG", "comment": "it's the key"},
        {"name": "email"},
        {"name": "tenant"},
        {"name": "born", "type_name": "DATE"},
        {"name": "amount", "type_name": "DECIMAL(10,2)"},
    ],
    "rows": [
        [1, "ann@a.example", "acme", "1990-05-17", "12.30"],
        {"id": 2, "email": "bob@b.example", "tenant": "it's"},
        [3, None, "acme", None, None],
    ],
}
MASKED = """CREATE VIEW `main`.`x`.`masked` COMMENT 'what\\'s left'
    TBLPROPERTIES ('deltashare.masks' = '{"email": "hash"}', 'k' = 'v') AS
    SELECT `id`, sha2(`email`, 256) AS `email`, date_trunc('YEAR', `born`) AS born, amount * 2 AS twice
    FROM `main`.`x`.`t` WHERE `tenant` = CAST(X'61636d65' AS STRING)"""


@pytest.fixture
def rows(sdk: WorkspaceClient, workspace: Workspace, execute: Any) -> Callable[..., list[list[str | None]]]:  # noqa: F811
    """The rows of a statement. The workspace has the table `main.x.t`."""
    workspace.control("POST", "tables", TABLE)
    return lambda text, **more: rows_of(sdk, execute(text, **more))


@pytest.fixture
def failure(rows: Any, execute: Any) -> Callable[..., tuple[str, str]]:  # noqa: F811
    """SQLSTATE and message of a statement that fails."""

    def run(text: str, **more: Any) -> tuple[str, str]:
        status = execute(text, state="FAILED", **more).status
        assert status.error.error_code is sql.ServiceErrorCode.BAD_REQUEST
        return status.sql_state, status.error.message

    return run


# -- tables with rows


def test_a_table_has_the_rows_that_a_test_gave(workspace: Workspace, rows: Any) -> None:
    assert rows("SELECT * FROM main.x.t ORDER BY id") == [
        ["1", "ann@a.example", "acme", "1990-05-17", "12.30"],
        ["2", "bob@b.example", "it's", None, None],
        ["3", None, "acme", None, None],
    ]
    assert rows("SELECT main.x.t.id, t.id FROM `MAIN`.`x`.`T` WHERE x.t.id = 2") == [["2", "2"]]
    workspace.control("POST", "rows", {"full_name": "main.x.t", "rows": []})
    assert rows("SELECT * FROM main.x.t") == []
    workspace.control("POST", "rows", {"full_name": "main.sales.orders", "rows": [[1, 2, 3.5]]})
    assert rows("SELECT customer_id + 1, typeof(amount) FROM orders", catalog="main", schema="sales") == [
        ["3", "decimal(18,2)"]
    ]
    for bad in ([[1]], [{"nope": 1}]):
        with pytest.raises(ControlError, match="'main.x.t' has (5 columns|no column)"):
            workspace.control("POST", "rows", {"full_name": "main.x.t", "rows": bad})
    with pytest.raises(ControlError, match="mask"):
        workspace.control("POST", "rows", {"full_name": "main.hr.payroll", "rows": [["1", 1]]})


def test_a_value_that_is_not_of_its_type_is_no_null(failure: Any, workspace: Workspace) -> None:
    workspace.control("POST", "rows", {"full_name": "main.x.t", "rows": [["one", None, None, None, None]]})
    _, message = failure("SELECT id FROM main.x.t")
    assert "FAILED_READ_FILE" in message


def test_names_that_are_not_there(failure: Any) -> None:
    state, message = failure("SELECT * FROM main.x.nope")
    assert state == "42P01" and "`main`.`x`.`nope`" in message
    state, message = failure("SELECT nope FROM main.x.t")
    assert state == "42703" and "`nope`" in message and "`tenant`" in message
    state, message = failure("SELECT main.sales.orders_view.nope FROM main.sales.orders_view")
    assert state == "42703" and "`main`.`sales`.`orders_view`.`order_id`" in message
    assert failure("SELECT * FROM main.sales.files")[0] == "42P01"  # a volume


def test_nothing_else_is_done(failure: Any) -> None:
    for text in (
        "INSERT INTO main.x.t VALUES (4, NULL, NULL, NULL, NULL)",
        "CREATE TABLE main.x.new (a INT)",
        "DROP TABLE main.x.t",
        "DROP VIEW main.sales.orders_view",
    ):
        assert failure(text)[0] == "0A000"


# -- views


def test_create_view(sdk: WorkspaceClient, workspace: Workspace, rows: Any) -> None:
    assert rows(MASKED) == []
    view = sdk.tables.get("main.x.masked")
    assert (view.table_type, view.owner, view.comment) == (catalog.TableType.VIEW, ADMIN, "what's left")
    assert (view.created_at, view.created_by, view.updated_at, view.updated_by) == (NOW, ADMIN, NOW, ADMIN)
    assert (view.catalog_name, view.schema_name, view.name) == ("main", "x", "masked")
    assert view.view_definition == MASKED.partition(" AS\n    ")[2]
    assert view.data_source_format is None and view.storage_location is None
    assert {key: value for key, value in view.properties.items() if not key.startswith("view.")} == {
        "deltashare.masks": '{"email": "hash"}',
        "k": "v",
    }
    assert view.properties["view.query.out.col.3"] == "twice"  # Spark keeps its own notes among them
    assert [entry.table.table_full_name for entry in view.view_dependencies.dependencies] == ["main.x.t"]
    assert [(c.position, c.name, c.type_text, c.type_name.value, c.nullable, c.comment) for c in view.columns] == [
        (0, "id", "bigint", "LONG", True, "it's the key"),
        (1, "email", "string", "STRING", True, None),
        (2, "born", "timestamp", "TIMESTAMP", True, None),
        (3, "twice", "decimal(12,2)", "DECIMAL", True, None),
    ]
    assert (view.columns[3].type_precision, view.columns[3].type_scale) == (12, 2)
    assert json.loads(view.columns[0].type_json)["type"] == "long"
    assert rows("SELECT id, email, twice FROM main.x.masked ORDER BY id") == [
        ["1", hashlib.sha256(b"ann@a.example").hexdigest(), "24.60"],
        ["3", None, None],
    ]
    assert sdk.tables.exists("main.x.masked").table_exists
    listed = {entry.full_name: entry for entry in sdk.tables.list("main", "x")}
    assert listed["main.x.masked"].view_definition and listed["main.x.masked"].view_dependencies is None


def test_views_of_views_and_names(sdk: WorkspaceClient, rows: Any) -> None:
    rows("CREATE VIEW main.x.`a``b-c` (k COMMENT 'key', other) AS SELECT id, email FROM main.x.t")
    rows("CREATE VIEW Main.X.Second AS WITH w AS (SELECT * FROM `main`.`x`.`a``b-c`) SELECT k + 1 AS n FROM w")
    assert rows("SELECT * FROM main.x.SECOND ORDER BY n") == [["2"], ["3"], ["4"]]
    assert [(c.name, c.comment) for c in sdk.tables.get("main.x.a`b-c").columns] == [("k", "key"), ("other", None)]
    rows("CREATE VIEW third AS SELECT * FROM second", catalog="main", schema="x")
    assert rows("SELECT max(n) FROM main.x.third") == [["4"]]
    assert [e.table.table_full_name for e in sdk.tables.get("main.x.third").view_dependencies.dependencies] == [
        "main.x.second"
    ]


def test_seeded_views_can_be_read(workspace: Workspace, rows: Any) -> None:
    workspace.control("POST", "rows", {"full_name": "main.sales.orders", "rows": [[7, 2, 3.5]]})
    assert rows("SELECT * FROM main.sales.orders_view") == [["7"]]


def test_or_replace(sdk: WorkspaceClient, workspace: Workspace, rows: Any, failure: Any) -> None:
    rows("CREATE OR REPLACE VIEW main.x.v COMMENT 'first' TBLPROPERTIES ('a' = '1') AS SELECT id FROM main.x.t")
    first = sdk.tables.get("main.x.v")
    for text, state, words in (
        ("CREATE VIEW main.x.v AS SELECT 1 AS one", "42P07", "TABLE_OR_VIEW_ALREADY_EXISTS"),
        ("CREATE VIEW main.x.t AS SELECT 1 AS one", "42P07", "`main`.`x`.`t`"),
        ("CREATE OR REPLACE VIEW main.x.t AS SELECT 1 AS one", "42809", "EXPECT_VIEW_NOT_TABLE"),
        ("CREATE OR REPLACE VIEW main.x.v AS SELECT * FROM main.x.v", "42K0H", "RECURSIVE_VIEW"),
        ("CREATE OR REPLACE VIEW main.x.v AS SELECT nope FROM main.x.t", "42703", "UNRESOLVED_COLUMN"),
    ):
        found, message = failure(text)
        assert found == state and words in message and "spark_catalog.view_" not in message
    rows("CREATE VIEW IF NOT EXISTS main.x.v AS SELECT 1 AS one")
    assert sdk.tables.get("main.x.v").as_dict() == first.as_dict()
    before = workspace.dump(stable=True)
    rows("CREATE OR REPLACE VIEW main.x.v AS SELECT 'x' AS one")
    second = sdk.tables.get("main.x.v")
    assert (second.table_id, second.created_at, second.comment) == (first.table_id, first.created_at, None)
    assert second.updated_at > first.updated_at and "a" not in second.properties
    assert rows("SELECT * FROM main.x.v") == [["x"]]
    assert workspace.dump(stable=True) != before
    rows("CREATE OR REPLACE VIEW main.x.v COMMENT 'first' TBLPROPERTIES ('a' = '1') AS SELECT id FROM main.x.t")
    assert workspace.dump(stable=True) == before


def test_of_two_views_of_one_name_one_is_made(sdk: WorkspaceClient, rows: Any) -> None:
    rows("SELECT 1")
    replies = [
        sdk.statement_execution.execute_statement(
            f"CREATE VIEW main.x.v AS SELECT {n} AS n", WAREHOUSE, wait_timeout="0s"
        )
        for n in range(4)
    ]
    states = []
    for reply in replies:
        while reply.status.state.value in ("PENDING", "RUNNING"):
            time.sleep(0.05)
            reply = sdk.statement_execution.get_statement(reply.statement_id)
        states.append((reply.status.state.value, reply.status.sql_state))
    assert sorted(states, key=str) == [("FAILED", "42P07")] * 3 + [("SUCCEEDED", None)]


@pytest.mark.parametrize(
    ("text", "state", "words"),
    [
        ("CREATE VIEW main.x.v AS SELECT id + 1 FROM main.x.t", "0A000", "CREATE_PERMANENT_VIEW_WITHOUT_ALIAS"),
        ("CREATE VIEW main.x.v AS SELECT id, id FROM main.x.t", "42711", "COLUMN_ALREADY_EXISTS"),
        ("CREATE VIEW main.x.v AS SELECT sha2(id) AS h FROM main.x.t", "42605", "WRONG_NUM_ARGS"),
        ("CREATE VIEW main.x.v AS SELECT substr(born) AS h FROM main.x.t", "42605", "WRONG_NUM_ARGS"),
        ("CREATE VIEW main.x.v AS SELECT * FROM main.x.t WHERE tenant = 'it's'", "42601", "PARSE_SYNTAX_ERROR"),
        ("CREATE VIEW main.x.v AS SELECT * FROM main.x.t WHERE tenant = X'0g'", "42604", "INVALID_TYPED_LITERAL"),
        ("CREATE VIEW main.x.v AS SELECT * FROM main.x.t WHERE tenant", "42K09", "DATATYPE_MISMATCH"),
        ("CREATE VIEW main.x.v (a, b) AS SELECT id FROM main.x.t", "21S01", "CREATE_VIEW_COLUMN_ARITY_MISMATCH"),
        ("CREATE VIEW main.x.v AS SELECT * FROM main.x.nope", "42P01", "`main`.`x`.`nope`"),
        ("CREATE VIEW main.nope.v AS SELECT 1 AS one", "42704", "`main`.`nope`"),
        ("CREATE VIEW nope.x.v AS SELECT 1 AS one", "42704", "'nope'"),
        ("CREATE VIEW v AS SELECT 1 AS one", "42601", "three parts"),
        ("CREATE VIEW main.x.`a.b` AS SELECT 1 AS one", "42602", "`a.b`"),
        ("CREATE VIEW main.x.v AS SELECT * FROM system.information_schema.shares", "42K0F", "TEMP"),
        ("CREATE VIEW main.x.v AS SELECT * FROM main.sales.forbidden", "42501", "'main.sales.forbidden'"),
    ],
)
def test_what_cannot_be_a_view(workspace: Workspace, failure: Any, text: str, state: str, words: str) -> None:
    before = workspace.dump()
    found, message = failure(text)
    assert found == state and words in message
    assert workspace.dump() == before


def test_no_parameters_in_a_view(rows: Any, execute: Any) -> None:  # noqa: F811
    reply = execute(
        "CREATE VIEW main.x.v AS SELECT * FROM main.x.t WHERE tenant = :t", [("t", "acme", "STRING")], state="FAILED"
    )
    assert reply.status.sql_state == "0A000" and "PARAMETER_MARKER" in reply.status.error.message


def test_who_may_create_a_view(sdk: WorkspaceClient, workspace: Workspace, new_sdk: Any, rows: Any) -> None:
    rows("CREATE VIEW main.x.v AS SELECT id FROM main.x.t")
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

    def status(token: str, text: str) -> str | None:
        reply = new_sdk(token=token).statement_execution.execute_statement(text, WAREHOUSE, wait_timeout="30s")
        if reply.status.error:
            assert "INSUFFICIENT_PERMISSIONS" in reply.status.error.message
        return reply.status.sql_state

    create = "CREATE VIEW main.x.w AS SELECT id FROM main.x.t"
    assert (status("reader", "SELECT * FROM main.x.v"), status("maker", "SELECT * FROM main.x.v")) == (None, "42501")
    assert (status("reader", create), status("maker", create)) == ("42501", "42501")
    assert (status("both", create), sdk.tables.get("main.x.w").owner) == (None, "both")
    assert status("maker", "CREATE VIEW main.x.one AS SELECT 1 AS one") is None
    assert status("maker", "SELECT * FROM main.x.one") is None  # its owner
    assert status("both", "CREATE OR REPLACE VIEW main.x.v AS SELECT 1 AS one") == "42501"
    with pytest.raises(PermissionDenied):
        new_sdk(token="maker").tables.delete("main.x.w")
    workspace.control(
        "PUT", "tokens", [{"token": workspace.token}, {"token": "both", "principal": "both", "privileges": []}]
    )
    assert status("both", "SELECT id FROM main.x.t") == "42501"
    assert status("both", "SELECT id FROM main.x.w") is None  # who reads a view needs nothing on what it reads
    new_sdk(token="both").tables.delete("main.x.w")


def test_faults_and_canned_failures(sdk: WorkspaceClient, workspace: Workspace, rows: Any) -> None:
    body = {"statement": "CREATE VIEW main.x.v AS SELECT id FROM main.x.t", "warehouse_id": WAREHOUSE}
    workspace.fault("status", "POST", PATH, status=500)
    assert raw(workspace, "POST", PATH, body).status == 500
    assert not sdk.tables.exists("main.x.v").table_exists
    error = {"error_code": "BAD_REQUEST", "message": "no"}
    workspace.control("POST", "statements/canned", {"match": "^CREATE VIEW", "error": error, "count": 1})
    assert json.loads(raw(workspace, "POST", PATH, body).text)["status"]["state"] == "FAILED"
    assert not sdk.tables.exists("main.x.v").table_exists
    workspace.fault("reset", "POST", PATH, when="after")
    with pytest.raises(OSError):
        raw(workspace, "POST", PATH, body)
    assert sdk.tables.exists("main.x.v").table_exists  # done, though nobody was told


# -- views as catalog objects


def test_delete(sdk: WorkspaceClient, workspace: Workspace, rows: Any, failure: Any) -> None:
    before = workspace.dump()
    rows("CREATE VIEW main.x.v AS SELECT id FROM main.x.t")
    assert workspace.dump()["views"]["main.x.v"]["view_definition"] == "SELECT id FROM main.x.t"
    sdk.tables.delete("main.x.v")
    assert workspace.dump() == before
    for missing in ("main.x.v", "main.sales.files", "main"):
        with pytest.raises(NotFound) as caught:
            sdk.tables.delete(missing)
        assert caught.value.error_code == "TABLE_DOES_NOT_EXIST"
    assert failure("SELECT * FROM main.x.v")[0] == "42P01"
    sdk.tables.delete("Main.X.T")
    assert not sdk.tables.exists("main.x.t").table_exists


def test_a_shared_view_that_goes(sdk: WorkspaceClient, rows: Any) -> None:
    rows("CREATE VIEW main.x.v AS SELECT id FROM main.x.t")
    sdk.shares.create("s")
    sdk.shares.update("s", updates=[update("ADD", "main.x.v", "VIEW", shared_as="a.b")])
    rows("CREATE OR REPLACE VIEW main.x.v AS SELECT id AS other FROM main.x.t")
    assert objects_of(sdk, "s")["main.x.v"]["status"] == "ACTIVE"
    sdk.tables.delete("main.x.v")
    assert objects_of(sdk, "s")["main.x.v"]["status"] == "PERMISSION_DENIED"
    rows("CREATE VIEW main.x.v AS SELECT id FROM main.x.t")  # another one, which nobody has shared
    assert objects_of(sdk, "s")["main.x.v"]["status"] == "PERMISSION_DENIED"
    with pytest.raises(Exception, match="already exists"):
        sdk.shares.update("s", updates=[update("ADD", "main.x.v", "VIEW")])
    sdk.shares.update("s", updates=[update("REMOVE", "main.x.v", "VIEW")])
    sdk.shares.update("s", updates=[update("ADD", "main.x.v", "VIEW")])
    assert objects_of(sdk, "s")["main.x.v"]["status"] == "ACTIVE"


# -- the current recipient

BY_RECIPIENT = "CREATE VIEW main.x.mine AS SELECT id, tenant FROM main.x.t WHERE tenant = current_recipient('tenant')"


@pytest.fixture
def tenants(sdk: WorkspaceClient, workspace: Workspace, rows: Any) -> Callable[..., list[list[str | None]]]:
    """Read the share `s` as one of its recipients: acme and its have a property, other has none."""
    sdk.shares.create("s")
    for name, tenant in (("acme", "acme"), ("its", "it's"), ("other", None)):
        token_recipient(
            sdk,
            name,
            properties_kvpairs=sharing.SecurablePropertiesKvPairs({"tenant": tenant}) if tenant else None,
        )
        grant(sdk, "s", name, add=["SELECT"])

    return lambda recipient, table: workspace.read(recipient, "s", table)


def test_current_recipient(sdk: WorkspaceClient, workspace: Workspace, rows: Any, tenants: Any, failure: Any) -> None:
    rows(BY_RECIPIENT)
    rows("CREATE VIEW main.x.name AS SELECT current_recipient('databricks.name') AS name, current_recipient(t) AS p FROM"
         " (SELECT 'tenant' AS t)")  # fmt: skip
    assert [(c.name, c.type_text) for c in sdk.tables.get("main.x.name").columns] == [
        ("name", "string"),
        ("p", "string"),
    ]
    for text in (
        "SELECT * FROM main.x.mine",
        "SELECT id FROM main.x.mine WHERE false",
        "SELECT current_recipient('x')",
    ):
        state, message = failure(text)
        assert state == "42887" and "current_recipient" in message
    sdk.shares.update(
        "s",
        updates=[update("ADD", "main.x.mine", "VIEW", shared_as="x.rows"), update("ADD", "main.x.name", "VIEW")],
    )
    assert tenants("acme", "x.rows") == [["1", "acme"], ["3", "acme"]]
    assert tenants("its", "X.Rows") == [["2", "it's"]]
    assert tenants("other", "x.rows") == []
    assert tenants("its", "x.name") == [["its", "it's"]]
    assert tenants("other", "x.name") == [["other", None]]
    sdk.recipients.update("acme", properties_kvpairs=sharing.SecurablePropertiesKvPairs({"tenant": "it's"}))
    assert tenants("acme", "x.rows") == [["2", "it's"]]


def test_the_setting_current_recipient(workspace: Workspace, rows: Any, tenants: Any, failure: Any) -> None:
    rows(BY_RECIPIENT)
    workspace.settings(current_recipient="Its")
    assert rows("SELECT * FROM main.x.mine") == [["2", "it's"]]
    workspace.settings(current_recipient="nobody")
    assert failure("SELECT 1")[0] == "42704"
    workspace.settings(current_recipient="")
    assert failure("SELECT * FROM main.x.mine")[0] == "42887"


def test_a_query_by_control_call(workspace: Workspace, rows: Any, tenants: Any) -> None:
    rows(BY_RECIPIENT)
    workspace.control("DELETE", "log")
    assert workspace.query("SELECT * FROM main.x.mine", "its") == [["2", "it's"]]
    assert workspace.query("SELECT max(id) FROM main.x.t") == [["3"]]
    with pytest.raises(ControlError, match="INVALID_CURRENT_RECIPIENT_USAGE"):
        workspace.query("SELECT * FROM main.x.mine")
    with pytest.raises(ControlError, match="only to read"):
        workspace.query("CREATE VIEW main.x.v AS SELECT 1 AS one")
    assert workspace.log() == [] and "main.x.v" not in workspace.dump()["views"]


def test_a_call_with_wrong_arguments(failure: Any) -> None:
    assert failure("CREATE VIEW main.x.v AS SELECT current_recipient() AS p")[0] == "42605"
    assert failure("CREATE VIEW main.x.v AS SELECT current_recipient('a', 'b') AS p")[0] == "42605"
    assert failure("CREATE VIEW main.x.v AS SELECT current_recipient(1) AS p")[0] == "42K09"
    assert failure("CREATE VIEW main.x.v AS SELECT current_recipients('a') AS p")[0] == "42883"


def test_what_a_recipient_reads(sdk: WorkspaceClient, workspace: Workspace, tenants: Any) -> None:
    columns = [{"name": "id", "type_name": "LONG"}, {"name": "tenant", "partition_index": 0}]
    given = [[1, "acme"], [2, "it's"], [3, None], [4, "amce"]]
    workspace.control("POST", "tables", {"full_name": "main.y.p", "columns": columns, "rows": given})

    def filtered(*values: dict[str, str]) -> list[dict[str, Any]]:
        return [{"values": [{"name": "tenant", **value}]} for value in values]

    for alias, partitions, expected in (
        ("y.all", None, [1, 2, 3, 4]),
        ("y.key", filtered({"op": "EQUAL", "recipient_property_key": "tenant"}), [2]),
        ("y.one", filtered({"op": "EQUAL", "value": "acme"}, {"op": "EQUAL"}), [1, 3]),
        ("y.like", filtered({"op": "LIKE", "value": "a%e"}), [1, 4]),
    ):
        fields = {"partitions": partitions} if partitions else {}
        sdk.shares.update("s", updates=[update("ADD", "main.y.p", shared_as=alias, **fields)])
        assert [int(row[0]) for row in tenants("its", alias)] == expected
        if alias == "y.key":
            assert tenants("other", alias) == []
        sdk.shares.update("s", updates=[update("REMOVE", "main.y.p")])
    sdk.shares.update("s", updates=[update("ADD", "main.y.p", shared_as="y.all")])
    workspace.control("DELETE", "tables", {"names": ["main.y.p"]})
    workspace.control("POST", "tables", {"full_name": "main.y.p", "columns": columns, "rows": given, "id": "another"})
    with pytest.raises(ControlError, match="does not exist"):
        tenants("its", "y.all")
    sdk.shares.update("s", updates=[update("REMOVE", "main.y.p")])
    sdk.shares.update("s", updates=[update("ADD", "main.y", "SCHEMA")])
    assert len(tenants("its", "y.p")) == 4
    grant(sdk, "s", "its", remove=["SELECT"])
    with pytest.raises(ControlError, match="SELECT"):
        tenants("its", "y.p")
    workspace.control("DELETE", "tables", {"names": ["main.y.p"]})
    with pytest.raises(ControlError, match="does not exist"):
        tenants("other", "y.p")


# -- information_schema


def test_columns(sdk: WorkspaceClient, rows: Any) -> None:
    rows(MASKED)
    columns = "column_name, ordinal_position, full_data_type, data_type, is_nullable, comment, numeric_precision, numeric_scale"
    text = (
        f"SELECT {columns} FROM system.information_schema.columns WHERE table_catalog = 'main' AND table_schema = 'x'"
    )
    assert rows(f"{text} AND table_name = :t ORDER BY 2", parameters=[("t", "masked", "STRING")]) == [
        ["id", "1", "bigint", "LONG", "YES", "it's the key", "64", "0"],
        ["email", "2", "string", "STRING", "YES", None, None, None],
        ["born", "3", "timestamp", "TIMESTAMP", "YES", None, None, None],
        ["twice", "4", "decimal(12,2)", "DECIMAL", "YES", None, "12", "2"],
    ]
    assert rows(
        "SELECT column_name FROM system.information_schema.columns WHERE partition_ordinal_position IS NOT NULL"
        " AND table_name = 'daily' ORDER BY partition_ordinal_position"
    ) == [["day"], ["region"]]
    ((count,),) = rows("SELECT count(*) FROM system.information_schema.columns WHERE table_schema = 'sales'")
    tables = sdk.tables.list("main", "sales")
    assert int(count) == sum(len(table.columns or []) for table in tables)


def test_tags(workspace: Workspace, new_sdk: Any, rows: Any) -> None:
    schema = "system.information_schema"
    assert rows(f"SELECT * FROM {schema}.column_tags") == []
    workspace.control(
        "POST",
        "tags",
        [
            {"full_name": "main.x.T", "column": "email", "tags": {"pii": "email", "owner's": ""}},
            {"full_name": "main.x.t", "tags": {"domain": "people"}},
        ],
    )
    assert rows(f"SELECT * FROM {schema}.column_tags ORDER BY tag_name") == [
        ["main", "x", "t", "email", "owner's", ""],
        ["main", "x", "t", "email", "pii", "email"],
    ]
    assert rows(f"SELECT * FROM {schema}.table_tags") == [["main", "x", "t", "domain", "people"]]
    with pytest.raises(ControlError, match="no column nope"):
        workspace.control("POST", "tags", {"full_name": "main.x.t", "column": "nope", "tags": {}})
    workspace.control("PUT", "tokens", [{"token": "little", "principal": "little", "privileges": []}])
    reply = new_sdk(token="little").statement_execution.execute_statement(
        f"SELECT count(*) FROM {schema}.column_tags", WAREHOUSE
    )
    assert reply.result.data_array == [["0"]]  # what one may not see is not there, and nobody says so


def test_a_view_that_is_replaced_keeps_the_tags_of_its_columns(workspace: Workspace, rows: Any) -> None:
    rows("CREATE VIEW main.x.v AS SELECT id, email FROM main.x.t")
    for column in ("id", "email"):
        workspace.control("POST", "tags", {"full_name": "main.x.v", "column": column, "tags": {"a": column}})
    rows("CREATE OR REPLACE VIEW main.x.v AS SELECT email FROM main.x.t")
    assert rows("SELECT column_name FROM system.information_schema.column_tags") == [["email"]]
