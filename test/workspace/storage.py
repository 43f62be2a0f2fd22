"""The cloud store behind external links: a port of its own that knows nothing of the platform and its credentials."""

from __future__ import annotations

import secrets
import urllib.parse
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from .delivery import Reply
from .results import Chunk, chunk_info, next_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .statements import Statement
    from .world import World

_KEY_HEADER = "x-amz-server-side-encryption-customer-key"


@dataclass
class Link:
    """A signed link to a chunk; `headers` must come with the request."""

    path: str
    signature: str
    headers: dict[str, str]
    expires_ms: float
    chunk: Chunk


def external_link(world: World, statement: Statement, index: int) -> dict[str, Any]:
    """A fresh ExternalLink; older ones to the same chunk stay valid until they expire."""
    result = statement.result
    assert result is not None
    expires_ms = world.state.now_ms() + world.settings.link_ttl_s * 1000
    link = Link(
        f"/results-bucket/{statement.id}/chunk-{index}.json",
        secrets.token_hex(32),
        {
            "x-amz-server-side-encryption-customer-algorithm": "AES256",
            _KEY_HEADER: secrets.token_urlsafe(24),
        },
        expires_ms,
        result.chunks[index],
    )
    world.links[link.signature] = link
    credential = "AKIATEST/20260102/eu-west-1/s3/aws4_request"
    query = urllib.parse.urlencode(
        {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": credential,
            "X-Amz-Expires": max(1, round(world.settings.link_ttl_s)),
            "X-Amz-Signature": link.signature,
        }
    )
    moment = datetime.fromtimestamp(expires_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return {
        **chunk_info(result, index, True),
        "external_link": f"{world.storage_url}{link.path}?{query}",
        "expiration": moment.replace("+00:00", "Z"),
        "http_headers": dict(link.headers),
        **next_of(result, index, statement.id),
    }


def serve_link(world: World, method: str, target: str, headers: Mapping[str, str]) -> Reply:
    """Answer a request at the storage port, as a cloud store does. Breaches are noted by their names alone."""
    path, _, query = target.partition("?")
    for name in ("Authorization", "Cookie"):
        if name in headers:
            world.violate("authorization_on_link", method, path, f"{name} was sent to a result link")
    for name in headers:
        if name.lower().startswith("x-databricks-"):
            world.violate("identity_on_link", method, path, f"{name} was sent to a result link")
    if "Authorization" in headers:
        return _refusal(400, "InvalidArgument", "Only one auth mechanism allowed")
    if method not in ("GET", "HEAD"):
        return _refusal(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
    values = dict(urllib.parse.parse_qsl(query))
    link = world.links.get(values.get("X-Amz-Signature", ""))
    if link is None or link.path != urllib.parse.unquote(path):
        return _refusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
    if link.expires_ms < world.state.now_ms():
        return _refusal(403, "AccessDenied", "Request has expired")
    if any(headers.get(name) != value for name, value in link.headers.items()):
        return _refusal(403, "AccessDenied", "The key of the object was not sent, or is another one.")
    if link.chunk.file is not None:
        return Reply(200, file=link.chunk.file, content_type="binary/octet-stream")
    body = link.chunk.text().encode("utf-8", "surrogatepass")
    return Reply(200, body=body, content_type="binary/octet-stream")


def _refusal(status: int, code: str, message: str) -> Reply:
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{escape(message)}</Message>'
        f"<RequestId>{secrets.token_hex(8).upper()}</RequestId></Error>"
    )
    return Reply(status, body=text.encode(), content_type="application/xml")
