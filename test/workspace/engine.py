"""A Spark SQL engine behind a small HTTP door on 127.0.0.1; several workspaces may share one.

    python -m workspace.engine --port-file /tmp/engine.port

POST /run executes a statement: the answer is a line of JSON about the columns, then one line a row, each a JSON array
of texts and nulls as the platform has them; or one line with the error. POST /cancel stops it, and so does hanging up.
It ends on SIGTERM, after --max-seconds, and with --exit-on-stdin-eof when its stdin closes; Spark ends with it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from .engine_catalog import Refused, SessionCatalogs, prepare
from .engine_types import described_column
from .engine_views import create_view
from .process import add_arguments, serve
from .sql_text import creates_view, view_name, with_tables, with_views

THREADS = 8
_MAX_BODY = 256 * 1024 * 1024
_AUDIT_COLUMNS = """
    account_id STRING, workspace_id STRING, version STRING, event_time_us BIGINT, event_date STRING,
    source_ip_address STRING, user_agent STRING, session_id STRING,
    user_identity STRUCT<email: STRING, subject_name: STRING>,
    service_name STRING, action_name STRING, request_id STRING, request_params MAP<STRING, STRING>,
    response STRUCT<status_code: INT, error_message: STRING, result: STRING>,
    audit_level STRING, event_id STRING,
    identity_metadata STRUCT<run_by: STRING, run_as: STRING, acting_resource: STRING>"""
_AUDIT_SELECT = (
    "account_id",
    "workspace_id",
    "version",
    "timestamp_micros(event_time_us) AS event_time",
    "CAST(event_date AS DATE) AS event_date",
    "source_ip_address",
    "user_agent",
    "session_id",
    "user_identity",
    "service_name",
    "action_name",
    "request_id",
    "request_params",
    "response",
    "audit_level",
    "event_id",
    "identity_metadata",
)
_CONF = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "2g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    # many statements on little data: what pays off with much only takes time here
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "2",  # half of the threads: a long statement leaves room for another
    "spark.scheduler.mode": "FAIR",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.debug.maxToStringFields": "200",
    "spark.sql.json.enablePartialResults": "false",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "1",
}


class Engine:
    """One Spark session factory. Blocking; every statement runs in a thread and a session of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="workspace-engine-"))
        self._lock = threading.Lock()
        self._base: Any = None
        self._tables: dict[str, str] = {}  # digest of audit rows: folder of the table
        self._loading = threading.Lock()
        self._cancelled: set[str] = set()
        self._running: set[str] = set()
        self._schema: Any = None  # of system.access.audit

    def start(self) -> Any:
        """The first Spark session; starts the JVM once."""
        with self._lock:
            if self._base is None:
                self._base = self._start()
            return self._base

    def _start(self) -> Any:
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        from pyspark.sql import SparkSession

        # The JVM's own time zone is nobody's, so that what depends on it is found out.
        java_options = (
            "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xss4m -Duser.timezone=Pacific/Chatham"
            f" -Djava.io.tmpdir={self.folder}"
        )
        builder = SparkSession.builder.master("local[4]").appName("workspace-engine")
        for name, value in {
            **_CONF,
            "spark.driver.extraJavaOptions": java_options,
            "spark.sql.warehouse.dir": (self.folder / "warehouse").as_uri(),
            "spark.local.dir": str(self.folder),
        }.items():
            builder = builder.config(name, value)
        with _stderr_in(self.folder / "spark.log"):
            session = builder.getOrCreate()
        session.sparkContext.setLogLevel("OFF")
        prepare(session)
        return session

    def stop(self) -> None:
        """End Spark and forget its files."""
        with self._lock:
            if self._base is not None:
                gateway = self._base.sparkContext._gateway
                gateway.proc.stdin.close()  # the JVM ends with its stdin
                try:
                    gateway.proc.wait(timeout=5)
                except Exception:
                    gateway.proc.kill()
                self._base = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def cancel(self, statement_id: str) -> None:
        """Stop a statement, now or as soon as it starts something."""
        self._cancelled.add(statement_id)
        self._cancel_jobs(statement_id)

    def _cancel_jobs(self, statement_id: str) -> None:
        if self._base is not None:
            try:
                self._base.sparkContext.cancelJobGroup(statement_id)
            except Exception:  # Spark is about to end
                return

    def run(self, order: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Execute one statement: what is to be said about it, and its rows as JSON arrays."""
        statement_id = order["id"]
        self.start()
        self._running.add(statement_id)
        watcher = threading.Thread(target=self._watch, args=(statement_id,), daemon=True)
        watcher.start()
        try:
            return self._execute(order)
        except Exception as error:
            if statement_id in self._cancelled:
                return {"cancelled": True}, []
            return {"error": _described(error, order["text"], None)}, []
        finally:
            self._running.discard(statement_id)

    def _watch(self, statement_id: str) -> None:
        """Cancel again what started after the cancel."""
        while statement_id in self._running:
            if statement_id in self._cancelled:
                self._cancel_jobs(statement_id)
            time.sleep(0.05)

    def _execute(self, order: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        base = self.start()
        session = base.newSession()
        session.conf.set("spark.sql.session.timeZone", order["time_zone"])
        session.sparkContext.setJobGroup(order["id"], "statement", interruptOnCancel=True)
        if order.get("audit"):
            self._make_audit_view(session, order["audit"], order.get("schema"))
        for name, view in order.get("views", {}).items():
            _make_view(session, name, view)
        catalogs = SessionCatalogs(session, order) if "catalog_file" in order else None
        try:
            return self._execute_in(session, catalogs, order)
        except Exception as error:
            if order["id"] in self._cancelled:
                return {"cancelled": True}, []
            return {"error": _described(error, order["text"], catalogs)}, []

    def _execute_in(
        self, session: Any, catalogs: SessionCatalogs | None, order: dict[str, Any]
    ) -> tuple[dict[str, Any], list[str]]:
        if order["id"] in self._cancelled:
            return {"cancelled": True}, []
        text = with_views(order["text"])
        if catalogs is not None and creates_view(text):
            created = create_view(session, catalogs, order, text)
            if created is not None:
                return created, []
        frame = session.sql(text, args=_literals(session, order.get("parameters", [])))
        if catalogs is not None:
            catalogs.check()
        columns = [described_column(index, entry) for index, entry in enumerate(frame.schema.fields)]
        if not columns:
            return {"columns": columns}, []
        limit = order.get("row_limit")
        if limit is not None:
            frame = frame.limit(limit + 1)
        rows = [row[0] for row in _as_texts(frame, columns, order["timestamp_format"]).collect()]
        if order["id"] in self._cancelled:
            return {"cancelled": True}, []
        truncated = limit is not None and len(rows) > limit
        return {"columns": columns, "truncated": truncated}, rows[:limit] if truncated else rows

    def _make_audit_view(self, session: Any, audit: dict[str, str], schema: str | None) -> None:
        """The audit rows are turned into a table once; a shared engine keeps it for others with the same rows."""
        with self._loading:
            folder = self._tables.get(audit["digest"])
            if folder is None:
                folder = str(self.folder / f"audit-{len(self._tables)}")
                rows = session.read.schema(_AUDIT_COLUMNS).json(audit["path"], mode="FAILFAST")
                rows.selectExpr(*_AUDIT_SELECT).write.parquet(folder)
                self._tables[audit["digest"]] = folder
        self._schema = self._schema or _audit_schema(session)
        table = session.read.schema(self._schema).parquet(folder)
        table.createOrReplaceTempView(view_name("access", "audit"))
        if schema == "access":
            table.createOrReplaceTempView("audit")


@contextmanager
def _stderr_in(path: Path) -> Iterator[None]:
    """What a child says goes to a file; it is shown if the child does not start."""
    kept = os.dup(2)
    try:
        with path.open("wb") as out:
            os.dup2(out.fileno(), 2)
        yield
    except BaseException:
        os.dup2(kept, 2)
        sys.stderr.write(path.read_text(encoding="utf-8", errors="replace"))
        raise
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _audit_schema(session: Any) -> Any:
    """The table's columns and types."""
    empty = session.sql(f"SELECT * FROM (SELECT from_json('', '{_AUDIT_COLUMNS}') AS row)").select("row.*")
    return empty.selectExpr(*_AUDIT_SELECT).schema


def _make_view(session: Any, name: str, view: dict[str, Any]) -> None:
    """A small table, {"columns": [[name, type], ...], "rows": [{...}]}; times are milliseconds."""
    stored = ", ".join(f"{column}: {'BIGINT' if kind == 'TIMESTAMP' else kind}" for column, kind in view["columns"])
    shown = [f"timestamp_millis({c}) AS {c}" if kind == "TIMESTAMP" else c for c, kind in view["columns"]]
    frame = session.sql(
        f"SELECT inline(from_json(:rows, 'ARRAY<STRUCT<{stored}>>'))", args={"rows": json.dumps(view["rows"])}
    )
    frame.selectExpr(*shown).createOrReplaceTempView(name)


def _literals(session: Any, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    """Parameters as literals of their types: Spark casts the texts by its own rules before the statement sees them."""
    if not parameters:
        return {}
    from pyspark.sql import Column
    from pyspark.sql import functions as f

    catalyst = session._jvm.org.apache.spark.sql
    casts = ", ".join(f"CAST(:p{index} AS {entry['type']}) AS p{index}" for index, entry in enumerate(parameters))
    frame = session.sql(
        f"SELECT {casts}", args={f"p{index}": f.lit(entry["value"]) for index, entry in enumerate(parameters)}
    )
    folded = catalyst.catalyst.optimizer.ConstantFolding.apply(frame._jdf.queryExecution().analyzed()).projectList()
    return {
        entry["name"]: Column(catalyst.classic.ExpressionUtils.column(folded.apply(index).child()))
        for index, entry in enumerate(parameters)
    }


def _as_texts(frame: Any, columns: list[dict[str, Any]], timestamp_format: str) -> Any:
    """One column: each row as the JSON text of an array of strings and nulls."""
    texts = []
    for index, column in enumerate(columns):
        name, kind = f"c{index}", column["type_name"]
        if kind == "STRING":
            texts.append(name)
        elif kind == "NULL":
            texts.append("CAST(NULL AS STRING)")
        elif kind in ("TIMESTAMP", "TIMESTAMP_NTZ"):
            pattern = timestamp_format if kind == "TIMESTAMP" else timestamp_format.rstrip("XZ'")
            texts.append(f"date_format({name}, \"{pattern}\")")
        elif kind == "BINARY":
            texts.append(f"base64({name})")
        elif kind in ("ARRAY", "MAP", "STRUCT", "VARIANT"):
            texts.append(f"to_json({name})")
        else:
            texts.append(f"CAST({name} AS STRING)")
    renamed = frame.toDF(*(f"c{index}" for index in range(len(columns))))
    return renamed.selectExpr(f"to_json(array({', '.join(texts)})) AS row")


def _described(error: Exception, text: str, catalogs: SessionCatalogs | None) -> dict[str, Any]:
    """An error as Spark has it: SQLSTATE and message, without a Java stack trace."""
    from pyspark.errors import PySparkException

    if catalogs is not None and catalogs.refusal is not None:
        error = catalogs.refusal
    if "raised by the Python Proxy" in str(error):  # a mistake in here must be seen
        raise error
    state = error.getSqlState() if isinstance(error, PySparkException) else None
    if isinstance(error, Refused):
        state = error.sql_state
    message = str(error).split("\n\nJVM stacktrace")[0].split("\n\tat ")[0].rstrip()
    if catalogs is not None:
        message = catalogs.in_platform_words(message)
    return {"sql_state": state, "message": with_tables(message, text)}


def _app(engine: Engine) -> web.Application:
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="statement")

    async def run(request: web.Request) -> web.Response:
        order = await request.json()
        work = asyncio.get_running_loop().run_in_executor(threads, engine.run, order)
        try:
            about, rows = await work
        except asyncio.CancelledError:
            engine.cancel(order["id"])
            raise
        except Exception as error:
            return web.Response(status=500, text=f"Spark did not start, see stderr: {error}")
        return web.Response(text="\n".join([json.dumps(about), *rows]), content_type="application/x-ndjson")

    async def cancel(request: web.Request) -> web.Response:
        order = await request.json()
        await asyncio.get_running_loop().run_in_executor(None, engine.cancel, order["id"])
        return web.json_response({})

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"engine": "spark"})

    app = web.Application(client_max_size=_MAX_BODY)
    app.add_routes([web.post("/run", run), web.post("/cancel", cancel), web.get("/health", health)])
    return app


async def _main(options: argparse.Namespace) -> None:
    logging.disable(logging.CRITICAL)  # Spark's Python side logs every failing statement, with a stack
    engine = Engine()
    if not options.lazy:
        asyncio.get_running_loop().run_in_executor(None, _warm_up, engine)
    try:
        await serve(_app(engine), options, handler_cancellation=True)
    finally:
        engine.stop()
        os._exit(0)  # threads may still wait for an answer of the JVM


def _warm_up(engine: Engine) -> None:
    """The first statement of a JVM takes seconds."""
    engine.run({"id": "warm-up", "text": "SELECT 1", "time_zone": "UTC", "timestamp_format": "yyyy"})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m workspace.engine", description="A Spark SQL engine for workspaces."
    )
    parser.add_argument("--lazy", action="store_true", help="start Spark at the first statement, not at once")
    add_arguments(parser)
    asyncio.run(_main(parser.parse_args()))
