"""The way of a request: gate, latency, faults, handler, reply, log."""

from __future__ import annotations

import asyncio
import inspect
import time
import traceback
import urllib.parse
import uuid
from typing import Any

from aiohttp import web

from . import (  # noqa: F401  (importing a routes module registers its routes)
    control,
    delivery,
    gate,
    routes_activation,
    routes_catalog,
    routes_federation,
    routes_oauth,
    routes_permissions,
    routes_providers,
    routes_recipients,
    routes_shares,
    routes_statements,
    routes_warehouses,
)
from .delivery import Reply
from .errors import ApiError, body_of, invalid, status_of
from .faults import Fault, rewrite
from .pagination import first_token
from .routes_oauth import OAuthError
from .routing import ROUTES, Call, Route
from .storage import serve_link
from .validate import parse_json, parse_query
from .world import World

MAX_BODY = 512 * 1024 * 1024
_EXTRA = {"x_future_field": {"nested": [1, None, "\u00e9"], "enabled": True}}
_MAPS = ("properties", "delta_runtime_properties", "http_headers", "data_array")  # what is in here is data, not fields


def make_app(world: World) -> web.Application:
    """The application: one entry for everything, since the path rules are our own."""
    by_shape: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}
    for entry in ROUTES:
        parts = entry.path.split("/")
        by_shape.setdefault((entry.method, len(parts)), []).append((parts, entry))
    serve = _Server(world, by_shape)
    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_route("*", "/{tail:.*}", serve.handle)
    return app


