"""The workspace's catalogs as Spark sees them, and `current_recipient`: Spark asks, Python answers.

A catalog of the workspace is a catalog of Spark, a Java interface that is implemented here. Spark itself finds names in it,
whether they stand in a statement or in the definition of a view that the statement reads.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

_JSON_FORMAT = "org.apache.spark.sql.execution.datasources.json.JsonFileFormat"
_RECIPIENT = "current_recipient"
SESSION_CATALOG = "spark_catalog"  # Spark takes every view for one of this


class Refused(Exception):
    """The platform refuses a statement where Spark would not."""

    def __init__(self, sql_state: str, message: str):
        super().__init__(f"{message} SQLSTATE: {sql_state}")
        self.sql_state = sql_state


def insufficient(what: str) -> Refused:
    """The caller lacks a privilege."""
    return Refused("42501", f"[INSUFFICIENT_PERMISSIONS] Insufficient privileges:\n{what}.")


@lru_cache(maxsize=32)
def _read(path: str) -> dict[str, Any]:
    """A file of `catalog_files`."""
    content: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return content


class SessionCatalogs:
    """The catalogs of one statement: what is in them, what the caller may, and what the statement asked for."""

    def __init__(self, session: Any, order: dict[str, Any]):
        self.session = session
        self.jvm = session._jvm
        self.caller = order["caller"]
        content = _read(order["catalog_file"])
        self.tables: dict[str, dict[str, Any]] = content["tables"]
        self.schemas: set[str] = set(content["schemas"])
        self.read: list[str] = []  # by the statement itself, in order
        self.read_by_views: list[str] = []
        self.refusal: Refused | None = None
        self._recipient: dict[str, str] | None = order.get("recipient")
        self._asks_recipient = False
        self._other_names: dict[tuple[str, str, str], str] = {}  # by Spark's name
        names = {name.partition(".")[0] for name in self.schemas}
        self._register(names, order["text"])
        if order.get("session_catalog") in names:
            self._enter(order["session_catalog"], order.get("schema"))

    def _register(self, names: set[str], text: str) -> None:
        """Make Spark know the catalogs, which it does not compare without case: in each spelling that occurs."""
        state = self.session._jsparkSession.sessionState()
        manager = state.catalogManager()
        known = manager.getClass().getDeclaredField("catalogs")
        known.setAccessible(True)
        texts = [text, *(entry["view"] for entry in self.tables.values() if entry["view"])]
        for name in names:
            plugin = _CatalogPlugin(self, name)
            for spelling in {name, *re.findall(re.escape(name), "\n".join(texts), re.IGNORECASE)}:
                known.get(manager).put(spelling, plugin)
        register_recipient(self.jvm, state.functionRegistry(), _RecipientFunction(self))

    def _enter(self, catalog: str, schema: str | None) -> None:
        """What USE does."""
        manager = self.session._jsparkSession.sessionState().catalogManager()
        manager.setCurrentCatalog(catalog)
        if schema:
            gateway = self.session.sparkContext._gateway
            namespace = gateway.new_array(self.jvm.java.lang.String, 1)
            namespace[0] = schema
            manager.setCurrentNamespace(namespace)

    def check(self, creates_view: bool = False) -> None:
        """Refuse what the statement asked for, after Spark has understood it."""
        if self.refusal is not None:
            raise self.refusal
        if self._asks_recipient and self._recipient is None and not creates_view:
            raise Refused(
                "42887",
                "[INVALID_CURRENT_RECIPIENT_USAGE] The function `current_recipient` is for the definition of views that"
                " are shared; there is no recipient in this context.",
            )

    def load(self, name: str) -> Any:
        """What Spark gets for a name of three parts; None: there is no such table."""
        entry = self.tables.get(name.lower())
        if entry is None:
            return None
        nested = self.jvm.org.apache.spark.sql.catalyst.analysis.AnalysisContext.get().nestedViewDepth() > 0
        (self.read_by_views if nested else self.read).append(name.lower())
        if not nested and not self._may_select(entry):
            self.refusal = insufficient(f"User does not have SELECT on Table '{name.lower()}'")
        if entry["view"] is not None:
            _, schema, view = name.split(".", 2)
            self.rename((SESSION_CATALOG, schema, view), name)
            return self._view(name, entry)
        return self._table(name, entry)

    def _may_select(self, entry: dict[str, Any]) -> bool:
        owner = entry["owner"] == self.caller["name"]
        return bool(entry["selectable"] and (owner or self.caller["may_select"]))

    def _table(self, name: str, entry: dict[str, Any]) -> Any:
        """A table of Spark's second generation, over a file of JSON lines."""
        options = self.jvm.java.util.HashMap()
        options.put("mode", "FAILFAST")
        return self.jvm.org.apache.spark.sql.execution.datasources.v2.json.JsonTable(
            name,
            self.session._jsparkSession,
            self.jvm.org.apache.spark.sql.util.CaseInsensitiveStringMap(options),
            self.seq([Path(entry["rows"]).as_uri()] if entry["rows"] else []),
            self.some(self._struct(entry["columns"])),
            self.jvm.java.lang.Class.forName(_JSON_FORMAT),
        )

    def _view(self, name: str, entry: dict[str, Any]) -> Any:
        """A view as Spark stores one."""
        catalyst = self.jvm.org.apache.spark.sql.catalyst
        catalog, schema, view = name.split(".", 2)
        columns = [column["name"] for column in entry["columns"]]
        table = catalyst.catalog.CatalogTable(
            catalyst.TableIdentifier(view, self.some(schema), self.some(catalog)),
            catalyst.catalog.CatalogTableType.VIEW(),
            catalyst.catalog.CatalogStorageFormat.empty(),
            self._struct(entry["columns"]),
            *(self.some(None), self.seq([]), self.some(None)),  # provider, partition columns, buckets
            *(entry["owner"], 0, -1, ""),
            self._map({**_view_properties(catalog, schema, columns), **entry["properties"]}),
            *(self.some(None), self.some(entry["view"]), self.some(entry["comment"]), self.some(None)),
            *(self.seq([]), False, True, self._map({}), self.some(entry["view"])),
        )
        return self.jvm.org.apache.spark.sql.connector.catalog.V1Table(table)

    def _struct(self, columns: list[dict[str, Any]]) -> Any:
        """A StructType."""
        fields = [
            json.loads(column["type_json"]) if "type_json" in column else self._field(column) for column in columns
        ]
        return self.jvm.org.apache.spark.sql.types.DataType.fromJson(json.dumps({"type": "struct", "fields": fields}))

    def _field(self, column: dict[str, Any]) -> dict[str, Any]:
        kind = self.jvm.org.apache.spark.sql.types.DataType.fromDDL(column["type_text"])
        comment = column.get("comment")
        return {
            "name": column["name"],
            "type": json.loads(kind.json()),
            "nullable": column.get("nullable", True),
            "metadata": {} if comment is None else {"comment": comment},
        }

    def property_of_recipient(self, arguments: Any) -> Any:
        """The expression that stands for a call of `current_recipient`."""
        expressions, types = self.jvm.org.apache.spark.sql.catalyst.expressions, self.jvm.org.apache.spark.sql.types
        self._asks_recipient = True
        if arguments.size() != 1:
            error = self.jvm.org.apache.spark.sql.errors.QueryCompilationErrors.wrongNumArgsError(
                _RECIPIENT, self.seq([1]), arguments.size(), "", "", ""
            )
            self.refusal = Refused(error.getSqlState(), error.getMessage().rpartition(" SQLSTATE")[0])
            return expressions.Literal.create(None, types.DataTypes.StringType)
        text = types.DataTypes.StringType
        properties = expressions.Literal.create(self._map(self._recipient or {}), types.MapType(text, text, True))
        return expressions.ElementAt(properties, arguments.apply(0))

    def rename(self, name: tuple[str, str, str], shown: str) -> None:
        """In messages, a name of Spark's own catalog stands for one of the workspace."""
        self._other_names[name] = shown

    def in_platform_words(self, message: str) -> str:
        """An error message in which views have the names that the statement gives them."""
        for name, shown in self._other_names.items():
            quoted = ".".join(f"`{part}`" for part in shown.split(".", 2))
            message = message.replace(".".join(f"`{part}`" for part in name), quoted)
            message = message.replace(".".join(name), shown)
        return message

    # -- Scala values

    def some(self, value: Any) -> Any:
        return self.jvm.scala.Option.apply(value)

    def seq(self, values: list[Any]) -> Any:
        return self.jvm.org.apache.spark.api.python.PythonUtils.toSeq(values)

    def _map(self, values: dict[str, str]) -> Any:
        java = self.jvm.java.util.HashMap()
        for key, value in values.items():
            java.put(key, value)
        return self.jvm.org.apache.spark.api.python.PythonUtils.toScalaMap(java)


