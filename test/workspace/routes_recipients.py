"""/recipients: create, get, list, update, delete, rotate-token and share-permissions."""

from __future__ import annotations

from typing import Any

from .errors import denied, exists, invalid
from .grant_rules import LEAST_PAGE, visible_grants
from .pagination import page
from .recipient_rules import CREATE, ROTATE, UPDATE, check_fields, fill_fields, rotate
from .render import assignment, recipient_info
from .routing import UC, Call, route
from .state import Recipient, Share
from .validate import PAGING, query_text


@route("POST", f"{UC}/recipients", body=CREATE)
def create_recipient(call: Call) -> Any:
    """A TOKEN recipient, which is the default, gets its first token with an activation link."""
    state, body, by = call.state, call.body, call.caller.name
    call.caller.need("CREATE_RECIPIENT")
    name, kind = body["name"].lower(), body.get("authentication_type", "TOKEN")
    if name in state.recipients:
        raise exists("RECIPIENT", f"Recipient '{name}' already exists.")
    check_fields(state, kind, body)
    if kind == "DATABRICKS" and "data_recipient_global_metastore_id" not in body:
        raise invalid("data_recipient_global_metastore_id: a DATABRICKS recipient needs it")
    now = state.stamp()
    recipient = Recipient(state.new_principal_id(), state.new_uuid(), name, kind, by, now, by, now, by)
    recipient.data_recipient_global_metastore_id = body.get("data_recipient_global_metastore_id")
    recipient.sharing_code = body.get("sharing_code")
    fill_fields(recipient, body)
    if kind == "TOKEN":
        state.new_token(recipient, call.world.settings.token_lifetime_s, by)
    state.add_recipient(recipient)
    return recipient_info(state, recipient)


@route(
    "GET",
    f"{UC}/recipients",
    query={**PAGING, "data_recipient_global_metastore_id": query_text, "parent_recipient_name": query_text},
)
def list_recipients(call: Call) -> Any:
    """Without USE_RECIPIENT only the caller's own, and no error."""
    wanted = call.query.get("data_recipient_global_metastore_id")
    seen = [entry for entry in call.state.recipients.values() if call.caller.sees_recipient(entry)]
    if wanted is not None:
        seen = [entry for entry in seen if entry.data_recipient_global_metastore_id == wanted]
    return page(
        call, "recipients", seen, lambda entry: entry.principal_id, lambda entry: recipient_info(call.state, entry)
    )


@route("GET", f"{UC}/recipients/{{name}}")
def get_recipient(call: Call) -> Any:
    """One recipient."""
    return recipient_info(call.state, _visible(call))


@route("PATCH", f"{UC}/recipients/{{name}}", body=UPDATE)
def update_recipient(call: Call) -> Any:
    """Change fields; a new expiration time is also that of the newest token."""
    state, body = call.state, call.body
    recipient = _owned(call)
    if body.get("name", recipient.name).lower() != recipient.name:
        raise invalid("name: differs from the path; use new_name to rename")
    check_fields(state, recipient.authentication_type, body)
    new_name = body.get("new_name", recipient.name).lower()
    if new_name != recipient.name:
        if not (call.caller.superuser or call.caller.holds("METASTORE_ADMIN")):
            raise denied("User is not a metastore admin.")
        if new_name in state.recipients:
            raise exists("RECIPIENT", f"Recipient '{new_name}' already exists.")
    fill_fields(recipient, body)
    if "expiration_time" in body and recipient.tokens:
        recipient.tokens[-1].expiration_time = body["expiration_time"]
    del state.recipients[recipient.name]
    recipient.name = new_name
    state.recipients[new_name] = recipient
    recipient.updated_at, recipient.updated_by = state.stamp(), call.caller.name
    return recipient_info(state, recipient)


@route("DELETE", f"{UC}/recipients/{{name}}")
def delete_recipient(call: Call) -> None:
    """The grants stay behind, with a principal id only."""
    call.state.remove_recipient(_owned(call))


@route("POST", f"{UC}/recipients/{{name}}/rotate-token", body=ROTATE)
def rotate_token(call: Call) -> Any:
    """A new token and activation link."""
    recipient = _owned(call)
    lifetime = call.world.settings.token_lifetime_s
    rotate(call.state, recipient, call.body["existing_token_expire_in_seconds"], lifetime, call.caller.name)
    recipient.updated_at, recipient.updated_by = call.state.stamp(), call.caller.name
    return recipient_info(call.state, recipient)


@route("GET", f"{UC}/recipients/{{name}}/share-permissions", query=PAGING)
def get_share_permissions_of_recipient(call: Call) -> Any:
    """The shares granted to a recipient."""
    principal_id = _visible(call).principal_id
    granted = [
        (share, privileges)
        for share in call.state.shares.values()
        if (privileges := visible_grants(share).get(principal_id))
    ]

    def render(item: tuple[Share, set[str]]) -> dict[str, Any]:
        return {"share_name": item[0].name, "privilege_assignments": [assignment(call.state, principal_id, item[1])]}

    return page(call, "permissions_out", granted, lambda item: item[0].key, render, smallest=LEAST_PAGE)


def _visible(call: Call) -> Recipient:
    recipient = call.state.recipient(call.params["name"])
    if not call.caller.sees_recipient(recipient):
        raise denied(f"User does not have USE_RECIPIENT on Recipient '{recipient.name}'.")
    return recipient


def _owned(call: Call) -> Recipient:
    recipient = call.state.recipient(call.params["name"])
    call.caller.need_owner(recipient)
    return recipient
