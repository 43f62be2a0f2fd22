"""/shares: create, get, list, update, delete, and the grants of a share."""

from __future__ import annotations

from typing import Any

from .errors import denied, exists, invalid
from .grant_rules import LEAST_PAGE, SHARING_BODY, change_grants, visible_grants
from .pagination import page
from .render import assignment, share_info
from .routing import UC, Call, route
from .share_rules import UPDATES, apply_updates
from .state import Share
from .validate import PAGING, boolean, filled_text, query_bool, query_text, record, securable_name, text

_REPLICATION = record(
    {
        "enabled": boolean,
        "schedule": record({"interval": record({"duration": text}, required=("duration",))}, required=("interval",)),
    },
    required=("enabled",),
)
_CREATE = record(
    {
        "name": securable_name,
        "comment": text,
        "storage_root": text,
        "replication_config": _REPLICATION,
        "serverless_budget_policy_id": text,
    },
    required=("name",),
)
_UPDATE = record(
    {
        "name": securable_name,
        "new_name": securable_name,
        "comment": text,
        "owner": filled_text,
        "updates": UPDATES,
        "storage_root": text,
        "serverless_budget_policy_id": text,
    }
)


@route("POST", f"{UC}/shares", body=_CREATE)
def create_share(call: Call) -> Any:
    """A share starts empty and owned by its creator."""
    call.caller.need("CREATE_SHARE")
    name = call.body["name"].lower()
    if name in call.state.shares:
        raise exists("SHARE", f"Share '{name}' already exists.")
    if "replication_config" in call.body:
        _check_replication(call.body["replication_config"])
    now = call.state.stamp()
    given = {key: value for key, value in call.body.items() if key != "name"}
    share = Share(call.state.new_key(), name, call.caller.name, now, call.caller.name, now, call.caller.name, **given)
    call.state.shares[name] = share
    return share_info(call.state, share)


@route("GET", f"{UC}/shares", query={**PAGING, "filter_by_genie_space_id": query_text})
def list_shares(call: Call) -> Any:
    """Without USE_SHARE only the caller's own, and no error."""
    seen = [share for share in call.state.shares.values() if call.caller.sees_share(share)]
    return page(call, "shares", seen, lambda share: share.key, lambda share: share_info(call.state, share))


@route("GET", f"{UC}/shares/{{name}}", query={"include_shared_data": query_bool})
def get_share(call: Call) -> Any:
    """One share; its objects only on request."""
    return share_info(call.state, _visible(call), bool(call.query.get("include_shared_data")))


@route("PATCH", f"{UC}/shares/{{name}}", body=_UPDATE)
def update_share(call: Call) -> Any:
    """Change fields and objects. A metastore admin who is not the owner may change the owner only."""
    share, body = call.state.share(call.params["name"]), call.body
    others = set(body) - {"owner", "name"}
    if "owner" in body and others:
        call.world.violate("owner_with_other_fields", call.method, call.path, ", ".join(sorted(others)))
    if others or not call.caller.holds("METASTORE_ADMIN"):
        call.caller.need_owner(share)
    if body.get("name", share.name).lower() != share.name:
        raise invalid("name: differs from the path; use new_name to rename")
    new_name = body.get("new_name", share.name).lower()
    if new_name != share.name:
        call.caller.need("CREATE_SHARE")
        if new_name in call.state.shares:
            raise exists("SHARE", f"Share '{new_name}' already exists.")
    if body.get("storage_root", share.storage_root) != share.storage_root:
        if any(entry.data_object_type == "NOTEBOOK_FILE" for entry in share.objects.values()):
            raise invalid("storage_root: cannot change while notebooks are in the share")
    settings = call.world.settings
    partial, merge = settings.patch_mode == "partial", settings.update_mode == "merge"
    apply_updates(call.state, share, body.get("updates", []), call.caller.name, partial=partial, merge=merge)
    for field in ("comment", "owner", "storage_root", "serverless_budget_policy_id"):
        if field in body:
            setattr(share, field, body[field])
    del call.state.shares[share.name]
    share.name = new_name
    call.state.shares[new_name] = share
    share.updated_at, share.updated_by = call.state.stamp(), call.caller.name
    return share_info(call.state, share, with_objects="updates" in body)


@route("DELETE", f"{UC}/shares/{{name}}")
def delete_share(call: Call) -> None:
    """All recipients lose access at once; no grant stands in the way."""
    share = call.state.share(call.params["name"])
    call.caller.need_owner(share)
    del call.state.shares[share.name]


@route("GET", f"{UC}/shares/{{name}}/permissions", query=PAGING)
def get_share_permissions(call: Call) -> Any:
    """Who was granted the share."""
    grants = visible_grants(_visible(call))
    return page(
        call,
        "privilege_assignments",
        grants.items(),
        lambda item: item[0],
        lambda item: assignment(call.state, *item),
        smallest=LEAST_PAGE,
    )


@route("PATCH", f"{UC}/shares/{{name}}/permissions", body=SHARING_BODY)
def update_share_permissions(call: Call) -> Any:
    """Grant and revoke."""
    share = call.state.share(call.params["name"])
    change_grants(call, share)
    if call.body.get("omit_permissions_list"):
        return {}
    return {"privilege_assignments": [assignment(call.state, *item) for item in share.grants.items()]}


def _visible(call: Call) -> Share:
    share = call.state.share(call.params["name"])
    if not call.caller.sees_share(share):
        raise denied(f"User does not have USE_SHARE on Share '{share.name}'.")
    return share


def _check_replication(config: dict[str, Any]) -> None:
    duration = config.get("schedule", {}).get("interval", {}).get("duration", "3600s")
    if not duration.endswith("s") or not duration[:-1].isdigit() or not 1800 <= int(duration[:-1]) <= 86400:
        raise invalid("replication_config: the interval is a number of seconds from 1800s to 86400s")
