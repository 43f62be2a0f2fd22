"""Checks for request bodies and query parameters, built from small parts.

A check is a function of a value and the place where it stands; it raises INVALID_PARAMETER_VALUE, naming the place.
Unknown fields are refused at every level: a client that sends one has misread the API.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .errors import ApiError, invalid

Check = Callable[[Any, str], None]

_FORBIDDEN_IN_NAME = re.compile(r"[./ \x00-\x1f\x7f]")


def text(value: Any, where: str) -> None:
    """A string."""
    if not isinstance(value, str):
        raise invalid(f"{where}: a string is needed")


def filled_text(value: Any, where: str) -> None:
    """A string that is not empty."""
    text(value, where)
    if not value:
        raise invalid(f"{where}: must not be empty")


def int64(value: Any, where: str) -> None:
    """An integer of 64 bits, not its text."""
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise invalid(f"{where}: a 64-bit integer is needed")


def boolean(value: Any, where: str) -> None:
    """true or false."""
    if not isinstance(value, bool):
        raise invalid(f"{where}: a boolean is needed")


def one_of(*allowed: str) -> Check:
    """One of the listed strings, in this case."""

    def check(value: Any, where: str) -> None:
        text(value, where)
        if value not in allowed:
            raise invalid(f"{where}: '{value}' is not one of {', '.join(allowed)}")

    return check


def list_of(item: Check, at_most: int | None = None) -> Check:
    """A list whose items all pass."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, list):
            raise invalid(f"{where}: a list is needed")
        if at_most is not None and len(value) > at_most:
            raise invalid(f"{where}: {len(value)} items, at most {at_most} are allowed")
        for index, element in enumerate(value):
            item(element, f"{where}[{index}]")

    return check


def record(fields: Mapping[str, Check], required: Iterable[str] = ()) -> Check:
    """An object with these fields and no others."""
    needed = tuple(required)

    def check(value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise invalid(f"{where}: an object is needed")
        for name, element in value.items():
            place = f"{where}.{name}" if where else name
            if name not in fields:
                raise invalid(f"unknown field: {place}", violation="unknown_field")
            fields[name](element, place)
        for name in needed:
            if name not in value:
                raise invalid(f"missing field: {where + '.' if where else ''}{name}")

    return check


def map_of_text(value: Any, where: str) -> None:
    """An object with string values, keys as the caller likes."""
    if not isinstance(value, dict):
        raise invalid(f"{where}: an object is needed")
    for key, element in value.items():
        filled_text(key, f"{where} key")
        text(element, f"{where}.{key}")


def securable_name(value: Any, where: str) -> None:
    """The name of a share, recipient or provider."""
    filled_text(value, where)
    if len(value) > 255:
        raise invalid(f"{where}: a name has at most 255 characters")
    if _FORBIDDEN_IN_NAME.search(value):
        raise invalid(f"{where}: '{value}' is not a valid name: no period, space, slash or control character")


def ip_range(value: Any, where: str) -> None:
    """An address or a CIDR range."""
    text(value, where)
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise invalid(f"{where}: '{value}' is not an IP address or CIDR range") from None


def query_text(raw: str, where: str) -> str:
    """A query parameter as it is."""
    return raw


def query_int(raw: str, where: str) -> int:
    """A query parameter that is an integer."""
    if not re.fullmatch(r"-?\d{1,9}", raw):
        raise invalid(f"{where}: '{raw}' is not an integer")
    return int(raw)


def query_bool(raw: str, where: str) -> bool:
    """A query parameter that is true or false, in lower case."""
    if raw not in ("true", "false"):
        raise invalid(f"{where}: '{raw}' is not true or false")
    return raw == "true"


QueryParser = Callable[[str, str], Any]

PAGING: Mapping[str, QueryParser] = {"max_results": query_int, "page_token": query_text}


def parse_query(pairs: Iterable[tuple[str, str]], known: Mapping[str, QueryParser]) -> dict[str, Any]:
    """The query parameters, each known and given once."""
    values: dict[str, Any] = {}
    for name, raw in pairs:
        if name not in known:
            raise invalid(f"unknown query parameter: {name}", violation="unknown_query_parameter")
        if name in values:
            raise invalid(f"query parameter given twice: {name}", violation="unknown_query_parameter")
        values[name] = known[name](raw, name)
    return values


def parse_json(raw: bytes) -> Any:
    """The body as JSON; a key given twice, NaN, bad UTF-8 or half a surrogate pair is malformed."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            raise ValueError("a key is given twice")
        return value

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is not JSON")

    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # fails on half a surrogate pair
        return value
    except (ValueError, RecursionError) as error:
        raise ApiError("MALFORMED_REQUEST", f"the body is not JSON: {error}", 400, "malformed_body") from None