def _view_properties(catalog: str, schema: str, columns: list[str]) -> dict[str, str]:
    """What Spark notes about a view: where names without catalog are looked up, and what its query returns."""
    return {
        "view.catalogAndNamespace.numParts": "2",
        "view.catalogAndNamespace.part.0": catalog,
        "view.catalogAndNamespace.part.1": schema,
        "view.query.out.numCols": str(len(columns)),
        **{f"view.query.out.col.{index}": column for index, column in enumerate(columns)},
    }


def register_recipient(jvm: Any, registry: Any, function: _RecipientFunction) -> None:
    """Make `current_recipient` known, to all sessions or to one."""
    catalyst = jvm.org.apache.spark.sql.catalyst
    about = catalyst.expressions.ExpressionInfo("workspace.RecipientFunction", _RECIPIENT)
    registry.registerFunction(catalyst.FunctionIdentifier(_RECIPIENT), about, function)


def prepare(session: Any) -> None:
    """Once for all sessions: Java may call Python, and `current_recipient` is no temporary function."""
    from pyspark.java_gateway import ensure_callback_server_started

    ensure_callback_server_started(session.sparkContext._gateway)
    builtin = session._jvm.org.apache.spark.sql.catalyst.analysis.FunctionRegistry.builtin()
    register_recipient(session._jvm, builtin, _RecipientFunction(None))


