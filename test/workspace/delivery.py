"""How a reply leaves: whole, or as a fault wants it."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from .faults import LOGIN_PAGE, MARK, Fault
from .results import RawJson

_CHUNK = 1 << 20


@dataclass
class Reply:
    """An answer before it is sent. `payload` None: no content."""

    status: int
    payload: Any = None
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    file: Path | None = None  # instead of a body

    def encode(self, ascii_only: bool) -> None:
        """Turn the payload into bytes; the platform escapes as it likes, and what is raw stays as it is."""
        raw: dict[str, str] = {}
        text = json.dumps(_without_raw(self.payload, raw), ensure_ascii=ascii_only)
        for place, part in raw.items():
            text = text.replace(json.dumps(place), part, 1)
        for mark in (MARK, json.dumps(MARK).strip('"')):
            text = text.replace(mark, "\udcff\udcfe")
        self.body = text.encode("utf-8", errors="surrogateescape")

    def load(self) -> None:
        """The file becomes the body, so that it can be cut."""
        if self.file is not None:
            self.body, self.file = self.file.read_bytes(), None


def _without_raw(value: Any, raw: dict[str, str]) -> Any:
    """A copy in which names stand for raw parts."""
    if isinstance(value, RawJson):
        place = f"raw-json-{secrets.token_hex(16)}"
        raw[place] = str(value)
        return place
    if isinstance(value, dict):
        return {key: part if key == "columns" else _without_raw(part, raw) for key, part in value.items()}
    if isinstance(value, list) and any(isinstance(part, (dict, RawJson)) for part in value[:1]):
        return [_without_raw(part, raw) for part in value]
    return value


def instead_of(fault: Fault, reply: Reply | None) -> Reply:
    """The reply that a fault puts in place of the real one."""
    options = fault.options
    headers = dict(options.get("headers", {}))
    if fault.kind == "status":
        body = options.get("body", {"error_code": "TEMPORARILY_UNAVAILABLE", "message": "ordered by the test"})
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        content_type = "text/plain" if isinstance(body, str) else "application/json"
        return Reply(
            options.get("status", 503),
            body=raw,
            content_type=headers.pop("Content-Type", content_type),
            headers=headers,
        )
    if fault.kind == "html":
        return Reply(options.get("status", 200), body=LOGIN_PAGE.encode(), content_type="text/html", headers=headers)
    if fault.kind == "not_json":
        return Reply(200, body=b"this is not JSON {")
    if fault.kind == "empty":
        return Reply(200)
    if fault.kind == "nested":
        depth = options.get("depth", 10_000)
        return Reply(200, body=b'{"shares":' + b"[" * depth + b"]" * depth + b"}")
    assert reply is not None
    return reply


async def send(
    request: web.Request, reply: Reply, fault: Fault | None, released: asyncio.Event
) -> tuple[web.StreamResponse, bool]:
    """Send a reply, cut short or slowly if the fault says so; and whether the client left before its end."""
    headers = {**reply.headers, "Content-Type": reply.content_type}
    if fault is None or fault.kind not in ("stall", "truncate", "drip", "huge"):
        if reply.file is not None:
            return await _send_file(request, reply.file, headers)
        return web.Response(status=reply.status, body=reply.body, headers=headers), gone(request)
    reply.load()
    response = web.StreamResponse(status=reply.status, headers=headers)
    try:
        if fault.kind == "huge":
            await _send_huge(request, response, int(fault.options.get("megabytes", 100)))
        elif fault.kind == "drip":
            await _send_dripping(request, response, reply.body, fault)
        else:
            return response, await _send_part(request, response, reply.body, fault, released)
    except ConnectionError:
        return response, True
    return response, False


class _SentFile(web.FileResponse):
    """A file that is sent by `prepare`; aiohttp calls that once more when the handler has returned it."""

    begun = False

    async def prepare(self, request: web.BaseRequest) -> Any:
        if self.begun:
            return self._payload_writer
        self.begun = True
        return await super().prepare(request)


async def _send_file(request: web.Request, path: Path, headers: dict[str, str]) -> tuple[web.StreamResponse, bool]:
    """A file of any size, by sendfile."""
    response = _SentFile(path, chunk_size=_CHUNK, headers=headers)
    try:
        await response.prepare(request)
    except (ConnectionError, RuntimeError):  # the latter: asyncio's word for a closing transport
        close(request)
        return web.Response(), True
    return response, gone(request)


async def _send_part(
    request: web.Request, response: web.StreamResponse, body: bytes, fault: Fault, released: asyncio.Event
) -> bool:
    """Stall or truncate: the length promises more than is sent."""
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: min(int(fault.options.get("bytes", len(body) // 2)), len(body) - 1)])
    if fault.kind == "stall":
        await hold(request, released)
    left = gone(request)
    close(request)
    return left


async def _send_dripping(request: web.Request, response: web.StreamResponse, body: bytes, fault: Fault) -> None:
    response.content_length = len(body)
    await response.prepare(request)
    step = int(fault.options.get("bytes", 1))
    for start in range(0, len(body), step):
        await response.write(body[start : start + step])
        await asyncio.sleep(fault.options.get("ms", 10) / 1000)
    await response.write_eof()


async def _send_huge(request: web.Request, response: web.StreamResponse, megabytes: int) -> None:
    await response.prepare(request)
    await response.write(b'{"shares":[{"name":"huge","comment":"')
    for _ in range(megabytes):
        await response.write(b"x" * _CHUNK)
    await response.write(b'"}]}')
    await response.write_eof()


def gone(request: web.Request) -> bool:
    """Whether the client has closed the connection."""
    return request.transport is None or request.transport.is_closing()


async def hold(request: web.Request, released: asyncio.Event) -> None:
    """Keep a request unanswered until the client goes away or the faults are cleared."""
    while not gone(request) and not released.is_set():
        try:
            await asyncio.wait_for(released.wait(), 0.02)
        except TimeoutError:
            continue


def close(request: web.Request) -> None:
    """End the connection in the orderly way."""
    if request.transport is not None:
        request.transport.close()


def reset(request: web.Request) -> None:
    """End the connection with an RST."""
    if request.transport is None:
        return
    raw = request.transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
