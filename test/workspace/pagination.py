"""Lists in pages: no fixed order, stable within one walk, pages that are empty yet not the last.

A page token names the walk and the place in it, so the server keeps nothing per walk. The order of a walk is that of a
checksum over its nonce and the item's key: an item that appears or vanishes meanwhile moves no other item.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from .errors import invalid
from .routing import Call

Item = TypeVar("Item")


def page(
    call: Call,
    label: str,
    items: Iterable[Item],
    key: Callable[[Item], Any],
    render: Callable[[Item], Any],
    *,
    size_name: str = "max_results",
    smallest: int = 1,
    always: bool = False,
) -> dict[str, Any]:
    """One page as a reply: the items under `label`, and a token unless it is the last.

    `smallest` is the least page size a client may ask for; `always`: paginated even if no size is given.
    """
    settings = call.world.settings
    size = _page_size(call, size_name, smallest, always)
    nonce, after, number = _read_token(call)
    ordered = sorted(((_rank(nonce, key(item)), item) for item in items), key=lambda pair: pair[0])
    rest = [pair for pair in ordered if after is None or pair[0] > after]
    every = settings.empty_page_every
    if size is not None and every > 1 and number % every == 0:
        chosen: list[tuple[tuple[int, str], Item]] = []
    else:
        chosen = rest if size is None else rest[:size]
    reply: dict[str, Any] = {}
    if chosen or call.world.flip("empty list"):
        reply[label] = [render(item) for _, item in chosen]
    if len(chosen) < len(rest):
        reply["next_page_token"] = _write_token(call.path, nonce, chosen[-1][0] if chosen else after, number + 1)
    elif call.world.flip("empty token"):
        reply["next_page_token"] = ""
    return reply


def _page_size(call: Call, size_name: str, smallest: int, always: bool) -> int | None:
    """The page size; None: everything at once."""
    settings = call.world.settings
    asked = call.query.get(size_name)
    if asked is None:
        return settings.page_size if always else None
    if asked < 0 or 0 < asked < smallest:
        raise invalid(f"{size_name}: {asked} is not 0 or at least {smallest}")
    return min(asked, settings.page_size) if asked else settings.page_size


def _rank(nonce: int, key: Any) -> tuple[int, str]:
    """The place of an item in a walk."""
    return zlib.crc32(f"{key}:{nonce}".encode()), str(key)


def _write_token(path: str, nonce: int, after: tuple[int, str] | None, number: int) -> str:
    raw = json.dumps([path, nonce, after, number]).encode()
    return base64.urlsafe_b64encode(raw).decode()


def _read_token(call: Call) -> tuple[int, tuple[int, str] | None, int]:
    """Walk, last item seen and page number; a first page starts a new walk."""
    token = call.query.get("page_token")
    if not token:
        return call.world.next_nonce(), None, 1
    try:
        path, nonce, after, number = json.loads(base64.urlsafe_b64decode(token.encode()))
        place = None if after is None else (int(after[0]), str(after[1]))
    except (ValueError, TypeError, IndexError):
        raise invalid("page_token: not a token of this server") from None
    if path != call.path:
        raise invalid("page_token: from another list")
    return nonce, place, number


def first_token(path: str, nonce: int) -> str:
    """A token that leads to the start of a walk: for faults that make a list endless."""
    return _write_token(path, nonce, None, 1)
