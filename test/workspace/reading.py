"""What a recipient reads: a table or view of a share, with the share's partition filter and the recipient's properties.

For tests, by control calls; no request is logged.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from .access import Caller
from .errors import denied, invalid, missing
from .render import recipient_properties, shared_object
from .state import TABLE_LIKE, Recipient, Share, SharedObject

if TYPE_CHECKING:
    from .world import World


async def read_as_recipient(world: World, recipient_name: str, share_name: str, table: str) -> dict[str, Any]:
    """Columns and rows of `schema.table`, as named in the share; an error is Spark's."""
    state = world.state
    recipient, share = state.recipient(recipient_name), state.share(share_name)
    if "SELECT" not in share.grants.get(recipient.principal_id, set()):
        raise denied(f"Recipient '{recipient.name}' does not have SELECT on Share '{share.name}'.")
    name, filters = _source(world, share, table.lower())
    parameters: list[dict[str, Any]] = []
    condition = _condition(filters, recipient, parameters)
    text = f"SELECT * FROM {_quoted(name)}" + (f" WHERE {condition}" if condition else "")
    return await _run(world, Caller(share.owner), recipient, text, parameters)


async def query(world: World, text: str, recipient_name: str | None) -> dict[str, Any]:
    """Columns and rows of a query by an administrator, after SET RECIPIENT if there is one."""
    recipient = None if recipient_name is None else world.state.recipient(recipient_name)
    return await _run(world, Caller("admin@example.com"), recipient, text, [])


async def _run(
    world: World, caller: Caller, recipient: Recipient | None, text: str, parameters: list[dict[str, Any]]
) -> dict[str, Any]:
    session = world.statements.session(caller, recipient)
    about, rows = await world.engine.run({"id": str(uuid.uuid4()), "text": text, "parameters": parameters, **session})
    if "error" in about:
        raise invalid(about["error"]["message"])
    if "view" in about:
        raise invalid("only to read: a statement creates views")
    return {"columns": [column["name"] for column in about["columns"]], "rows": [json.loads(row) for row in rows]}


def _source(world: World, share: Share, table: str) -> tuple[str, list[dict[str, Any]]]:
    """Full name and partition filter of what a share offers under a name."""
    for entry in share.objects.values():
        if entry.data_object_type == "SCHEMA" and _in_schema(world, entry, table):
            return f"{entry.name.partition('.')[0]}.{table}", []
        if entry.data_object_type in TABLE_LIKE and (entry.shared_as or "").lower() == table:
            if shared_object(world.state, entry)["status"] != "ACTIVE":
                break
            return entry.name, entry.partitions or []
    raise missing("TABLE", f"{share.name}.{table}")


def _in_schema(world: World, entry: SharedObject, table: str) -> bool:
    catalog, _, schema = entry.name.partition(".")
    found = world.state.catalog.find(f"{catalog}.{table}")
    return table.startswith(f"{schema}.") and found is not None and found.shared_type in TABLE_LIKE


def _condition(filters: list[dict[str, Any]], recipient: Recipient, parameters: list[dict[str, Any]]) -> str:
    """Entries are alternatives, the values of one must all fit. A property that the recipient lacks fits nothing."""
    properties = recipient_properties(recipient)
    alternatives = []
    for entry in filters:
        parts = ["true"]
        for value in entry["values"]:
            column = f"CAST({_quoted(value['name'])} AS STRING)"
            key = value.get("recipient_property_key")
            if key is None and "value" not in value:
                parts.append(f"{column} IS NULL")
                continue
            parameters.append(
                {
                    "name": f"p{len(parameters)}",
                    "type": "STRING",
                    "value": value["value"] if key is None else properties.get(key),
                }
            )
            parts.append(f"{column} {'LIKE' if value['op'] == 'LIKE' else '='} :{parameters[-1]['name']}")
        alternatives.append(f"({' AND '.join(parts)})")
    return " OR ".join(alternatives)


def _quoted(name: str) -> str:
    return ".".join(f"`{part.replace('`', '``')}`" for part in name.split("."))
