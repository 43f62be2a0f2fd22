"""Results that a test prescribes, the engine that workspaces share, and the generator of audit rows."""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.sql import Disposition, StatementResponse, StatementState

from helpers import raw
from test_statements import DIRECT, WAREHOUSE, fetch, linked_rows, rows_of
from workspace.audit import COLUMNS
from workspace.audit_rows import DEFAULT_NOW, DAY_US, generate, micros
from workspace.client import Workspace, running, running_engine


@pytest.fixture
def canned(sdk: WorkspaceClient, workspace: Workspace) -> Callable[..., StatementResponse]:
    """Prescribe a result and ask for it."""

    def ask(disposition: Disposition = Disposition.INLINE, **order: Any) -> StatementResponse:
        workspace.control("POST", "statements/canned", {"match": "^CANNED$", "count": 1, **order})
        return sdk.statement_execution.execute_statement("CANNED", WAREHOUSE, disposition=disposition)

    return ask


COLUMN = [{"name": "a"}]


def test_rows(sdk: WorkspaceClient, canned: Any) -> None:
    reply = canned(columns=[{"name": "a", "type_name": "LONG"}], rows=[["1"], [None]])
    assert rows_of(sdk, reply) == [["1"], [None]]
    assert reply.manifest.schema.columns[0].type_name.value == "LONG"
    assert reply.manifest.total_row_count == 2


def test_chunks_that_differ_from_their_manifest(sdk: WorkspaceClient, canned: Any) -> None:
    chunks = [{"rows": [["1"], ["2"]], "row_count": 3}, [["4"]]]
    reply = canned(columns=COLUMN, chunks=chunks, manifest={"total_row_count": 7, "chunks.1.row_count": 2})
    assert rows_of(sdk, reply) == [["1"], ["2"], ["4"]]
    assert reply.manifest.total_row_count == 7
    assert [(chunk.row_offset, chunk.row_count) for chunk in reply.manifest.chunks] == [(0, 3), (3, 2)]


def test_what_is_missing(canned: Any) -> None:
    reply = canned(columns=COLUMN, rows=[["1"]], without=["total_row_count", "chunks"], truncated=True)
    assert (reply.manifest.total_row_count, reply.manifest.truncated) == (None, True)
    assert not reply.manifest.chunks
    reply = canned(columns=COLUMN, rows=[["1"]], without_parts=["manifest"])
    assert reply.manifest is None and reply.result.data_array == [["1"]]
    reply = canned(columns=COLUMN, rows=[["1"]], without_parts=["result"])
    assert reply.result is None and reply.manifest.total_row_count == 1


def test_an_error_after_a_while(canned: Any) -> None:
    began = time.monotonic()
    error = {"error_code": "RESOURCE_EXHAUSTED", "message": "REQUEST_LIMIT_EXCEEDED: too many"}
    reply = canned(error=error, sql_state="53400", seconds=0.3)
    assert time.monotonic() - began > 0.3
    assert reply.status.state is StatementState.FAILED
    assert (reply.status.error.as_dict(), reply.status.sql_state) == (error, "53400")


def test_states_that_are_not_so(sdk: WorkspaceClient, workspace: Workspace) -> None:
    order = {"match": "^X$", "columns": COLUMN, "rows": [["1"]], "states": ["PENDING", "RUNNING", "PENDING"]}
    workspace.control("POST", "statements/canned", order)
    reply = sdk.statement_execution.execute_statement("X", WAREHOUSE)
    seen = [reply.status.state.value]
    for _ in range(3):
        seen.append(sdk.statement_execution.get_statement(reply.statement_id).status.state.value)
    assert seen == ["PENDING", "RUNNING", "PENDING", "SUCCEEDED"]
    workspace.control("POST", "statements/canned", {"match": "^Y$", "state": "RESTING"})
    answer = raw(workspace, "POST", "/api/2.0/sql/statements", {"statement": "Y", "warehouse_id": WAREHOUSE})
    assert json.loads(answer.text)["status"]["state"] == "RESTING"


RAW = ' [\n[ "1" , null ] ,["\\u00e9\\n", "ü"],\t[2, true] ] \n'


def test_raw_bodies(sdk: WorkspaceClient, workspace: Workspace, canned: Any) -> None:
    order = {"columns": [{"name": "a"}, {"name": "b"}], "chunks": [{"raw": RAW, "row_count": 3}]}
    expected = [["1", None], ["é\n", "ü"], [2, True]]
    reply = canned(Disposition.EXTERNAL_LINKS, **order)
    assert fetch(reply.result.external_links[0]) == (200, RAW)
    assert list(linked_rows(sdk, reply)) == expected
    workspace.control("POST", "statements/canned", order)
    body = {"statement": "X", "warehouse_id": WAREHOUSE}
    text = raw(workspace, "POST", "/api/2.0/sql/statements", body).text
    assert RAW in text and json.loads(text)["result"]["data_array"] == expected
    workspace.control("DELETE", "statements/canned")
    workspace.control("POST", "statements/canned", {**order, "chunks": [{"raw": '[["1', "row_count": 3}]})
    text = raw(workspace, "POST", "/api/2.0/sql/statements", body).text
    assert '"data_array": [["1' in text
    with pytest.raises(ValueError):
        json.loads(text)


