"""/sql/statements: execute, poll, chunks and cancel."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from .errors import ApiError, invalid
from .results import inline_data, manifest_of
from .routing import Call, route
from .sql_text import parameter_markers
from .statements import LIVE, Statement
from .storage import external_link
from .validate import Check, filled_text, int64, list_of, one_of, query_int, record, text

_PATH = "/api/2.0/sql/statements"
MAX_STATEMENT = 16 * 1024 * 1024
_TYPE = re.compile(
    r"(BIGINT|LONG|INT|INTEGER|SMALLINT|SHORT|TINYINT|BYTE|FLOAT|REAL|DOUBLE|BOOLEAN|STRING|DATE"
    r"|TIMESTAMP|TIMESTAMP_NTZ|BINARY|VOID|(DECIMAL|DEC|NUMERIC)(\(\s*\d{1,2}\s*(,\s*\d{1,2}\s*)?\))?|(VARCHAR|CHAR)\(\s*\d+\s*\)"
    r"|INTERVAL (YEAR|MONTH|DAY|HOUR|MINUTE|SECOND)( TO (MONTH|HOUR|MINUTE|SECOND))?)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z_]\w*")


def _statement_text(value: Any, where: str) -> None:
    filled_text(value, where)
    if len(value.encode()) > MAX_STATEMENT:
        raise invalid(f"{where}: longer than {MAX_STATEMENT} bytes")


def _nullable_text(value: Any, where: str) -> None:
    if value is not None and not isinstance(value, str):
        raise invalid(f"{where}: a string or null is needed", "parameter_not_text")


def _parameter_name(value: Any, where: str) -> None:
    text(value, where)
    if not _NAME.fullmatch(value):
        raise invalid(f"{where}: '{value}' cannot be the name of a parameter")


def _parameter_type(value: Any, where: str) -> None:
    text(value, where)
    if not _TYPE.fullmatch(value.strip()):
        raise invalid(f"{where}: '{value}' is not a scalar type")


def _wait_timeout(value: Any, where: str) -> None:
    text(value, where)
    if not re.fullmatch(r"0s|([5-9]|[1-4]\d|50)s", value):
        raise invalid(f"{where}: '{value}' is neither 0s nor between 5s and 50s")


def _positive(value: Any, where: str) -> None:
    int64(value, where)
    if value <= 0:
        raise invalid(f"{where}: must be positive")


_EXECUTE: Check = record(
    {
        "statement": _statement_text,
        "warehouse_id": filled_text,
        "catalog": text,
        "schema": text,
        "parameters": list_of(
            record({"name": _parameter_name, "value": _nullable_text, "type": _parameter_type}, required=("name",))
        ),
        "disposition": one_of("INLINE", "EXTERNAL_LINKS"),
        "format": one_of("JSON_ARRAY", "ARROW_STREAM", "CSV"),
        "wait_timeout": _wait_timeout,
        "on_wait_timeout": one_of("CONTINUE", "CANCEL"),
        "row_limit": _positive,
        "byte_limit": _positive,
        "query_tags": list_of(record({"key": filled_text, "value": text}, required=("key",))),
    },
    required=("statement", "warehouse_id"),
)


def _check(body: dict[str, Any]) -> None:
    """What concerns more than one field."""
    if body.get("format", "JSON_ARRAY") != "JSON_ARRAY":
        if body.get("disposition", "INLINE") == "INLINE":
            raise invalid(f"format: {body['format']} needs the disposition EXTERNAL_LINKS")
        raise ApiError("NOT_IMPLEMENTED", f"format: the test workspace does not know {body['format']}", 501)
    names = [entry["name"] for entry in body.get("parameters", [])]
    if len(set(names)) != len(names):
        raise invalid("parameters: a name is given twice")
    unused = sorted(set(names) - parameter_markers(body["statement"]))
    if unused:
        raise invalid(f"parameters: not in the statement: {', '.join(unused)}", "unused_parameter")


@route("POST", _PATH, body=_EXECUTE)
async def execute_statement(call: Call) -> Any:
    """Waits for a short statement; a longer one goes on, or is cancelled."""
    body = call.body
    _check(body)
    call.world.warehouses.find(body["warehouse_id"])
    parameters = [{"value": None, "type": "STRING", **entry} for entry in body.get("parameters", [])]
    statement = call.world.statements.submit({**body, "parameters": parameters}, call.caller)
    wait_s = int(body.get("wait_timeout", "10s")[:-1])
    if wait_s and not await _ended_within(statement, wait_s) and body.get("on_wait_timeout") == "CANCEL":
        call.world.statements.cancel(statement)
        await statement.ended.wait()
    return _reply(call, statement)


route("POST", f"{_PATH}/", body=_EXECUTE)(execute_statement)  # as the official SDK has it


async def _ended_within(statement: Statement, seconds: float) -> bool:
    try:
        await asyncio.wait_for(statement.ended.wait(), seconds)
    except TimeoutError:
        return False
    return True


@route("GET", f"{_PATH}/{{id}}")
async def get_statement(call: Call) -> Any:
    """The state, and with SUCCEEDED the first chunk."""
    statement = _find(call)
    statement.polls += 1
    if statement.state in LIVE and call.world.settings.poll_wait_s:
        await _ended_within(statement, call.world.settings.poll_wait_s)
    return _reply(call, statement)


@route("GET", f"{_PATH}/{{id}}/result/chunks/{{index}}", query={"row_offset": query_int})
def get_chunk(call: Call) -> Any:
    """One chunk, or a fresh link to it: the bare result."""
    statement = _find(call)
    statement.chunks_asked += 1
    if statement.state == "CLOSED":
        raise ApiError("NOT_FOUND", f"The result of statement {statement.id} has expired.", 404)
    if statement.state != "SUCCEEDED" or statement.result is None:
        raise invalid(f"Statement {statement.id} is in state {statement.state}: there is no result.")
    chunks, index = statement.result.chunks, call.params["index"]
    if not index.isdigit() or int(index) >= len(chunks):
        raise invalid(f"chunk_index {index} is out of range: there are {len(chunks)} chunks.")
    offset = call.query.get("row_offset")
    if offset is not None and offset != chunks[int(index)].row_offset:
        raise invalid(f"row_offset: chunk {index} does not begin there")
    return _chunk(call, statement, int(index))


@route("POST", f"{_PATH}/{{id}}/cancel", body=record({}), optional_body=True)
def cancel_statement(call: Call) -> Any:
    """Only a request: the answer says nothing about the outcome."""
    call.world.statements.cancel(_find(call))


def _find(call: Call) -> Statement:
    statement = call.world.statements.by_id.get(call.params["id"])
    if statement is None or not call.world.statements.age(statement):
        raise ApiError("NOT_FOUND", f"The statement {call.params['id']} was not found.", 404)
    return statement


def _reply(call: Call, statement: Statement) -> dict[str, Any]:
    """StatementResponse."""
    state = statement.shown_states.pop(0) if statement.shown_states else statement.state
    status: dict[str, Any] = {"state": state}
    if state == "FAILED":
        if statement.error is not None:
            status["error"] = statement.error
        if statement.sql_state is not None:
            status["sql_state"] = statement.sql_state
    value: dict[str, Any] = {"statement_id": statement.id, "status": status}
    result = statement.result
    if state != "SUCCEEDED" or result is None:
        return value
    if not result.chunks and result.empty_form is None:
        empty_lists = call.world.flip("empty lists")
        result.empty_form = empty_lists, not empty_lists and call.world.flip("empty result")
    empty_lists, empty_result = result.empty_form or (True, True)
    value["manifest"] = manifest_of(result, statement.external, empty_lists)
    if result.chunks:
        value["result"] = _chunk(call, statement, 0)
    elif empty_lists:
        value["result"] = {"external_links": []} if statement.external else {"data_array": []}
    elif empty_result:
        value["result"] = {}
    return {key: part for key, part in value.items() if key not in result.without_parts}


def _chunk(call: Call, statement: Statement, index: int) -> dict[str, Any]:
    """ResultData."""
    assert statement.result is not None
    if not statement.external:
        return inline_data(statement.result, index, statement.id)
    statement.links_given += 1
    return {"external_links": [external_link(call.world, statement, index)]}
