"""The control API, for tests only: what the workspace holds, how it behaves, and what it saw."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from .access import PRIVILEGES, Caller
from .audit_rows import generate
from .canned import check_canned
from .catalog import set_rows
from .dump import dump
from .errors import ApiError, invalid, missing
from .faults import KINDS
from .reading import query as run_query
from .reading import read_as_recipient
from .routes_activation import consume
from .routes_providers import ASSET_KINDS
from .seed import seed
from .share_rules import apply_updates
from .state import FederationPolicy, Provider, SharedObject
from .world import World

PREFIX = "/__control__/"

Command = Callable[[World, Any, dict[str, str]], Any]
_COMMANDS: dict[tuple[str, str], Command] = {}


async def answer(world: World, request: web.Request) -> web.Response:
    """Run one control call. Replies are JSON with sorted keys."""
    name = request.path[len(PREFIX) :].strip("/")
    command = _COMMANDS.get((request.method, name))
    raw = await request.read()
    try:
        if command is None:
            raise ApiError("NOT_FOUND", f"no control call {request.method} {name}; there are: {_listing()}", 404)
        value = command(world, json.loads(raw) if raw else {}, dict(request.query))
        if inspect.isawaitable(value):
            value = await value
    except ApiError as error:
        return web.json_response({"error_code": error.code, "message": error.message}, status=error.status or 400)
    except (ValueError, TypeError, KeyError, AttributeError, re.error) as error:
        return web.json_response(
            {"error_code": "BAD_CONTROL_CALL", "message": f"{type(error).__name__}: {error}"}, status=400
        )
    return web.Response(
        text=json.dumps({} if value is None else value, sort_keys=True, indent=None if name == "audit" else 1) + "\n",
        content_type="application/json",
    )


def _command(method: str, name: str) -> Callable[[Command], Command]:
    def register(command: Command) -> Command:
        _COMMANDS[(method, name)] = command
        return command

    return register


def _listing() -> str:
    return ", ".join(f"{method} {name}" for method, name in sorted(_COMMANDS, key=lambda entry: entry[1]))


def _items(body: Any) -> list[Any]:
    return body if isinstance(body, list) else [body]


# -- the workspace as a whole


@_command("GET", "health")
def _health(world: World, body: Any, query: dict[str, str]) -> Any:
    return {
        "base_url": world.base_url,
        "commands": [f"{method} {name}" for method, name in sorted(_COMMANDS, key=lambda entry: entry[1])],
    }


@_command("POST", "reset")
def _reset(world: World, body: Any, query: dict[str, str]) -> None:
    world.reset()


@_command("GET", "settings")
def _settings(world: World, body: Any, query: dict[str, str]) -> Any:
    return asdict(world.settings)


@_command("PATCH", "settings")
def _change_settings(world: World, body: Any, query: dict[str, str]) -> Any:
    world.settings.change(body)
    return asdict(world.settings)


@_command("PUT", "latency")
def _latency(world: World, body: Any, query: dict[str, str]) -> None:
    """{"ms": for every call, "rules": [{"path": regex, "ms": n}]}: the first rule that fits wins."""
    rules = [(re.compile(rule["path"]), float(rule["ms"])) for rule in body.get("rules", [])]
    world.settings.change({"latency_ms": float(body.get("ms", 0))})
    world.latency_rules = rules


@_command("POST", "clock")
def _clock(world: World, body: Any, query: dict[str, str]) -> Any:
    """{"advance_seconds": n}: move the workspace's time, e.g. past a token's expiry."""
    world.state.clock_offset_ms += int(body["advance_seconds"] * 1000)
    return {"now_ms": world.state.now_ms()}


@_command("GET", "dump")
def _dump(world: World, body: Any, query: dict[str, str]) -> Any:
    """?stable=1 blanks identifiers, times and links."""
    return dump(world.state, query.get("stable") in ("1", "true"))


# -- what was seen


@_command("GET", "log")
def _log(world: World, body: Any, query: dict[str, str]) -> Any:
    """?path=regex, ?method=, ?bodies=1."""
    observed, pattern = world.observed, re.compile(query.get("path", ""))
    entries = [
        entry if query.get("bodies") else {name: value for name, value in entry.items() if name != "body"}
        for entry in observed.entries
        if pattern.search(entry["path"]) and query.get("method", entry["method"]) == entry["method"]
    ]
    return {
        "entries": entries,
        "count": len(entries),
        "total": observed.total,
        "in_flight": observed.in_flight,
        "in_flight_max": observed.in_flight_max,
        "connections": len(observed.connections),
        "oauth_tokens_issued": world.credentials.issued_count,
    }


@_command("DELETE", "log")
def _clear_log(world: World, body: Any, query: dict[str, str]) -> None:
    world.observed.clear()


@_command("GET", "violations")
def _violations(world: World, body: Any, query: dict[str, str]) -> Any:
    return {"violations": world.violations}


@_command("DELETE", "violations")
def _clear_violations(world: World, body: Any, query: dict[str, str]) -> None:
    world.violations.clear()


# -- misbehaviour


@_command("GET", "faults")
def _faults(world: World, body: Any, query: dict[str, str]) -> Any:
    return {
        "faults": [fault.describe() for fault in world.faults.orders],
        "kinds": {kind: text for kind, (text, _) in KINDS.items()},
    }


@_command("POST", "faults")
def _add_faults(world: World, body: Any, query: dict[str, str]) -> Any:
    return {"ids": [world.faults.add(order).id for order in _items(body)]}


@_command("DELETE", "faults")
def _clear_faults(world: World, body: Any, query: dict[str, str]) -> None:
    """?id=n removes one; otherwise all go, and every held request is let go."""
    if "id" in query:
        world.faults.remove(int(query["id"]))
    else:
        world.faults.clear()


# -- who may


@_command("PUT", "tokens")
def _tokens(world: World, body: Any, query: dict[str, str]) -> None:
    """A list of {"token", "principal", "superuser", "privileges"}: these bearer tokens and no others."""
    tokens = {}
    for entry in _items(body):
        privileges = frozenset(entry.get("privileges", ()))
        if privileges - set(PRIVILEGES):
            raise invalid(f"privileges: among {', '.join(PRIVILEGES)}")
        superuser = bool(entry.get("superuser", "privileges" not in entry))
        tokens[entry["token"]] = Caller(entry.get("principal", "admin@example.com"), superuser, privileges)
    world.credentials.tokens = tokens


@_command("POST", "oauth/expire")
def _expire_oauth(world: World, body: Any, query: dict[str, str]) -> None:
    world.credentials.expire_issued()


# -- what the workspace holds


@_command("POST", "seed")
def _seed(world: World, body: Any, query: dict[str, str]) -> Any:
    """{"shares", "grants", "recipients", "objects", "prefix"}."""
    return seed(world.state, **body)


@_command("GET", "tables")
def _tables(world: World, body: Any, query: dict[str, str]) -> Any:
    return {
        "tables": [asdict(table) for table in world.state.catalog.tables.values()],
        "schemas": sorted(world.state.catalog.schemas),
    }


@_command("POST", "tables")
def _add_tables(world: World, body: Any, query: dict[str, str]) -> Any:
    """One or many {"full_name", "table_type", "columns", "current_version", "deletion_vectors", ...}; replaces."""
    return {"added": [world.state.catalog.add_from(entry).full_name for entry in _items(body)]}


@_command("DELETE", "tables")
def _remove_tables(world: World, body: Any, query: dict[str, str]) -> None:
    """{"names": [...]}."""
    for name in body["names"]:
        if not world.state.catalog.remove(name):
            raise missing("TABLE", name)


@_command("POST", "rows")
def _set_rows(world: World, body: Any, query: dict[str, str]) -> None:
    """One or many {"full_name", "rows": [[...] or {...}]}: what a table holds from now on."""
    for entry in _items(body):
        table = world.state.catalog.find(entry["full_name"])
        if table is None:
            raise missing("TABLE", entry["full_name"])
        set_rows(table, entry["rows"])


@_command("POST", "tags")
def _set_tags(world: World, body: Any, query: dict[str, str]) -> None:
    """One or many {"full_name", "column", "tags": {name: value}}: all tags of a column, or without it of the table."""
    for entry in _items(body):
        table = world.state.catalog.find(entry["full_name"])
        if table is None:
            raise missing("TABLE", entry["full_name"])
        tags = {str(name): str(value) for name, value in entry["tags"].items()}
        if "column" not in entry:
            table.tags = tags
        elif entry["column"] in [column["name"] for column in table.columns]:
            table.column_tags[entry["column"]] = tags
        else:
            raise invalid(f"'{table.full_name}' has no column {entry['column']}")


@_command("POST", "schemas")
def _add_schemas(world: World, body: Any, query: dict[str, str]) -> None:
    """{"names": ["catalog.schema", ...]}: schemas without tables."""
    world.state.catalog.schemas.update(name.lower() for name in body["names"])


@_command("POST", "objects")
def _force_object(world: World, body: Any, query: dict[str, str]) -> None:
    """{"share", "object": {...}}: an object with any fields and enum values in replies, past all rules."""
    state, share, given = world.state, world.state.share(body["share"]), dict(body["object"])
    name, kind = given.pop("name"), given.pop("data_object_type", "METRIC_VIEW")
    share.objects[name] = SharedObject(name, kind, state.stamp(), "admin@example.com", extra=given)


@_command("POST", "updates")
def _apply_updates(world: World, body: Any, query: dict[str, str]) -> None:
    """{"share", "updates": [...]}: a change by somebody else, without a logged request."""
    apply_updates(
        world.state, world.state.share(body["share"]), body["updates"], "other@example.com", partial=False, merge=False
    )


@_command("POST", "recipients")
def _force_recipient(world: World, body: Any, query: dict[str, str]) -> None:
    """{"recipient", "set": {...}}: reply fields of a recipient, e.g. an unknown authentication_type."""
    world.state.recipient(body["recipient"]).extra.update(body["set"])


@_command("POST", "grants")
def _force_grant(world: World, body: Any, query: dict[str, str]) -> None:
    """{"share", "recipient" or "principal_id", "privileges": [...]}: [] revokes."""
    share = world.state.share(body["share"])
    principal_id = body.get("principal_id") or world.state.recipient(body["recipient"]).principal_id
    share.grants[principal_id] = set(body.get("privileges", ["SELECT"]))
    if not share.grants[principal_id]:
        del share.grants[principal_id]


@_command("POST", "activate")
def _activate(world: World, body: Any, query: dict[str, str]) -> Any:
    """{"recipient"}: open its newest activation link, as the recipient would."""
    recipient = world.state.recipient(body["recipient"])
    for token in reversed(recipient.tokens):
        if token.activation_code:
            return consume(world.state, recipient, token)
    raise missing("RESOURCE", "activation link")


@_command("POST", "read")
async def _read(world: World, body: Any, query: dict[str, str]) -> Any:
    """{"recipient", "share", "table": "schema.table"}: columns and rows that the recipient gets to see."""
    return await read_as_recipient(world, body["recipient"], body["share"], body["table"])


@_command("POST", "query")
async def _query(world: World, body: Any, query: dict[str, str]) -> Any:
    """{"statement", "recipient"}: columns and rows of a query, with the properties of a recipient if one is named."""
    return await run_query(world, body["statement"], body.get("recipient"))


@_command("POST", "providers")
def _add_provider(world: World, body: Any, query: dict[str, str]) -> None:
    """{"name", "authentication_type", ..., "shares": [{"name", "tables": [...], "functions", "volumes", "notebooks"}]}."""
    state, given = world.state, dict(body)
    shares = given.pop("shares", [])
    now, by = state.stamp(), "admin@example.com"
    base = {
        "authentication_type": "DATABRICKS",
        "owner": by,
        "created_at": now,
        "created_by": by,
        "updated_at": now,
        "updated_by": by,
    }
    provider = Provider(**{**base, **given})
    for share in shares:
        share_id = state.new_uuid()
        provider.assets[share["name"]] = {"id": share_id}
        for kind in ASSET_KINDS:
            entries = [
                {"id": state.new_uuid(), "share": share["name"], "share_id": share_id, **entry}
                for entry in share.get(kind, [])
            ]
            provider.assets[share["name"]][kind] = entries
    state.providers[provider.name.lower()] = provider


# -- warehouses, statements and the audit log


@_command("GET", "warehouses")
def _warehouses(world: World, body: Any, query: dict[str, str]) -> Any:
    return {"warehouses": [warehouse.info() for warehouse in world.warehouses.by_id.values()]}


@_command("POST", "warehouses")
async def _change_warehouses(world: World, body: Any, query: dict[str, str]) -> Any:
    """{"id": the default one, "state": "STOPPED", "start_s": 0.5, "name"}: makes or changes it."""
    return {"warehouses": [world.warehouses.change(entry).info() for entry in _items(body)]}


@_command("GET", "statements")
def _statements(world: World, body: Any, query: dict[str, str]) -> Any:
    return {
        "statements": [
            {
                "statement_id": entry.id,
                "statement": entry.order["statement"],
                "parameters": entry.order["parameters"],
                "order": {key: part for key, part in entry.order.items() if key not in ("statement", "parameters")},
                "state": entry.state,
                "error": entry.error,
                "sql_state": entry.sql_state,
                "cancel_asked": entry.cancel_asked,
                "polls": entry.polls,
                "chunks_asked": entry.chunks_asked,
                "links_given": entry.links_given,
                "canned": entry.canned,
                "rows": entry.result.row_count() if entry.result else None,
            }
            for entry in world.statements.by_id.values()
        ]
    }


@_command("POST", "statements/canned")
def _can(world: World, body: Any, query: dict[str, str]) -> None:
    """One or many results that a test prescribes: see canned.py. The first that fits is used."""
    world.statements.canned.extend([check_canned(order) for order in _items(body)])


@_command("DELETE", "statements/canned")
def _uncan(world: World, body: Any, query: dict[str, str]) -> None:
    world.statements.canned.clear()


@_command("GET", "audit")
def _audit(world: World, body: Any, query: dict[str, str]) -> Any:
    return {"rows": world.audit.rows, "count": len(world.audit.rows)}


@_command("POST", "audit")
def _add_audit(world: World, body: Any, query: dict[str, str]) -> Any:
    """One or many rows of system.access.audit; event_time is ISO text or microseconds."""
    return {"count": world.audit.add(_items(body))}


@_command("POST", "audit/generate")
def _generate_audit(world: World, body: Any, query: dict[str, str]) -> Any:
    """{"seed", "count", "days", "now", "shares", "recipients", "tables", "odd"}: see audit_rows.py."""
    return {"count": world.audit.add(generate(**body))}


@_command("DELETE", "audit")
def _clear_audit(world: World, body: Any, query: dict[str, str]) -> None:
    world.audit.clear()


@_command("POST", "federation_policies")
def _add_policy(world: World, body: Any, query: dict[str, str]) -> None:
    """{"recipient", "name", "oidc_policy", "comment"}."""
    recipient, moment = world.state.recipient(body["recipient"]), "2026-01-02T03:04:05Z"
    policy = FederationPolicy(
        world.state.new_uuid(), body["name"], moment, moment, body["oidc_policy"], body.get("comment")
    )
    recipient.policies[policy.name] = policy
