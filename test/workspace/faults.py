"""Misbehaviour on order: which request goes wrong, and how its reply is spoiled.

This module decides and rewrites; `delivery` does what needs the connection.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .errors import invalid

BIG_ID = 2**53 + 1
MARK = "\ue000"  # stands for invalid UTF-8 until the reply is bytes
LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>Sign in</title></head>"
    "<body><form action='/login.html'>Sign in</form></body></html>"
)

# kind: (what it does, whether it spoils a reply and so comes after the change was applied)
KINDS: dict[str, tuple[str, bool]] = {
    "delay": ("wait `ms` first; may come on top of another fault", False),
    "hang": ("never answer", False),
    "close": ("close the connection without an answer", False),
    "reset": ("reset the connection (RST)", False),
    "status": ("answer `status` with `body` (JSON or text) and `headers`", False),
    "html": ("answer a login page, with `status` (200)", False),
    "stall": ("send the headers and `bytes` of the body (half), then nothing", True),
    "truncate": ("the same, then close", True),
    "drip": ("send the body `bytes` (1) at a time, every `ms` (10)", True),
    "not_json": ("answer text that is not JSON", True),
    "empty": ("answer 200 without a body", True),
    "huge": ("answer a JSON text of `megabytes` (100)", True),
    "nested": ("answer JSON nested `depth` (10000) deep", True),
    "patch": ("set reply fields: `set` maps a dotted path (`*`: every item) to a value; `remove` lists paths", True),
    "number_for_text": ("replace the text `at` a path (the first text) by a number", True),
    "big_id": ("replace every integer by `value` (2^53+1)", True),
    "nul": ("put U+0000 into the text `at` a path (the first text)", True),
    "invalid_utf8": ("make the text `at` a path (the first text) invalid UTF-8", True),
    "repeat_token": ("the next page token is the one that was sent", True),
    "endless_pages": ("every page has a next one; `empty`: and no items", True),
}
_OPTIONS = {"method", "path", "kind", "when", "count", "skip", "chance"}


@dataclass
class Fault:
    """One order. `count` None: until cleared."""

    id: int
    kind: str
    method: str
    path: re.Pattern[str]
    when: str
    count: int | None
    skip: int
    chance: float
    options: dict[str, Any]
    seen: int = 0
    hits: int = 0

    def takes(self, method: str, target: str, rng: random.Random) -> bool:
        """Whether this request is hit; counts it."""
        if self.method not in ("*", method) or not self.path.search(target):
            return False
        self.seen += 1
        if (
            self.seen <= self.skip
            or (self.count is not None and self.hits >= self.count)
            or rng.random() >= self.chance
        ):
            return False
        self.hits += 1
        return True

    def describe(self) -> dict[str, Any]:
        """The order and what came of it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "method": self.method,
            "path": self.path.pattern,
            "when": self.when,
            "count": self.count,
            "skip": self.skip,
            "seen": self.seen,
            "hits": self.hits,
            **self.options,
        }


@dataclass
class Faults:
    """All orders, and the event that frees requests held by one of them."""

    orders: list[Fault] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    rng: random.Random = field(default_factory=lambda: random.Random(1))
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, order: dict[str, Any]) -> Fault:
        """Take an order given as JSON."""
        kind, when = order.get("kind"), order.get("when")
        if kind not in KINDS:
            raise invalid(f"kind: one of {', '.join(KINDS)}")
        if when not in (None, "before", "after"):
            raise invalid("when: before or after")
        after = KINDS[kind][1]
        if after and when == "before":
            raise invalid(f"{kind} spoils a reply: when cannot be before")
        options = {name: value for name, value in order.items() if name not in _OPTIONS}
        fault = Fault(
            next(self._ids),
            kind,
            order.get("method", "*").upper(),
            re.compile(order.get("path", "")),
            when or ("after" if after else "before"),
            order.get("count", 1),
            order.get("skip", 0),
            order.get("chance", 1.0),
            options,
        )
        self.orders.append(fault)
        return fault

    def choose(self, method: str, target: str) -> tuple[float, Fault | None]:
        """The delay in ms and the first other fault that hit this request."""
        delay = 0.0
        for fault in self.orders:
            if fault.takes(method, target, self.rng):
                if fault.kind != "delay":
                    return delay, fault
                delay += fault.options.get("ms", 100)
        return delay, None

    def remove(self, fault_id: int) -> None:
        """Forget one order."""
        self.orders = [fault for fault in self.orders if fault.id != fault_id]

    def clear(self) -> None:
        """Forget all orders and free every request that is held."""
        self.orders.clear()
        self.rng = random.Random(1)
        self.released.set()
        self.released = asyncio.Event()


def rewrite(fault: Fault, payload: Any, sent_token: str | None, fresh_token: Callable[[], str]) -> Any:
    """The reply's JSON, spoiled; kinds that do not touch the JSON leave it alone."""
    options = fault.options
    if fault.kind == "patch":
        for path, value in options.get("set", {}).items():
            _assign(payload, path.split("."), value)
        for path in options.get("remove", []):
            _assign(payload, path.split("."), _GONE)
    elif fault.kind == "number_for_text":
        _at_text(payload, options.get("at"), 12345)
    elif fault.kind == "nul":
        _at_text(payload, options.get("at"), "nul\x00inside")
    elif fault.kind == "invalid_utf8":
        _at_text(payload, options.get("at"), f"bad{MARK}text")
    elif fault.kind == "big_id":
        return _integers(payload, options.get("value", BIG_ID))
    elif fault.kind == "repeat_token":
        payload["next_page_token"] = sent_token or payload.get("next_page_token") or fresh_token()
    elif fault.kind == "endless_pages":
        if options.get("empty"):
            payload = {name: value for name, value in payload.items() if not isinstance(value, list)}
        payload["next_page_token"] = fresh_token()
    return payload


_GONE = object()


def _assign(value: Any, path: list[str], new: Any) -> None:
    """Set, or with _GONE remove, what a dotted path leads to; a path that leads nowhere does nothing."""
    step, rest = path[0], path[1:]
    if isinstance(value, list):
        indexes = range(len(value)) if step == "*" else [int(step)] if step.isdigit() and int(step) < len(value) else []
        for index in indexes:
            if rest:
                _assign(value[index], rest, new)
            elif new is not _GONE:
                value[index] = new
    elif isinstance(value, dict):
        if not rest and new is _GONE:
            value.pop(step, None)
        elif not rest:
            value[step] = new
        elif step in value:
            _assign(value[step], rest, new)


def _at_text(payload: Any, path: str | None, new: Any) -> None:
    if path is not None:
        _assign(payload, path.split("."), new)
    else:
        _first_text(payload, new)


def _first_text(value: Any, new: Any) -> bool:
    """Replace the first string, depth first; whether there was one."""
    entries = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    for key, element in entries:
        if isinstance(element, str):
            value[key] = new
            return True
        if _first_text(element, new):
            return True
    return False


def _integers(value: Any, new: int) -> Any:
    if isinstance(value, dict):
        return {key: _integers(element, new) for key, element in value.items()}
    if isinstance(value, list):
        return [_integers(element, new) for element in value]
    return new if isinstance(value, int) and not isinstance(value, bool) else value
