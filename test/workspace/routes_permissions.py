"""The general permissions API, for shares: the securable type in the path may have any case."""

from __future__ import annotations

from typing import Any

from .errors import denied, invalid
from .grant_rules import LEAST_PAGE, PERMISSIONS_BODY, change_grants, visible_grants
from .pagination import page
from .render import assignment
from .routing import UC, Call, route
from .state import Share
from .validate import PAGING, query_bool, query_int, query_text

_QUERY = {**PAGING, "principal": query_text, "include_deleted_principals": query_bool}
_PAGED_QUERY = {"page_size": query_int, "page_token": query_text, "principal": query_text}
_WHAT = "{securable_type}/{full_name}"


@route("GET", f"{UC}/permissions/{_WHAT}", query=_QUERY)
def get_permissions(call: Call) -> Any:
    """The grants of a share; those of deleted principals only on request."""
    return _assignments(call, _plain_of(call), "max_results", always=False)


@route("PATCH", f"{UC}/permissions/{_WHAT}", body=PERMISSIONS_BODY)
def update_permissions(call: Call) -> Any:
    """Grant and revoke."""
    share = _share(call)
    change_grants(call, share)
    if call.body.get("omit_permissions_in_response"):
        return {}
    live = [item for item in share.grants.items() if item[0] in call.state.by_principal]
    return {"privilege_assignments": [assignment(call.state, *item) for item in live]}


@route("GET", f"{UC}/effective-permissions/{_WHAT}", query=_QUERY)
def get_effective_permissions(call: Call) -> Any:
    """The same grants, each privilege as an object that could name where it is inherited from."""
    return _assignments(call, _effective_of(call), "max_results", always=False)


@route("GET", f"{UC}/privilege-assignments/{_WHAT}", query=_PAGED_QUERY)
def list_privilege_assignments(call: Call) -> Any:
    """The successor of permissions, always in pages."""
    return _assignments(call, _plain_of(call), "page_size", always=True)


@route("GET", f"{UC}/effective-privilege-assignments/{_WHAT}", query=_PAGED_QUERY)
def list_effective_privilege_assignments(call: Call) -> Any:
    """The successor of effective-permissions, always in pages."""
    return _assignments(call, _effective_of(call), "page_size", always=True)


def _plain_of(call: Call) -> Any:
    """A renderer of plain assignments."""
    return lambda item: assignment(call.state, *item)


def _effective_of(call: Call) -> Any:
    def render(item: tuple[int, set[str]]) -> dict[str, Any]:
        value = assignment(call.state, *item)
        value["privileges"] = [{"privilege": privilege} for privilege in value["privileges"]]
        return value

    return render


def _assignments(call: Call, render: Any, size_name: str, always: bool) -> Any:
    share = _share(call)
    if not call.caller.sees_share(share):
        raise denied(f"User does not have USE_SHARE on Share '{share.name}'.")
    items = list(visible_grants(share).items())
    if not call.query.get("include_deleted_principals"):
        items = [item for item in items if item[0] in call.state.by_principal]
    principal = call.query.get("principal")
    if principal is not None:
        wanted = call.state.recipient(principal).principal_id
        items = [item for item in items if item[0] == wanted]
    return page(
        call,
        "privilege_assignments",
        items,
        lambda item: item[0],
        render,
        size_name=size_name,
        smallest=LEAST_PAGE,
        always=always,
    )


def _share(call: Call) -> Share:
    kind = call.params["securable_type"]
    if kind not in ("share", "SHARE"):
        raise invalid(f"securable_type: this workspace keeps grants of shares only, not of '{kind}'")
    return call.state.share(call.params["full_name"])