def test_a_big_file_and_who_leaves_early(
    sdk: WorkspaceClient, workspace: Workspace, canned: Any, tmp_path: Path
) -> None:
    path, row = tmp_path / "chunk", '["' + "x" * 1000 + '"]'
    path.write_text("[" + ",".join([row] * 20_000) + "]")
    chunks = [{"file": str(path), "row_count": 20_000}] * 2
    reply = canned(Disposition.EXTERNAL_LINKS, columns=COLUMN, chunks=chunks)
    assert sum(1 for _ in linked_rows(sdk, reply)) == 40_000
    assert reply.manifest.total_byte_count == 2 * path.stat().st_size
    assert len([entry for entry in workspace.log() if entry.get("storage")]) == 2
    link = reply.result.external_links[0]
    parts = urllib.parse.urlsplit(link.external_link)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    for _ in range(3):  # each time once, and the connection stays
        connection.request("GET", f"{parts.path}?{parts.query}", headers=link.http_headers)
        answer = connection.getresponse()
        assert (answer.status, len(answer.read())) == (200, path.stat().st_size)
    connection.close()
    assert len({entry["connection"] for entry in workspace.log()[-3:]}) == 1
    with DIRECT.open(urllib.request.Request(link.external_link, headers=link.http_headers)) as answer:
        answer.read(10)
    deadline = time.monotonic() + 5
    while not [entry for entry in workspace.log() if entry.get("storage") and entry["gone"]]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    workspace.fault("truncate", "GET", "/results-bucket/", bytes=1000)
    with pytest.raises(Exception, match="IncompleteRead"):
        fetch(reply.result.external_links[0])


def test_a_refused_order(workspace: Workspace) -> None:
    with pytest.raises(Exception, match="unknown field"):
        workspace.control("POST", "statements/canned", {"colums": []})
    with pytest.raises(Exception, match="no such file"):
        workspace.control("POST", "statements/canned", {"chunks": [{"file": "/nowhere"}]})


# -- an engine for several


def test_workspaces_share_an_engine() -> None:
    """Each sees its own rows; Spark ends with the engine."""
    before = _descendants()
    with running_engine() as url, running("--engine", url) as one, running("--engine", url) as other:
        one.control("POST", "audit/generate", {"count": 5})
        other.control("POST", "audit/generate", {"count": 7})
        for workspace, count in ((one, "5"), (other, "7"), (one, "5")):
            text = "SELECT count(*) FROM system.access.audit"
            body = {"statement": text, "warehouse_id": WAREHOUSE, "wait_timeout": "0s"}
            answer = json.loads(raw(workspace, "POST", "/api/2.0/sql/statements", body).text)
            while answer["status"]["state"] in ("PENDING", "RUNNING"):
                time.sleep(0.1)
                path = f"/api/2.0/sql/statements/{answer['statement_id']}"
                answer = json.loads(raw(workspace, "GET", path).text)
            assert answer["result"]["data_array"] == [[count]]
        started = _descendants() - before
        assert 4 <= len(started) < 8  # two workspaces, one engine, one JVM, and what that runs for a moment
    deadline = time.monotonic() + 10
    while any(_lives(pid) for pid in started):
        assert time.monotonic() < deadline, "a process is still there"
        time.sleep(0.1)


def _descendants() -> set[int]:
    """The processes that this one started, and those that they started."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, fresh = set(), {os.getpid()}
    while fresh:
        fresh = {pid for pid, parent in parents.items() if parent in fresh}
        found |= fresh
    return found


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# -- the generator


def test_rows_depend_on_the_seed_alone() -> None:
    assert generate(seed=3, count=500, odd=True) == generate(seed=3, count=500, odd=True)
    assert generate(seed=3, count=500) != generate(seed=4, count=500)


def test_rows_are_of_all_kinds() -> None:
    rows = generate(count=5000, days=10)
    assert len(rows) == 5000 and all(tuple(row) == COLUMNS for row in rows)
    end = micros(DEFAULT_NOW)
    assert all(end - 10 * DAY_US <= row["event_time"] < end + 10_000_000 for row in rows)
    actions = {row["action_name"] for row in rows}
    assert {"deltaSharingQueryTable", "deltaSharingQueriedTableChanges", "generateTemporaryTableCredential"} <= actions
    assert {"updateSharePermissions", "rotateRecipientToken", "updateMetastore", "deltaSharingStreamTable"} <= actions
    requests = {row["request_id"] for row in rows if row["action_name"] == "deltaSharingQueryTable"}
    answers = [row["request_id"] for row in rows if row["action_name"] == "deltaSharingQueriedTable"]
    paired = sum(request in requests for request in answers)
    assert 0 < paired < len(answers)
    credentials = [row for row in rows if row["action_name"].startswith("generateTemporary")]
    assert {"recipient_name" in row["request_params"] for row in credentials} == {True, False}


def test_odd_rows_are_odd() -> None:
    rows = generate(count=5000, odd=True)
    assert len({row["event_id"] for row in rows}) < 5000
    assert any(row["request_params"] is None for row in rows) and any(row["request_params"] == {} for row in rows)
    assert any(row["response"] is None for row in rows)
    times = [row["event_time"] for row in rows]
    assert times != sorted(times) and any(time % 1000 for time in times)
    text = json.dumps(rows, ensure_ascii=False)
    for part in ("back`tick", "日本語", "9223372036854775808", "100%", "DROP TABLE", "not JSON"):
        assert part in text


def test_a_row_that_spark_could_not_read_is_refused(workspace: Workspace) -> None:
    for row in (
        {"event_time": 0, "nope": 1},
        {"service_name": "x"},
        {"event_time": 0, "request_params": {"a": 1}},
        {"event_time": 0, "response": {"status_code": "200"}},
        {"event_time": 0, "event_id": 5},
    ):
        with pytest.raises(Exception, match="INVALID_PARAMETER_VALUE"):
            workspace.control("POST", "audit", row)
    assert workspace.control("GET", "audit")["count"] == 0
