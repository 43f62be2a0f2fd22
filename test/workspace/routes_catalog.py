"""Tables and the metastore: what a client reads to check an object before sharing it."""

from __future__ import annotations

import re
from typing import Any

from .catalog import Table
from .errors import denied, invalid, missing
from .pagination import page
from .render import table_info
from .routing import UC, Call, route
from .validate import PAGING, query_bool, query_text

_LIST_QUERY = {
    **PAGING,
    "catalog_name": query_text,
    "schema_name": query_text,
    "omit_columns": query_bool,
    "omit_properties": query_bool,
    "omit_username": query_bool,
    "include_browse": query_bool,
    "include_manifest_capabilities": query_bool,
}
_GET_QUERY = {
    "include_delta_metadata": query_bool,
    "include_browse": query_bool,
    "include_manifest_capabilities": query_bool,
}
_SUMMARY_QUERY = {
    **PAGING,
    "catalog_name": query_text,
    "schema_name_pattern": query_text,
    "table_name_pattern": query_text,
    "include_manifest_capabilities": query_bool,
}


@route("GET", f"{UC}/tables/{{full_name}}", query=_GET_QUERY)
def get_table(call: Call) -> Any:
    """One table or view."""
    table = call.state.catalog.find(call.params["full_name"])
    if table is None or table.table_type is None:
        raise missing("TABLE", call.params["full_name"])
    return table_info(table, call.state.metastore_id, delta_metadata=bool(call.query.get("include_delta_metadata")))


@route("DELETE", f"{UC}/tables/{{full_name}}")
def delete_table(call: Call) -> Any:
    """A table or view goes; shares that hold it keep an entry whose source is gone."""
    catalog, name = call.state.catalog, call.params["full_name"]
    table = catalog.find(name)
    if table is None or table.table_type is None:
        raise missing("TABLE", name)
    if not (call.caller.superuser or table.owner == call.caller.name):
        raise denied(f"User is not an owner of Table '{table.full_name}'.")
    catalog.remove(name)


@route("GET", f"{UC}/tables/{{full_name}}/exists")
def table_exists(call: Call) -> Any:
    """Whether a table is there; an absent one is no error."""
    table = call.state.catalog.find(call.params["full_name"])
    return {"table_exists": table is not None and table.table_type is not None}


@route("GET", f"{UC}/tables", query=_LIST_QUERY)
def list_tables(call: Call) -> Any:
    """The tables of one schema."""
    catalog, schema = call.query.get("catalog_name"), call.query.get("schema_name")
    if not catalog or not schema:
        raise invalid("catalog_name and schema_name are needed")
    if f"{catalog}.{schema}".lower() not in call.state.catalog.schemas:
        raise missing("SCHEMA", f"{catalog}.{schema}")
    omit_columns, omit_properties = bool(call.query.get("omit_columns")), bool(call.query.get("omit_properties"))
    tables = call.state.catalog.in_schema(catalog, schema)
    metastore_id = call.state.metastore_id
    return page(
        call,
        "tables",
        tables,
        lambda table: table.full_name,
        lambda table: table_info(table, metastore_id, omit_columns, omit_properties, in_list=True),
    )


@route("GET", f"{UC}/table-summaries", query=_SUMMARY_QUERY)
def list_table_summaries(call: Call) -> Any:
    """Names and types of a catalog's tables, by SQL LIKE patterns; always in pages."""
    catalog = call.query.get("catalog_name")
    if not catalog:
        raise invalid("catalog_name is needed")
    schemas, names = _like(call.query.get("schema_name_pattern")), _like(call.query.get("table_name_pattern"))
    chosen = []
    for table in call.state.catalog.tables.values():
        parts = table.parts()
        if (
            table.table_type
            and parts[0] == catalog.lower()
            and schemas.fullmatch(parts[1])
            and names.fullmatch(parts[2])
        ):
            chosen.append(table)

    def render(table: Table) -> dict[str, Any]:
        return {"full_name": table.full_name, "table_type": table.table_type}

    return page(call, "tables", chosen, lambda table: table.full_name, render, always=True)


@route("GET", f"{UC}/metastore_summary")
def metastore_summary(call: Call) -> Any:
    """The metastore that the workspace is attached to."""
    state = call.state
    return {
        "metastore_id": state.metastore_id,
        "global_metastore_id": f"aws:us-west-2:{state.metastore_id}",
        "name": "test_metastore",
        "cloud": "aws",
        "region": "us-west-2",
        "owner": "metastore-admins",
        "delta_sharing_scope": state.sharing_scope,
        "delta_sharing_recipient_token_lifetime_in_seconds": call.world.settings.token_lifetime_s,
        "delta_sharing_organization_name": state.organization,
        "privilege_model_version": "1.0",
    }


@route("GET", f"{UC}/current-metastore-assignment")
def current_metastore_assignment(call: Call) -> Any:
    """Workspace and metastore."""
    return {"metastore_id": call.state.metastore_id, "workspace_id": 1234567890123456, "default_catalog_name": "main"}


def _like(pattern: str | None) -> re.Pattern[str]:
    """A SQL LIKE pattern as a regular expression; none, or an empty one, matches everything."""
    if not pattern:
        return re.compile(".*", re.DOTALL)
    parts = {"%": ".*", "_": "."}
    return re.compile("".join(parts.get(char, re.escape(char)) for char in pattern.lower()), re.DOTALL)
