"""Statements on a warehouse: the official SDK against the workspace, executed by Spark."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound, NotImplemented
from databricks.sdk.service import sql
from databricks.sdk.service.sql import Disposition, StatementParameterListItem, StatementState

from helpers import ADMIN, grant, raw, token_recipient, update
from workspace.client import Workspace

WAREHOUSE = "0123456789abcdef"
PATH = "/api/2.0/sql/statements"
KEYS = {"data_array", "external_links"}
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def execute(sdk: WorkspaceClient) -> Callable[..., sql.StatementResponse]:
    """Run a statement to its end, as SUCCEEDED unless said otherwise."""

    def run(
        statement: str, parameters: list[tuple[str, Any, str]] = (), *, state: str = "SUCCEEDED", **more: Any
    ) -> sql.StatementResponse:
        items = [StatementParameterListItem(name, type=kind, value=value) for name, value, kind in parameters]
        reply = sdk.statement_execution.execute_statement(
            statement, WAREHOUSE, parameters=items or None, wait_timeout="0s", **more
        )
        while reply.status.state in (StatementState.PENDING, StatementState.RUNNING):
            time.sleep(0.05)
            reply = sdk.statement_execution.get_statement(reply.statement_id)
        assert reply.status.state.value == state, reply.status
        return reply

    return run


def rows_of(sdk: WorkspaceClient, reply: sql.StatementResponse) -> list[list[str | None]]:
    """All rows of an INLINE result."""
    rows: list[list[str | None]] = []
    result = reply.result
    while result is not None:
        rows += result.data_array or []
        if result.next_chunk_index is None:
            break
        result = sdk.statement_execution.get_statement_result_chunk_n(reply.statement_id, result.next_chunk_index)
    return rows


def fetch(link: sql.ExternalLink, **changed: str | None) -> tuple[int, str]:
    """What a cloud store answers to a link."""
    request = urllib.request.Request(link.external_link)
    for name, value in {**(link.http_headers or {}), **changed}.items():
        if value is not None:
            request.add_header(name, value)
    try:
        with DIRECT.open(request, timeout=10) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def linked_rows(sdk: WorkspaceClient, reply: sql.StatementResponse) -> Iterator[list[str | None]]:
    """All rows of an EXTERNAL_LINKS result."""
    result = reply.result
    while result is not None and result.external_links:
        (link,) = result.external_links
        status, text = fetch(link)
        assert status == 200
        assert len(text.encode()) == link.byte_count
        chunk = json.loads(text)
        assert len(chunk) == link.row_count
        yield from chunk
        if link.next_chunk_index is None:
            return
        result = sdk.statement_execution.get_statement_result_chunk_n(reply.statement_id, link.next_chunk_index)


# -- values and types


def test_every_value_is_a_text(sdk: WorkspaceClient, execute: Any) -> None:
    reply = execute(
        """SELECT 1Y a, 2S b, 3 c, 9223372036854775807L d, 1.5F e, 1e100D f, 12.30BD g, true h, 'tëxt' i, date'2026-01-02' j,
           timestamp'2026-01-02T03:04:05.678Z' k, timestamp_ntz'2026-01-02 03:04:05' l, NULL m, array(1, NULL) n,
           map('k', 1) o, named_struct('x', 1) p, interval '1' day q, X'00ff' r, double('NaN') s, CAST(0 AS DECIMAL(38, 10)) t"""
    )
    assert rows_of(sdk, reply) == [
        ["1", "2", "3", "9223372036854775807", "1.5", "1.0E100", "12.30", "true", "tëxt", "2026-01-02"]
        + ["2026-01-02T08:49:05.678+05:45", "2026-01-02T03:04:05.000", None, "[1,null]", '{"k":1}', '{"x":1}']
        + ["INTERVAL '1' DAY", "AP8=", "NaN", "0.0000000000"]
    ]
    columns = reply.manifest.schema.columns
    assert [column.name for column in columns] == list("abcdefghijklmnopqrst")
    assert [column.position for column in columns] == list(range(20))
    assert [column.type_text for column in columns][:12] == (
        ["TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL(4,2)", "BOOLEAN", "STRING", "DATE"]
        + ["TIMESTAMP", "TIMESTAMP_NTZ"]
    )
    assert columns[3].type_name is sql.ColumnInfoTypeName.LONG
    assert (columns[6].type_precision, columns[6].type_scale) == (4, 2)


def test_typed_parameters(sdk: WorkspaceClient, execute: Any) -> None:
    reply = execute(
        """SELECT typeof(:a) || ' ' || :a, typeof(:b) || ' ' || :b, typeof(:c), :c, :d, :e = '1', :f, unix_micros(:g), :h,
           :i, ':a is no marker', `col:a` FROM (SELECT 1 AS `col:a`)""",
        [
            ("a", "-9223372036854775808", "BIGINT"),
            ("b", "1.5", "DECIMAL(10,2)"),
            ("c", "it's; \\ \"quoted\"\n-- `x` ü \U0001f600", "STRING"),
            ("d", "2026-01-02", "DATE"),
            ("e", " 1 ", "INT"),
            ("f", "TRUE", "BOOLEAN"),
            ("g", "2026-01-02T03:04:05.678901Z", "TIMESTAMP"),
            ("h", None, "DATE"),
            ("i", "1e3", "DOUBLE"),
        ],
    )
    assert rows_of(sdk, reply) == [
        ["bigint -9223372036854775808", "decimal(10,2) 1.50", "string", "it's; \\ \"quoted\"\n-- `x` ü \U0001f600"]
        + ["2026-01-02", "true", "true", "1767323045678901", None, "1000.0", ":a is no marker", "1"]
    ]


def test_parameters_are_never_text(sdk: WorkspaceClient, execute: Any) -> None:
    reply = execute("SELECT count(*) FROM range(5) WHERE id = :v", [("v", "3", "BIGINT")])
    assert rows_of(sdk, reply) == [["1"]]
    reply = execute("SELECT :v", [("v", "1 OR 1=1", "BIGINT")], state="FAILED")
    assert reply.status.sql_state == "22018"


def test_a_missing_parameter_fails_an_unused_one_is_refused(workspace: Workspace, execute: Any) -> None:
    assert execute("SELECT :nobody", state="FAILED").status.sql_state == "42P02"
    with pytest.raises(BadRequest, match="not in the statement: v"):
        execute("SELECT ':v' -- :v", [("v", "1", "INT")])
    assert workspace.violations() == ["unused_parameter"]
    workspace.control("DELETE", "violations")


def test_sessions_have_a_time_zone_of_their_own(sdk: WorkspaceClient, workspace: Workspace, execute: Any) -> None:
    text = "SELECT current_timezone(), timestamp'2026-07-01T00:00:00Z'"
    assert rows_of(sdk, execute(text)) == [["Asia/Kathmandu", "2026-07-01T05:45:00.000+05:45"]]
    workspace.settings(warehouse_time_zone="America/New_York")
    assert rows_of(sdk, execute(text)) == [["America/New_York", "2026-06-30T20:00:00.000-04:00"]]


# -- dispositions and chunks


def test_inline_chunks(sdk: WorkspaceClient, workspace: Workspace, execute: Any) -> None:
    workspace.settings(rows_per_chunk=100)
    reply = execute("SELECT id, 'x' || id FROM range(250) ORDER BY id")
    assert rows_of(sdk, reply) == [[str(i), f"x{i}"] for i in range(250)]
    assert (reply.manifest.total_row_count, reply.manifest.total_chunk_count) == (250, 3)
    assert [chunk.row_offset for chunk in reply.manifest.chunks] == [0, 100, 200]
    assert [chunk.row_count for chunk in reply.manifest.chunks] == [100, 100, 50]
    link = raw(workspace, "GET", reply.result.next_chunk_internal_link)
    assert len(json.loads(link.text)["data_array"]) == 100
    with pytest.raises(BadRequest, match="out of range"):
        sdk.statement_execution.get_statement_result_chunk_n(reply.statement_id, 3)


def test_external_links(sdk: WorkspaceClient, workspace: Workspace, execute: Any) -> None:
    workspace.settings(rows_per_chunk=100)
    reply = execute("SELECT id, 'ü' || id FROM range(250) ORDER BY id", disposition=Disposition.EXTERNAL_LINKS)
    assert list(linked_rows(sdk, reply)) == [[str(i), f"ü{i}"] for i in range(250)]
    assert reply.result.data_array is None
    assert reply.manifest.total_byte_count == sum(chunk.byte_count for chunk in reply.manifest.chunks)
    served = [entry for entry in workspace.log() if entry.get("storage")]
    assert len(served) == 3
    assert not any("Signature" in entry["path"] for entry in workspace.log())


@pytest.mark.parametrize("disposition", list(Disposition))
def test_no_rows_in_both_forms(
    sdk: WorkspaceClient, workspace: Workspace, execute: Any, disposition: Disposition
) -> None:
    shapes = set()
    for _ in range(4):
        reply = execute("SELECT 1 AS a WHERE false", disposition=disposition)
        assert reply.manifest.total_row_count == 0
        assert reply.manifest.schema.column_count == 1
        assert rows_of(sdk, reply) == []
        value = json.loads(raw(workspace, "GET", f"{PATH}/{reply.statement_id}").text)
        shapes.add(("chunks" in value["manifest"], "result" in value, bool(set(value.get("result", {})) & KEYS)))
    assert shapes == {(True, True, True), (False, True, False), (False, False, False)}


def test_limits_are_flagged(sdk: WorkspaceClient, execute: Any) -> None:
    text = "SELECT id FROM range(100) ORDER BY id"
    reply = execute(text, row_limit=10)
    assert reply.manifest.truncated and len(rows_of(sdk, reply)) == 10
    assert not execute(text, row_limit=100).manifest.truncated
    reply = execute(text, byte_limit=50)
    assert reply.manifest.truncated and 0 < len(rows_of(sdk, reply)) < 10


def test_inline_has_a_limit(sdk: WorkspaceClient, workspace: Workspace, execute: Any) -> None:
    workspace.settings(inline_limit_bytes=1000)
    reply = execute("SELECT id FROM range(1000)", state="FAILED")
    assert "Inline byte limit exceeded" in reply.status.error.message
    reply = execute("SELECT id FROM range(1000)", disposition=Disposition.EXTERNAL_LINKS)
    assert len(list(linked_rows(sdk, reply))) == 1000


# -- links


def test_links_expire_and_can_be_had_again(sdk: WorkspaceClient, workspace: Workspace, execute: Any) -> None:
    workspace.settings(link_ttl_s=0.2)
    reply = execute("SELECT 1", disposition=Disposition.EXTERNAL_LINKS)
    time.sleep(0.4)
    status, text = fetch(reply.result.external_links[0])
    assert (status, "Request has expired" in text, text.startswith("<?xml")) == (403, True, True)
    workspace.settings(link_ttl_s=60)
    fresh = sdk.statement_execution.get_statement_result_chunk_n(reply.statement_id, 0).external_links[0]
    assert fresh.external_link != reply.result.external_links[0].external_link
    assert fetch(fresh) == (200, '[["1"]]')
    assert fetch(fresh) == (200, '[["1"]]')


def test_a_link_needs_its_headers_and_its_signature(workspace: Workspace, execute: Any) -> None:
    (link,) = execute("SELECT 1", disposition=Disposition.EXTERNAL_LINKS).result.external_links
    assert link.http_headers
    for name in link.http_headers:
        assert fetch(link, **{name: None})[0] == 403
        assert fetch(link, **{name: "other"})[0] == 403
    link.external_link = link.external_link[:-1] + ("0" if link.external_link[-1] != "0" else "1")
    assert "SignatureDoesNotMatch" in fetch(link)[1]


@pytest.mark.violations("authorization_on_link", "identity_on_link")
def test_a_link_takes_no_credentials(workspace: Workspace, execute: Any) -> None:
    (link,) = execute("SELECT 1", disposition=Disposition.EXTERNAL_LINKS).result.external_links
    assert fetch(link, Authorization=f"Bearer {workspace.token}")[0] == 400
    assert fetch(link, Cookie="a=b")[0] == 200
    assert fetch(link, **{"X-Databricks-Workspace-Id": "1"})[0] == 200
    assert link.external_link.rpartition("=")[2] not in json.dumps(workspace.control("GET", "violations"))


def test_faults_work_on_links(workspace: Workspace, execute: Any) -> None:
    (link,) = execute("SELECT * FROM range(100)", disposition=Disposition.EXTERNAL_LINKS).result.external_links
    workspace.fault("status", "GET", "/results-bucket/", status=503)
    assert fetch(link)[0] == 503
    workspace.fault("truncate", "GET", "/results-bucket/")
    with pytest.raises(Exception, match="IncompleteRead"):
        fetch(link)
    workspace.fault("close", "GET", "/results-bucket/")
    with pytest.raises(Exception, match="closed connection"):
        fetch(link)
    workspace.fault("drip", "GET", "/results-bucket/", bytes=100, ms=1)
    assert len(json.loads(fetch(link)[1])) == 100


# -- failures


@pytest.mark.parametrize(
    ("text", "sql_state", "words"),
    [
        ("SELEC 1", "42601", "PARSE_SYNTAX_ERROR"),
        ("SELECT nope FROM range(1)", "42703", "UNRESOLVED_COLUMN"),
        ("SELECT 1/0", "22012", "DIVIDE_BY_ZERO"),
        ("SELECT CAST(id || 'x' AS INT) FROM range(3)", "22018", "CAST_INVALID_INPUT"),
        ("SELECT * FROM x.nope", "42P01", "TABLE_OR_VIEW_NOT_FOUND"),
        ("SELECT * FROM system.nope.nope", "42P01", "`system`.`nope`.`nope`"),
    ],
)
def test_a_failed_statement_is_no_http_error(execute: Any, text: str, sql_state: str, words: str) -> None:
    reply = execute(text, state="FAILED")
    assert reply.status.sql_state == sql_state
    assert reply.status.error.error_code is sql.ServiceErrorCode.BAD_REQUEST
    assert words in reply.status.error.message
    assert "\tat " not in reply.status.error.message
    assert reply.result is None and reply.manifest is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"wait_timeout": "3s"}, "neither 0s"),
        ({"wait_timeout": "51s"}, "neither 0s"),
        ({"wait_timeout": "5"}, "neither 0s"),
        ({"format": "CSV"}, "needs the disposition"),
        ({"row_limit": 0}, "positive"),
        ({"row_limit": "1"}, "64-bit integer"),
        ({"statement": ""}, "empty"),
        ({"parameters": [{"name": "a", "value": "1", "type": "ARRAY<INT>"}]}, "not a scalar type"),
        ({"parameters": [{"name": ":a", "value": "1"}]}, "name of a parameter"),
        ({"warehouse_id": "nope"}, "not a valid endpoint id"),
    ],
)
def test_bad_requests(workspace: Workspace, change: dict[str, Any], words: str) -> None:
    answer = raw(workspace, "POST", PATH, {"statement": "SELECT 1", "warehouse_id": WAREHOUSE, **change})
    assert (answer.status, answer.code) == (400, "INVALID_PARAMETER_VALUE")
    assert words in answer.message


@pytest.mark.violations("unknown_field", "parameter_not_text")
def test_strict_about_fields(workspace: Workspace) -> None:
    base = {"statement": "SELECT :a", "warehouse_id": WAREHOUSE}
    assert raw(workspace, "POST", PATH, {**base, "timeout": 3}).status == 400
    assert raw(workspace, "POST", PATH, {**base, "parameters": [{"name": "a", "value": 1}]}).status == 400
    assert raw(workspace, "POST", PATH, {"statement": "SELECT 1"}).status == 400


def test_formats_that_are_not_there(execute: Any) -> None:
    with pytest.raises(NotImplemented, match="ARROW_STREAM"):
        execute("SELECT 1", disposition=Disposition.EXTERNAL_LINKS, format=sql.Format.ARROW_STREAM)


# -- time: states, cancel, expiry


def test_a_statement_that_is_polled(sdk: WorkspaceClient, workspace: Workspace) -> None:
    workspace.settings(statement_pending_s=0.2, statement_running_s=0.2)
    reply = sdk.statement_execution.execute_statement("SELECT 1", WAREHOUSE, wait_timeout="0s")
    seen = [reply.status.state.value]
    while seen[-1] in ("PENDING", "RUNNING"):
        time.sleep(0.02)
        reply = sdk.statement_execution.get_statement(reply.statement_id)
        seen += [reply.status.state.value] if reply.status.state.value != seen[-1] else []
    assert seen == ["PENDING", "RUNNING", "SUCCEEDED"]
    (entry,) = workspace.control("GET", "statements")["statements"]
    assert (entry["statement"], entry["polls"] > 3, entry["cancel_asked"]) == ("SELECT 1", True, False)


SLOW = "SELECT count(*) FROM range(100000000000) WHERE hash(id) = 17"


def test_cancel_stops_spark(sdk: WorkspaceClient, workspace: Workspace, execute: Any) -> None:
    execute("SELECT 1")  # Spark is there
    reply = sdk.statement_execution.execute_statement(SLOW, WAREHOUSE, wait_timeout="0s")
    time.sleep(0.5)
    execute("SELECT count(*) FROM range(10)")  # another has room meanwhile
    sdk.statement_execution.cancel_execution(reply.statement_id)
    began = time.monotonic()
    while (state := sdk.statement_execution.get_statement(reply.statement_id).status.state) == StatementState.RUNNING:
        assert time.monotonic() - began < 5
        time.sleep(0.02)
    assert state is StatementState.CANCELED
    sdk.statement_execution.cancel_execution(reply.statement_id)  # again: no error
    asked = [entry["cancel_asked"] for entry in workspace.control("GET", "statements")["statements"]]
    assert asked == [False, True, False]
    for _ in range(2):  # as many again as there is room for
        slow = sdk.statement_execution.execute_statement(SLOW, WAREHOUSE, wait_timeout="0s")
        sdk.statement_execution.cancel_execution(slow.statement_id)
    execute("SELECT count(*) FROM range(10)")


def test_cancel_while_pending_and_cancel_that_is_ignored(sdk: WorkspaceClient, workspace: Workspace) -> None:
    workspace.settings(statement_pending_s=30)
    reply = sdk.statement_execution.execute_statement("SELECT 1", WAREHOUSE, wait_timeout="0s")
    sdk.statement_execution.cancel_execution(reply.statement_id)
    time.sleep(0.1)
    assert sdk.statement_execution.get_statement(reply.statement_id).status.state is StatementState.CANCELED
    workspace.settings(statement_pending_s=0.3, cancel_ignored=True)
    reply = sdk.statement_execution.execute_statement("SELECT 1", WAREHOUSE, wait_timeout="0s")
    sdk.statement_execution.cancel_execution(reply.statement_id)
    time.sleep(0.1)
    assert sdk.statement_execution.get_statement(reply.statement_id).status.state is StatementState.PENDING


def test_on_wait_timeout_cancel(sdk: WorkspaceClient, workspace: Workspace) -> None:
    workspace.settings(statement_pending_s=30)
    body = {"statement": "SELECT 1", "warehouse_id": WAREHOUSE, "wait_timeout": "5s", "on_wait_timeout": "CANCEL"}
    answer = raw(workspace, "POST", PATH, body)
    assert json.loads(answer.text)["status"]["state"] == "CANCELED"


def test_results_and_records_expire(sdk: WorkspaceClient, workspace: Workspace, execute: Any) -> None:
    reply = execute("SELECT 1")
    workspace.control("POST", "clock", {"advance_seconds": 3601})
    assert sdk.statement_execution.get_statement(reply.statement_id).status.state is StatementState.CLOSED
    with pytest.raises(NotFound):
        sdk.statement_execution.get_statement_result_chunk_n(reply.statement_id, 0)
    workspace.control("POST", "clock", {"advance_seconds": 12 * 3600})
    with pytest.raises(NotFound):
        sdk.statement_execution.get_statement(reply.statement_id)


def test_many_at_once(sdk: WorkspaceClient) -> None:
    ids = [
        sdk.statement_execution.execute_statement(f"SELECT {i} + count(*) FROM range(10)", WAREHOUSE, wait_timeout="0s")
        for i in range(6)
    ]
    for i, started in enumerate(ids):
        reply = started
        while reply.status.state in (StatementState.PENDING, StatementState.RUNNING):
            time.sleep(0.05)
            reply = sdk.statement_execution.get_statement(started.statement_id)
        assert rows_of(sdk, reply) == [[str(i + 10)]]


# -- warehouses


def test_warehouses(sdk: WorkspaceClient, workspace: Workspace) -> None:
    assert {entry.id: entry.state.value for entry in sdk.warehouses.list()} == {
        WAREHOUSE: "RUNNING",
        "fedcba9876543210": "RUNNING",
    }
    workspace.control("POST", "warehouses", {"state": "STOPPED", "start_s": 0.2})
    assert sdk.warehouses.get(WAREHOUSE).state is sql.State.STOPPED
    sdk.warehouses.start(WAREHOUSE)
    assert sdk.warehouses.get(WAREHOUSE).state is sql.State.STARTING
    time.sleep(0.4)
    assert sdk.warehouses.get(WAREHOUSE).state is sql.State.RUNNING
    with pytest.raises(NotFound):
        sdk.warehouses.get("aaaaaaaaaaaaaaaa")
    with pytest.raises(BadRequest):
        sdk.warehouses.get("nope")


def test_a_stopped_warehouse_starts(sdk: WorkspaceClient, workspace: Workspace) -> None:
    workspace.control("POST", "warehouses", {"state": "STOPPED", "start_s": 0.3})
    reply = sdk.statement_execution.execute_statement("SELECT 1", WAREHOUSE, wait_timeout="0s")
    assert reply.status.state is StatementState.PENDING
    assert sdk.warehouses.get(WAREHOUSE).state is sql.State.STARTING
    time.sleep(0.1)
    assert sdk.statement_execution.get_statement(reply.statement_id).status.state is StatementState.PENDING
    workspace.control("POST", "warehouses", {"state": "DELETED"})
    with pytest.raises(NotFound):
        sdk.statement_execution.execute_statement("SELECT 1", WAREHOUSE)


# -- what the statements are about


def test_information_schema(sdk: WorkspaceClient, workspace: Workspace, execute: Any) -> None:
    sdk.shares.create("Sales", comment="it's")
    sdk.shares.create("empty")
    workspace.control("POST", "tables", [{"full_name": "main.x.t"}])
    sdk.shares.update(
        "sales", updates=[update("ADD", "main.x.t", shared_as="a.b", history_data_sharing_status="ENABLED")]
    )
    token_recipient(sdk, "acme", ip_access_list=None)
    grant(sdk, "sales", "acme", add=["SELECT"])
    schema = "system.information_schema"

    def rows(text: str) -> list[list[str | None]]:
        return rows_of(sdk, execute(text))

    assert rows(f"SELECT share_name, share_owner, comment FROM {schema}.shares ORDER BY 1") == [
        ["empty", ADMIN, None],
        ["sales", ADMIN, "it's"],
    ]
    assert rows(f"SELECT recipient_name, authentication_type FROM `system`.`information_schema`.`recipients` r") == [
        ["acme", "TOKEN"]
    ]
    assert rows(f"SELECT * FROM System.Information_Schema.share_recipient_privileges") == [
        [ADMIN, "acme", "sales", "SELECT", "NONE"]
    ]
    assert rows(f"SELECT * FROM {schema}.table_share_usage") == [["main", "x", "t", "sales", "a", "b", "false"]]
    ((count, url),) = rows(f"SELECT count(*), max(activation_url) FROM {schema}.recipient_tokens")
    assert count == "1" and url.startswith("http")
    assert rows(f"SELECT count(*) FROM {schema}.recipient_allowed_ip_ranges") == [["0"]]
    assert rows(f"SELECT count(*) FROM {schema}.schema_share_usage") == [["0"]]
    created = sdk.shares.get("sales").created_at
    assert rows(f"SELECT unix_millis(created) FROM {schema}.shares WHERE share_name = 'sales'") == [[str(created)]]


ROW = {
    "event_time": "2026-01-02T03:04:05.678901Z",
    "service_name": "unityCatalog",
    "action_name": "deltaSharingQueriedTable",
    "request_params": {"recipient_name": "acme", "nothing": None},
    "response": {"status_code": 200, "result": '{"numRecords": "12"}'},
    "event_id": "e1",
}


def test_audit_rows(sdk: WorkspaceClient, workspace: Workspace, execute: Any) -> None:
    assert rows_of(sdk, execute("SELECT count(*) FROM system.access.audit")) == [["0"]]
    workspace.control("POST", "audit", [ROW, {"event_time": 0}])
    reply = execute(
        """SELECT unix_micros(event_time), event_date, request_params['recipient_name'],
                  request_params['nothing'] IS NULL, size(request_params), get_json_object(response.result, '$.numRecords'),
                  response.status_code, user_identity IS NULL
           FROM system.access.audit AS a WHERE event_date >= :d ORDER BY event_time DESC""",
        [("d", "1970-01-01", "DATE")],
    )
    assert rows_of(sdk, reply) == [
        ["1767323045678901", "2026-01-02", "acme", "true", "2", "12", "200", "true"],
        ["0", "1970-01-01", None, "true", None, None, None, "true"],
    ]
    types = rows_of(sdk, execute("SELECT * FROM system.access.audit LIMIT 0")), execute("DESCRIBE system.access.audit")
    described = {name: kind for name, kind, _ in rows_of(sdk, types[1])}
    assert described["event_time"] == "timestamp" and described["event_date"] == "date"
    assert described["request_params"] == "map<string,string>"
    workspace.control("DELETE", "audit")
    assert rows_of(sdk, execute("SELECT count(*) FROM system.access.audit")) == [["0"]]


def test_generated_audit_rows_are_what_spark_sees(sdk: WorkspaceClient, workspace: Workspace, execute: Any) -> None:
    workspace.settings(rows_per_chunk=10_000)
    assert workspace.control("POST", "audit/generate", {"seed": 7, "count": 2000, "odd": True}) == {"count": 2000}
    raw_rows = workspace.control("GET", "audit")["rows"]
    reply = execute(
        """SELECT unix_micros(event_time), event_date, event_id, action_name, user_agent, request_params['recipient_name'],
                  to_json(array_sort(map_keys(request_params))), response.result, response.error_message, response.status_code
           FROM system.access.audit""",
        disposition=Disposition.EXTERNAL_LINKS,
    )

    def key(row: list[Any]) -> str:
        return json.dumps(row)

    expected = [
        [
            str(row["event_time"]),
            row["event_date"],
            row["event_id"],
            row["action_name"],
            row["user_agent"],
            (row["request_params"] or {}).get("recipient_name"),
            None
            if row["request_params"] is None
            else json.dumps(sorted(row["request_params"]), ensure_ascii=False, separators=(",", ":")),
            (row["response"] or {}).get("result"),
            (row["response"] or {}).get("error_message"),
            None if (row["response"] or {}).get("status_code") is None else str(row["response"]["status_code"]),
        ]
        for row in raw_rows
    ]
    assert sorted(linked_rows(sdk, reply), key=key) == sorted(expected, key=key)


def test_the_audit_log_can_be_closed(workspace: Workspace, execute: Any) -> None:
    workspace.settings(system_access_enabled=False)
    reply = execute("SELECT * FROM system.access.audit", state="FAILED")
    assert reply.status.sql_state == "42P01" and "`system`.`access`.`audit`" in reply.status.error.message
    workspace.settings(system_access_enabled=True, system_access_granted=False)
    reply = execute("SELECT * FROM system.access.audit", state="FAILED")
    assert reply.status.sql_state == "42501" and "INSUFFICIENT_PERMISSIONS" in reply.status.error.message


def test_only_the_known_may_execute(new_sdk: Any) -> None:
    with pytest.raises(Exception, match="Invalid access token"):
        new_sdk(token="nobody").statement_execution.execute_statement("SELECT 1", WAREHOUSE)

