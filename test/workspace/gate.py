"""Protocol hygiene: what every request must look like before anybody reads its content."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Mapping

from .access import NOBODY, Caller
from .errors import ApiError, invalid
from .routing import Route
from .world import World

_PART = r"[A-Za-z0-9_.+-]+"
_USER_AGENT = re.compile(rf"{_PART}/{_PART}( {_PART}/{_PART})*")
_SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)(\.(0|[1-9]\d*))?(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_TARGET = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*")


def admit(world: World, route: Route, target: str, headers: Mapping[str, str], body: bytes) -> Caller:
    """The caller of a request that is in order; otherwise the error to answer."""
    _check_target(world, target)
    if route.public:
        return NOBODY
    _check_user_agent(headers.get("User-Agent"))
    _check_media(headers, body, route)
    if route.form:
        return NOBODY
    caller = world.credentials.caller_of(headers.get("Authorization"))
    workspace_id = headers.get("X-Databricks-Workspace-Id")
    if workspace_id is not None and not workspace_id.isdigit():
        raise invalid("X-Databricks-Workspace-Id: digits are needed", "bad_workspace_id")
    return caller


def check_unknown_target(world: World, target: str) -> None:
    """The part of the gate that also stands before paths nobody serves."""
    _check_target(world, target)


def _check_target(world: World, target: str) -> None:
    decoded = urllib.parse.unquote(target)
    for secret in world.credentials.secrets():
        if secret in target or secret in decoded or urllib.parse.quote(secret, safe="") in target:
            raise invalid("a secret is part of the URL", "secret_in_url")
    if not _TARGET.fullmatch(target):
        raise invalid("the URL holds characters that must be percent-encoded", "unencoded_url")


def _check_user_agent(value: str | None) -> None:
    if not value:
        raise invalid("User-Agent is missing", "missing_user_agent")
    if not _USER_AGENT.fullmatch(value) or not _SEMVER.fullmatch(value.split(" ")[0].split("/")[1]):
        raise invalid("User-Agent is not a list of name/version, the first a semantic version", "malformed_user_agent")


def _check_media(headers: Mapping[str, str], body: bytes, route: Route) -> None:
    if route.form:
        if headers.get("Content-Type", "").split(";")[0].strip() != "application/x-www-form-urlencoded":
            raise ApiError(
                "invalid_request", "Content-Type must be application/x-www-form-urlencoded", 400, "wrong_content_type"
            )
        return
    accepted = [part.split(";")[0].strip() for part in headers.get("Accept", "").split(",")]
    if "application/json" not in accepted and not (
        (route.method == "DELETE" or route.optional_body) and "*/*" in accepted
    ):  # as the official SDK has it
        raise invalid("Accept: application/json is missing", "missing_accept")
    if route.body is None:
        if body:
            raise invalid(f"{route.method} takes no body", "unexpected_body")
        return
    if route.optional_body and not body:
        return
    media, _, options = headers.get("Content-Type", "").partition(";")
    if media.strip().lower() != "application/json" or options.strip().lower() not in ("", "charset=utf-8"):
        raise invalid("Content-Type: application/json is missing", "wrong_content_type")
