"""Grants on shares, shared by the sharing paths and the general permissions API."""

from __future__ import annotations

from typing import Any

from .errors import ApiError, denied, invalid
from .routing import Call
from .state import Share
from .validate import boolean, filled_text, int64, list_of, record, text

_CHANGE = record(
    {"principal": text, "principal_id": int64, "add": list_of(filled_text), "remove": list_of(filled_text)}
)
CHANGES = list_of(_CHANGE)
SHARING_BODY = record({"changes": CHANGES, "omit_permissions_list": boolean})
PERMISSIONS_BODY = record({"changes": CHANGES, "omit_permissions_in_response": boolean})
LEAST_PAGE = 150  # a page must be able to hold one whole assignment


def change_grants(call: Call, share: Share) -> None:
    """Carry out the changes of one PATCH, all or none; or, with patch_mode "partial", those before the one that fails."""
    caller = call.caller
    if not (caller.owns(share) or (caller.holds("USE_SHARE") and caller.holds("SET_SHARE_PERMISSION"))):
        raise denied(f"User does not have SET_SHARE_PERMISSION on Share '{share.name}'.")
    grants = {principal_id: set(privileges) for principal_id, privileges in share.grants.items()}
    for change in call.body.get("changes", ()):
        try:
            principal_id, added, removed = _read(call, share, change)
        except ApiError:
            if call.world.settings.patch_mode == "partial":
                share.grants = grants
            raise
        held = (grants.pop(principal_id, set()) | added) - removed
        if held:
            grants[principal_id] = held
    if call.world.settings.grant_read_lag:
        share.old_grants = share.grants
        share.lagging_reads = call.world.settings.grant_read_lag
    share.grants = grants


def visible_grants(share: Share) -> dict[int, set[str]]:
    """The grants as a read sees them: right after a change perhaps still the old ones."""
    if share.lagging_reads > 0:
        share.lagging_reads -= 1
        return share.old_grants
    return share.grants


def _read(call: Call, share: Share, change: dict[str, Any]) -> tuple[int, set[str], set[str]]:
    """Principal, privileges to add and to remove of a change."""
    return _principal(call, share, change), set(_privileges(change, "add")), set(_privileges(change, "remove"))


def _principal(call: Call, share: Share, change: dict[str, Any]) -> int:
    """The principal id that a change is about."""
    if ("principal" in change) == ("principal_id" in change):
        raise invalid("changes: one of principal and principal_id is needed")
    if "principal_id" in change:
        if change.get("add"):
            raise invalid("changes: principal_id is for remove only")
        return int(change["principal_id"])
    recipient = call.state.recipients.get(change["principal"].lower())
    if recipient is None:
        raise ApiError("RECIPIENT_DOES_NOT_EXIST", f"Recipient '{change['principal']}' does not exist.")
    if change.get("add") and not (call.caller.owns(recipient) or call.caller.holds("USE_RECIPIENT")):
        raise denied(f"User does not have USE_RECIPIENT on Recipient '{recipient.name}'.")
    return recipient.principal_id


def _privileges(change: dict[str, Any], name: str) -> list[str]:
    for privilege in change.get(name, ()):
        if privilege != "SELECT":
            raise invalid(f"Privilege {privilege} is not applicable to this entity [SHARE].")
    return list(change.get(name, ()))