class _Server:
    """The only aiohttp handler."""

    def __init__(self, world: World, by_shape: dict[tuple[str, int], list[tuple[list[str], Route]]]):
        self.world = world
        self.by_shape = by_shape

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, and log it unless it is a control call."""
        if request.raw_path.startswith(control.PREFIX):
            return await control.answer(self.world, request)
        observed, started = self.world.observed, time.monotonic()
        entry: dict[str, Any] = {
            "seq": observed.total + 1,
            "method": request.method,
            "path": request.raw_path,
            "status": 0,  # stays 0 if no answer was sent
            "gone": False,  # whether the client left before the answer
            "at_ms": round((started - self.world.started) * 1000, 3),
            "in_flight": observed.begin(),
            "connection": _peer_port(request),
            "user_agent": request.headers.get("User-Agent"),
        }
        observed.connections.add(entry["connection"])
        try:
            return await self._answer(request, entry)
        finally:
            entry["ms"] = round((time.monotonic() - started) * 1000, 3)
            entry["path"] = self.world.redact(entry["path"])
            observed.end(entry)

    async def _answer(self, request: web.Request, entry: dict[str, Any]) -> web.StreamResponse:
        world, request_id = self.world, str(uuid.uuid4())
        body = await request.read()
        fault: Fault | None = None
        entry["request_id"] = request_id
        if _local_port(request) == world.storage_port:
            return await self._answer_as_storage(request, entry)
        try:
            call, route = self._admit(request, body)
            delay, fault = world.faults.choose(request.method, request.raw_path)
            delay += world.latency_ms(request.raw_path)
            if delay:
                await asyncio.sleep(delay / 1000)
            entry["fault"] = fault.kind if fault else None
            if fault and fault.when == "before":
                return await self._misbehave(request, entry, fault, None)
            payload = self._run(call, route, request, body, entry)
            if inspect.isawaitable(payload):
                payload = await payload
            reply = self._reply(route, payload)
        except ApiError as error:
            if error.violation:
                world.violate(error.violation, request.method, request.raw_path, error.message)
            reply = self._error_reply(error, request_id)
        except Exception:  # a mistake in here must be seen, by the test and by its reader
            traceback.print_exc()
            reply = self._error_reply(
                ApiError("INTERNAL_ERROR", "the test workspace failed: see its stderr", 500), request_id
            )
            world.violate("internal_error", request.method, request.raw_path, traceback.format_exc(limit=-1))
        reply.headers["x-request-id"] = request_id
        if fault:
            return await self._misbehave(request, entry, fault, reply)
        return await self._send(request, entry, reply, None)

    async def _answer_as_storage(self, request: web.Request, entry: dict[str, Any]) -> web.StreamResponse:
        """A result link: no platform, no platform errors; faults and latency as everywhere."""
        world, target = self.world, request.raw_path
        entry["path"] = target.partition("?")[0]
        entry["storage"] = True
        delay, fault = world.faults.choose(request.method, target)
        delay += world.latency_ms(target)
        if delay:
            await asyncio.sleep(delay / 1000)
        entry["fault"] = fault.kind if fault else None
        if fault and fault.when == "before":
            return await self._misbehave(request, entry, fault, None)
        reply = serve_link(world, request.method, target, request.headers)
        if fault:
            return await self._misbehave(request, entry, fault, reply)
        return await self._send(request, entry, reply, None)

    def _admit(self, request: web.Request, body: bytes) -> tuple[Call, Route]:
        """The route, and the call as far as the gate knows it."""
        path = request.raw_path.partition("?")[0]
        found = self._match(request.method, path)
        if found is None:
            gate.check_unknown_target(self.world, request.raw_path)
            raise ApiError("ENDPOINT_NOT_FOUND", f"No API found for '{request.method} {self.world.redact(path)}'", 404)
        route, params = found
        caller = gate.admit(self.world, route, request.raw_path, request.headers, body)
        call = Call(
            self.world,
            caller,
            request.method,
            path,
            params,
            headers=request.headers,
            remote=request.remote or "127.0.0.1",
        )
        return call, route

    def _match(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Segments are split before they are decoded, so that an encoded slash is part of a name."""
        parts = path.split("/")
        for pattern, route in self.by_shape.get((method, len(parts)), []):
            pairs = list(zip(pattern, parts, strict=True))
            if all(have if want.startswith("{") else want == have for want, have in pairs):
                return route, {want[1:-1]: _decoded(have) for want, have in pairs if want.startswith("{")}
        return None

    def _run(self, call: Call, route: Route, request: web.Request, body: bytes, entry: dict[str, Any]) -> Any:
        """Check query and body, then let the handler work: nothing else runs meanwhile."""
        try:
            pairs = urllib.parse.parse_qsl(request.raw_path.partition("?")[2], keep_blank_values=True, errors="strict")
        except UnicodeDecodeError:
            raise invalid("the query is not UTF-8", "unencoded_url") from None
        call.query = parse_query(pairs, route.query)
        if route.form:
            call.body = body
        elif route.body is not None:
            call.body = parse_json(body) if body or not route.optional_body else {}
            entry["body"] = call.body
            route.body(call.body, "")
        return route.handler(call)

    def _reply(self, route: Route, payload: Any) -> Reply:
        if payload is None:
            return Reply(200, {} if self.world.flip("no content") else None)
        if self.world.settings.extra_fields and not (route.public or route.form):
            payload = _with_extra(payload)
        return Reply(200, payload)

    def _error_reply(self, error: ApiError, request_id: str) -> Reply:
        settings = self.world.settings
        status = status_of(error, settings.missing_status, settings.exists_status)
        if isinstance(error, OAuthError):
            return Reply(status, {"error": error.code, "error_description": error.message})
        return Reply(status, body_of(error, request_id))

    async def _misbehave(
        self, request: web.Request, entry: dict[str, Any], fault: Fault, reply: Reply | None
    ) -> web.StreamResponse:
        if fault.kind == "hang":
            await delivery.hold(request, self.world.faults.released)
            entry["gone"] = delivery.gone(request)
            delivery.close(request)
        elif fault.kind == "close":
            delivery.close(request)
        elif fault.kind == "reset":
            delivery.reset(request)
        else:
            if reply is not None and isinstance(reply.payload, dict):
                sent = request.query.get("page_token")
                path = request.raw_path.partition("?")[0]
                reply.payload = rewrite(fault, reply.payload, sent, lambda: first_token(path, self.world.next_nonce()))
            return await self._send(request, entry, delivery.instead_of(fault, reply), fault)
        return web.Response()

    async def _send(
        self, request: web.Request, entry: dict[str, Any], reply: Reply, fault: Fault | None
    ) -> web.StreamResponse:
        if reply.payload is not None:
            reply.encode(ascii_only=self.world.flip("escapes"))
        entry["status"] = reply.status
        response, entry["gone"] = await delivery.send(request, reply, fault, self.world.faults.released)
        return response


def _decoded(segment: str) -> str:
    """A path segment without its percent-encoding."""
    try:
        return urllib.parse.unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise invalid("the path is not UTF-8", "unencoded_url") from None


def _peer_port(request: web.Request) -> int:
    """What tells connections apart."""
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return int(peer[1]) if peer else 0


def _local_port(request: web.Request) -> int:
    """Which of our ports the client came to."""
    own = request.transport.get_extra_info("sockname") if request.transport else None
    return int(own[1]) if own else 0


def _with_extra(value: Any) -> Any:
    """A copy in which every object has a field that no client knows."""
    if isinstance(value, list):
        return [_with_extra(element) for element in value]
    if not isinstance(value, dict):
        return value
    copied = {key: element if key in _MAPS else _with_extra(element) for key, element in value.items()}
    return copied | _EXTRA
