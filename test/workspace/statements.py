"""Statements on a warehouse: from PENDING to their end, their results, and what became of them."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .canned import canned_result, find_canned
from .catalog_files import CatalogFiles
from .engine_client import EngineLost
from .information_schema import view_of
from .render import recipient_properties
from .results import Result, in_chunks, within_bytes
from .sql_text import creates_view, system_tables, view_name
from .views import keep_view

if TYPE_CHECKING:
    from .access import Caller
    from .state import Recipient
    from .world import World

LIVE = ("PENDING", "RUNNING")


@dataclass
class Statement:
    """One statement. `error` is {"error_code", "message"}."""

    id: str
    order: dict[str, Any]  # the request's body
    caller: Caller
    warehouse_id: str
    created_ms: int
    state: str = "PENDING"
    error: dict[str, str] | None = None
    sql_state: str | None = None
    result: Result | None = None
    finished_ms: int = 0
    cancel_asked: bool = False
    polls: int = 0
    chunks_asked: int = 0
    links_given: int = 0
    canned: bool = False
    shown_states: list[str] = field(default_factory=list)  # what the next replies say, right or wrong
    final_state: str | None = None  # instead of the right one
    task: asyncio.Task[None] | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    wake: asyncio.Event = field(default_factory=asyncio.Event)  # set by a cancel

    @property
    def external(self) -> bool:
        """Whether rows are behind links."""
        return self.order.get("disposition", "INLINE") == "EXTERNAL_LINKS"

    def end(self, state: str, now_ms: int) -> None:
        """Reach a final state; the first one stays."""
        if self.state in LIVE:
            self.state = state
            self.finished_ms = now_ms
            self.ended.set()

    def fail(self, message: str, now_ms: int, sql_state: str | None = None, code: str = "BAD_REQUEST") -> None:
        """End in FAILED."""
        if self.state in LIVE:
            self.error, self.sql_state = {"error_code": code, "message": message}, sql_state
            self.end("FAILED", now_ms)


class Statements:
    """All statements of a workspace, in order of arrival."""

    def __init__(self, world: World):
        self.world = world
        self.by_id: dict[str, Statement] = {}
        self.canned: list[dict[str, Any]] = []
        self._catalog_files = CatalogFiles()
        self._creation = asyncio.Lock()  # of two views of one name the second must fail

    def submit(self, order: dict[str, Any], caller: Caller) -> Statement:
        """Take a statement and let it run."""
        world = self.world
        statement = Statement(str(uuid.uuid4()), order, caller, order["warehouse_id"], world.state.now_ms())
        self.by_id[statement.id] = statement
        canned = find_canned(self.canned, order["statement"])
        if canned is not None:
            statement.canned, statement.shown_states = True, list(canned.get("states", []))
        statement.task = asyncio.get_running_loop().create_task(self._run(statement, canned))
        return statement

    def clear(self) -> None:
        """Forget everything; what still runs is stopped."""
        for statement in self.by_id.values():
            if statement.state in LIVE:
                statement.cancel_asked = True
                statement.wake.set()
        self.by_id.clear()
        self.canned.clear()

    def cancel(self, statement: Statement) -> None:
        """Ask for an end. It may come too late, and then changes nothing."""
        statement.cancel_asked = True
        if not self.world.settings.cancel_ignored:
            statement.wake.set()

    async def _run(self, statement: Statement, canned: dict[str, Any] | None) -> None:
        world, settings = self.world, self.world.settings
        try:
            await self._until_cancel(statement, world.warehouses.ready(statement.warehouse_id))
            await self._until_cancel(statement, asyncio.sleep(settings.statement_pending_s))
            statement.state = "RUNNING"
            started = time.monotonic()
            await self._until_cancel(statement, self._execute(statement, canned))
            left = settings.statement_running_s - (time.monotonic() - started)
            if left > 0:
                await self._until_cancel(statement, asyncio.sleep(left))
            outcome = "SUCCEEDED" if statement.error is None else "FAILED"
            statement.end(statement.final_state or outcome, world.state.now_ms())
        except _Cancelled:
            statement.result = None
            statement.end("CANCELED", world.state.now_ms())
        except EngineLost as error:
            statement.fail(str(error), world.state.now_ms(), code="INTERNAL_ERROR")
            world.violate("internal_error", "POST", "/api/2.0/sql/statements", str(error))
        except Exception as error:
            statement.fail(f"the test workspace failed: {error!r}", world.state.now_ms(), code="INTERNAL_ERROR")
            world.violate("internal_error", "POST", "/api/2.0/sql/statements", repr(error))
            raise

    async def _until_cancel(self, statement: Statement, work: Awaitable[Any]) -> None:
        """Do some work unless the statement is cancelled meanwhile."""
        task = asyncio.ensure_future(work)
        woken = asyncio.ensure_future(statement.wake.wait())
        try:
            await asyncio.wait((task, woken), return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
        if statement.wake.is_set():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise _Cancelled
        await task

    async def _execute(self, statement: Statement, canned: dict[str, Any] | None) -> None:
        if canned is not None:
            await canned_result(statement, canned)
        else:
            await self._execute_on_spark(statement)
        self._check_inline_limit(statement)

    def _check_inline_limit(self, statement: Statement) -> None:
        limit = self.world.settings.inline_limit_bytes
        if statement.result is not None and not statement.external and statement.result.byte_count() > limit:
            statement.result = None
            statement.error = {
                "error_code": "BAD_REQUEST",
                "message": (
                    "Inline byte limit exceeded. Statements executed with disposition=INLINE can have a result size of"
                    f" at most {limit} bytes. Please execute the statement with disposition=EXTERNAL_LINKS if you want"
                    " to download the full result."
                ),
            }

    async def _execute_on_spark(self, statement: Statement) -> None:
        world = self.world
        if self._refuses(statement):
            return
        one_by_one = self._creation if creates_view(statement.order["statement"]) else nullcontext()
        async with one_by_one:
            about, rows = await self._on_engine(statement, self._engine_order(statement))
            if "error" in about:
                _fail(statement, about["error"]["sql_state"], about["error"]["message"])
            elif "columns" not in about:
                raise _Cancelled
            else:
                self._take(statement, about, rows)
                if about.get("view") is not None:
                    keep_view(world.state, about["view"], statement.caller.name)

    def _refuses(self, statement: Statement) -> bool:
        """What the platform refuses before Spark is asked."""
        settings = self.world.settings
        if _uses_access(statement) and not settings.system_access_granted:
            _fail(
                statement,
                "42501",
                "[INSUFFICIENT_PERMISSIONS] Insufficient privileges:\nUser does not have USE SCHEMA on Schema"
                " 'system.access'. SQLSTATE: 42501",
            )
        elif settings.current_recipient and self._reader() is None:
            words = f"[RECIPIENT_DOES_NOT_EXIST] Recipient '{settings.current_recipient}' does not exist."
            _fail(statement, "42704", words)
        return statement.error is not None

    def _reader(self) -> Recipient | None:
        return self.world.state.recipients.get(self.world.settings.current_recipient.lower())

    def _engine_order(self, statement: Statement) -> dict[str, Any]:
        world, order = self.world, statement.order
        with_audit = _uses_access(statement) and world.settings.system_access_enabled
        return {
            "id": statement.id,
            "text": order["statement"],
            "parameters": order.get("parameters", []),
            **self.session(statement.caller, self._reader()),
            "session_catalog": order.get("catalog"),
            "schema": order.get("schema"),
            "row_limit": order.get("row_limit"),
            "audit": world.audit.as_file() if with_audit else None,
            "views": {
                view_name(*name): view
                for name in system_tables(order["statement"])
                for view in [view_of(world.state, statement.caller, *name)]
                if view is not None
            },
        }

    def session(self, caller: Caller, recipient: Recipient | None) -> dict[str, Any]:
        """What the engine has to know besides a statement: what there is, who asks, and which recipient reads."""
        settings = self.world.settings
        return {
            "time_zone": settings.warehouse_time_zone,
            "timestamp_format": settings.timestamp_format,
            "catalog_file": self._catalog_files.write(self.world.state.catalog),
            "caller": _rights(caller),
            "recipient": None if recipient is None else recipient_properties(recipient),
        }

    async def _on_engine(self, statement: Statement, order: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Run on the engine; a cancel goes there too, and is waited for."""
        work = asyncio.ensure_future(self.world.engine.run(order))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await self.world.engine.cancel(statement.id)
            await asyncio.gather(work, return_exceptions=True)
            raise

    def _take(self, statement: Statement, about: dict[str, Any], rows: list[str]) -> None:
        limit = statement.order.get("byte_limit")
        kept = rows if limit is None else within_bytes(rows, limit)
        statement.result = Result(
            about["columns"],
            in_chunks(kept, self.world.settings.rows_per_chunk),
            bool(about.get("truncated")) or len(kept) < len(rows),
        )

    def age(self, statement: Statement) -> bool:
        """Let time pass for a finished statement; whether it is still known."""
        now, settings = self.world.state.now_ms(), self.world.settings
        if statement.state in LIVE:
            return True
        if statement.state == "SUCCEEDED" and now - statement.finished_ms > settings.result_ttl_s * 1000:
            statement.state, statement.result = "CLOSED", None
        if now - statement.finished_ms > settings.statement_ttl_s * 1000:
            del self.by_id[statement.id]
            return False
        return True


def _uses_access(statement: Statement) -> bool:
    order = statement.order
    return ("access", "audit") in system_tables(order["statement"]) or order.get("schema") == "access"


def _fail(statement: Statement, sql_state: str | None, message: str) -> None:
    statement.sql_state = sql_state
    statement.error = {"error_code": "BAD_REQUEST", "message": message}


def _rights(caller: Caller) -> dict[str, Any]:
    """What the caller may do with tables and views."""
    return {
        "name": caller.name,
        "superuser": caller.superuser,
        "may_select": caller.holds("SELECT"),
        "may_create": caller.holds("CREATE_TABLE"),
    }


class _Cancelled(Exception):
    """The statement was asked to end."""
