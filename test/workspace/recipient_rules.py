"""What a recipient may look like, and the life of its tokens."""

from __future__ import annotations

import re
from typing import Any

from .errors import invalid
from .state import AUTHENTICATION_TYPES, Recipient, State
from .validate import filled_text, int64, ip_range, list_of, map_of_text, one_of, record, securable_name, text

MAX_IP_RANGES = 100
YEAR_MS = 366 * 24 * 3600 * 1000
_GLOBAL_ID = re.compile(r"[a-z]+:[a-z0-9-]+:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_COMMON = {
    "id": text,  # ignored
    "comment": text,
    "owner": filled_text,
    "expiration_time": int64,
    "ip_access_list": record({"allowed_ip_addresses": list_of(ip_range, MAX_IP_RANGES)}),
    "properties_kvpairs": record({"properties": map_of_text}, required=("properties",)),
    "email": filled_text,
    "allowed_acceptance_types": list_of(text),
    "allowed_data_recipient_global_metastore_ids": list_of(text),
}
CREATE = record(
    {
        **_COMMON,
        "name": securable_name,
        "authentication_type": one_of(*AUTHENTICATION_TYPES),
        "data_recipient_global_metastore_id": filled_text,
        "sharing_code": filled_text,
    },
    required=("name",),
)
UPDATE = record({**_COMMON, "name": securable_name, "new_name": securable_name})
ROTATE = record({"existing_token_expire_in_seconds": int64}, required=("existing_token_expire_in_seconds",))


def check_fields(state: State, authentication_type: str, body: dict[str, Any]) -> None:
    """Refuse what this kind of recipient cannot have."""
    databricks = authentication_type == "DATABRICKS"
    global_id = body.get("data_recipient_global_metastore_id")
    if global_id is not None and not (databricks and _GLOBAL_ID.fullmatch(global_id)):
        raise invalid("data_recipient_global_metastore_id: cloud:region:uuid, for DATABRICKS recipients only")
    if "sharing_code" in body and not databricks:
        raise invalid("sharing_code: for DATABRICKS recipients only")
    if databricks and "ip_access_list" in body:
        raise invalid("ip_access_list: not for DATABRICKS recipients")
    if authentication_type != "EMAIL":
        for name in ("email", "allowed_acceptance_types", "allowed_data_recipient_global_metastore_ids"):
            if name in body:
                raise invalid(f"{name}: for EMAIL recipients only")
    for key in body.get("properties_kvpairs", {}).get("properties", {}):
        if key.startswith("databricks."):
            raise invalid(f"properties_kvpairs: '{key}' is reserved")
    expires = body.get("expiration_time")
    if expires is not None and not state.now_ms() < expires <= state.now_ms() + YEAR_MS:
        raise invalid("expiration_time: must be in the future, at most one year ahead")


def fill_fields(recipient: Recipient, body: dict[str, Any]) -> None:
    """Take over the given fields; the properties are replaced as a whole."""
    for name in (
        "comment",
        "owner",
        "expiration_time",
        "email",
        "allowed_acceptance_types",
        "allowed_data_recipient_global_metastore_ids",
    ):
        if name in body:
            setattr(recipient, name, body[name])
    if "ip_access_list" in body:
        recipient.ip_access_list = body["ip_access_list"].get("allowed_ip_addresses", [])
    if "properties_kvpairs" in body:
        recipient.properties = dict(body["properties_kvpairs"]["properties"])


def rotate(state: State, recipient: Recipient, old_expires_in_s: int, lifetime_s: int, by: str) -> None:
    """A new token next to the old one, which lives on for at most so long. No third one while two are alive."""
    if recipient.authentication_type != "TOKEN":
        raise invalid(f"Recipient '{recipient.name}' has no token: its type is {recipient.authentication_type}")
    if old_expires_in_s < 0:
        raise invalid("existing_token_expire_in_seconds: must not be negative")
    now = state.now_ms()
    alive = [token for token in recipient.tokens if token.expiration_time is None or token.expiration_time > now]
    if len(alive) >= 2:
        raise invalid(f"Recipient '{recipient.name}' has already two active tokens.")
    for token in recipient.tokens:
        if token not in alive and token.activation_code:
            state.by_activation.pop(token.activation_code, None)
    recipient.tokens = alive
    limit = now + old_expires_in_s * 1000
    for token in alive:
        token.expiration_time = limit if token.expiration_time is None else min(token.expiration_time, limit)
        token.updated_at, token.updated_by = now, by
    recipient.expiration_time = None
    state.new_token(recipient, lifetime_s, by)
