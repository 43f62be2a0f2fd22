"""CREATE VIEW: Spark's own command, carried out in a schema of Spark's own catalog that is gone afterwards.

So Spark parses and analyses, refuses what it refuses (parameter markers, columns without a name, a table in the place of the
view, ...) and says which columns and properties the view has; the workspace keeps the view.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .engine_catalog import SESSION_CATALOG, Refused, SessionCatalogs, insufficient
from .engine_types import described_column

_VIEW = "v"  # Spark's own catalog is stricter about names than the platform
_NOT_IN_NAMES = re.compile(r"[./ \x00-\x1f\x7f]")


def create_view(session: Any, catalogs: SessionCatalogs, order: dict[str, Any], text: str) -> dict[str, Any] | None:
    """Do what a CREATE VIEW says; None: the statement is another one. `view` is what is to be kept, if anything."""
    plan = session._jsparkSession.sessionState().sqlParser().parsePlan(text)
    if plan.getClass().getSimpleName() != "CreateView":
        return None
    target = plan.child()
    if target.getClass().getSimpleName() != "UnresolvedIdentifier":
        raise Refused("0A000", "[UNSUPPORTED_FEATURE] The test workspace takes the name of a view as it is written.")
    parts = target.nameParts()
    name = _full_name(order, [parts.apply(index) for index in range(parts.size())])
    present = catalogs.tables.get(name)
    _check(catalogs, name, present, bool(plan.replace()))
    scratch = f"view_{order['id'].replace('-', '')}"
    catalogs.rename((SESSION_CATALOG, scratch, _VIEW), name)
    session.sql(f"CREATE DATABASE {SESSION_CATALOG}.{scratch}")
    try:
        if present is not None:
            _make_present(session, scratch, present)
        _run(session, catalogs, plan, scratch)
        catalogs.check(creates_view=True)
        if present is not None and not plan.replace():  # IF NOT EXISTS
            return {"columns": []}
        if name in catalogs.read or name in catalogs.read_by_views:
            raise Refused("42K0H", f"[RECURSIVE_VIEW] Recursive view {_quoted(name)} detected.")
        return {"columns": [], "view": {"full_name": name, **_described(session, catalogs, scratch)}}
    finally:
        session.sql(f"DROP DATABASE {SESSION_CATALOG}.{scratch} CASCADE")


def _full_name(order: dict[str, Any], parts: list[str]) -> str:
    """The name with the defaults of the statement before it."""
    defaults = [order.get("session_catalog"), order.get("schema")]
    whole = [part for part in (*defaults[: max(0, 3 - len(parts))], *parts) if part]
    if len(whole) != 3:
        raise Refused("42601", f"[REQUIRES_SINGLE_PART_NAMESPACE] {'.'.join(parts)} is not a name of three parts.")
    for part in parts:
        if _NOT_IN_NAMES.search(part) or not 0 < len(part) <= 255:
            raise Refused("42602", f"[INVALID_SCHEMA_OR_RELATION_NAME] `{part}` is not a valid name.")
    return ".".join(whole).lower()


def _quoted(name: str) -> str:
    return ".".join(f"`{part}`" for part in name.split("."))


def _check(catalogs: SessionCatalogs, name: str, present: dict[str, Any] | None, replace: bool) -> None:
    """Whether there is such a schema, and whether the caller may make or replace something in it."""
    schema = name.rpartition(".")[0]
    catalog = schema.partition(".")[0]
    if catalog not in {entry.partition(".")[0] for entry in catalogs.schemas}:
        raise Refused("42704", f"[NO_SUCH_CATALOG_EXCEPTION] Catalog '{catalog}' was not found.")
    if schema not in catalogs.schemas:
        raise Refused("42704", f"[SCHEMA_NOT_FOUND] The schema {_quoted(schema)} cannot be found.")
    if not catalogs.caller["may_create"]:
        raise insufficient(f"User does not have CREATE TABLE on Schema '{schema}'")
    owner = present is None or catalogs.caller["superuser"] or catalogs.caller["name"] == present["owner"]
    if replace and not owner:
        raise insufficient(f"User is not an owner of Table '{name}'")


def _make_present(session: Any, scratch: str, present: dict[str, Any]) -> None:
    """What has the name already, so that Spark finds it."""
    place = f"{SESSION_CATALOG}.{scratch}.{_VIEW}"
    if present["view"] is None:
        session.sql(f"CREATE TABLE {place} (x INT) USING json")
    else:
        session.sql(f"CREATE VIEW {place} AS SELECT 1 AS x")


def _run(session: Any, catalogs: SessionCatalogs, plan: Any, scratch: str) -> None:
    """The command as it was parsed, with another name."""
    spark = session._jvm.org.apache.spark.sql
    target = spark.catalyst.analysis.UnresolvedIdentifier(catalogs.seq([SESSION_CATALOG, scratch, _VIEW]), False)
    moved = spark.catalyst.plans.logical.CreateView(
        target,
        *(plan.userSpecifiedColumns(), plan.comment(), plan.collation(), plan.properties(), plan.originalText()),
        *(plan.query(), plan.allowExisting(), plan.replace(), plan.viewSchemaMode()),
    )
    spark.classic.SparkSession.setActiveSession(session._jsparkSession)
    spark.classic.Dataset.ofRows(session._jsparkSession, moved)


def _described(session: Any, catalogs: SessionCatalogs, scratch: str) -> dict[str, Any]:
    """What Spark has stored, in the API's words."""
    from pyspark.sql.types import StructType

    identifier = session._jvm.org.apache.spark.sql.catalyst.TableIdentifier(_VIEW, catalogs.some(scratch))
    stored = session._jsparkSession.sessionState().catalog().getTableMetadata(identifier)
    fields = StructType.fromJson(json.loads(stored.schema().json())).fields
    java_properties = session._jvm.scala.jdk.javaapi.CollectionConverters.asJava(stored.properties())
    return {
        "view_definition": stored.viewText().get(),
        "comment": stored.comment().get() if stored.comment().isDefined() else None,
        "properties": dict(java_properties),
        "columns": [_column(index, field) for index, field in enumerate(fields)],
        "dependencies": sorted(set(catalogs.read)),
    }


def _column(index: int, field: Any) -> dict[str, Any]:
    """ColumnInfo of a table, which says more than that of a result."""
    value = {
        **described_column(index, field),
        "type_text": field.dataType.simpleString(),
        "type_json": json.dumps(field.jsonValue()),
        "nullable": field.nullable,
    }
    if "comment" in field.metadata:
        value["comment"] = field.metadata["comment"]
    return value