class _Callback:
    """What Java asks every object for."""

    def toString(self) -> str:  # noqa: N802
        return type(self).__name__

    def hashCode(self) -> int:  # noqa: N802
        return id(self) & 0x7FFFFFFF

    def equals(self, other: Any) -> bool:
        return other is self


class _RecipientFunction(_Callback):
    """From the arguments of a call to an expression. Each session has one; that of all sessions is never called."""

    def __init__(self, catalogs: SessionCatalogs | None):
        self._catalogs = catalogs

    def apply(self, arguments: Any) -> Any:
        """scala.Function1."""
        assert self._catalogs is not None
        return self._catalogs.property_of_recipient(arguments)

    class Java:
        implements = ("scala.Function1",)


class _CatalogPlugin(_Callback):
    """One catalog of the workspace. Tables are read; what would change one is refused."""

    def __init__(self, catalogs: SessionCatalogs, name: str):
        self._catalogs = catalogs
        self._name = name

    def name(self) -> str:
        """CatalogPlugin."""
        return self._name

    def defaultNamespace(self) -> Any:  # noqa: N802
        """None: a name of one part needs a schema."""
        catalogs = self._catalogs
        return catalogs.session.sparkContext._gateway.new_array(catalogs.jvm.java.lang.String, 0)

    def capabilities(self) -> Any:
        """TableCatalog."""
        return self._catalogs.jvm.java.util.Collections.emptySet()

    def loadTable(self, identifier: Any, *more: Any) -> Any:  # noqa: N802
        """A table, or None. `more`: a version, a time, or privileges to write."""
        if more:
            return self._refuse()
        return self._catalogs.load(".".join([self._name, *identifier.namespace(), identifier.name()]))

    def tableExists(self, identifier: Any) -> bool:  # noqa: N802
        """Asked before a table is made."""
        return self.loadTable(identifier) is not None

    def invalidateTable(self, identifier: Any) -> None:  # noqa: N802
        """Nothing is kept."""

    def _refuse(self, *_: Any) -> None:
        self._catalogs.refusal = Refused(
            "0A000", "[UNSUPPORTED_FEATURE] The test workspace reads tables and creates views; it does nothing else."
        )
        raise self._catalogs.refusal

    createTable = alterTable = dropTable = purgeTable = renameTable = listTables = _refuse  # noqa: N815

    class Java:
        implements = ("org.apache.spark.sql.connector.catalog.TableCatalog",)
