"""The views of `system.information_schema` that speak of sharing, computed from the state of this moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import information_schema_tables as of_tables
from .state import TABLE_LIKE, Recipient, Share, SharedObject, State, Token

if TYPE_CHECKING:
    from .access import Caller

_TIMES = (
    ("created", "TIMESTAMP"),
    ("created_by", "STRING"),
    ("last_altered", "TIMESTAMP"),
    ("last_altered_by", "STRING"),
)


def _texts(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, "STRING") for name in names)


_COLUMNS = {
    "shares": (*_texts("share_name", "share_owner", "comment"), *_TIMES),
    "recipients": (
        *_texts("recipient_name", "authentication_type", "recipient_owner", "comment"),
        *_texts("data_recipient_global_metastore_id", "region"),
        *_TIMES,
    ),
    "recipient_tokens": (
        *_texts("recipient_name", "recipient_token_id", "activation_url"),
        ("expiration_time", "TIMESTAMP"),
        *_TIMES,
    ),
    "recipient_allowed_ip_ranges": _texts("recipient_name", "allowed_ip_range"),
    "share_recipient_privileges": _texts(
        "grantor", "recipient_name", "share_name", "privilege_type", "inherited_from"
    ),
    "table_share_usage": (
        *_texts("catalog_name", "schema_name", "table_name", "share_name", "shared_as_schema", "shared_as_table"),
        ("cdf_enabled", "BOOLEAN"),
    ),
    "schema_share_usage": _texts("catalog_name", "schema_name", "share_name"),
}


def view_of(state: State, caller: Caller, schema: str, table: str) -> dict[str, Any] | None:
    """Columns and rows of a view, as far as the caller may see them; None: there is no such view."""
    if schema != "information_schema":
        return None
    if table in of_tables.COLUMNS:
        return {"columns": of_tables.COLUMNS[table], "rows": of_tables.rows_of(state.catalog, caller, table)}
    if table not in _COLUMNS:
        return None
    shares = [share for share in state.shares.values() if caller.sees_share(share)]
    recipients = [recipient for recipient in state.recipients.values() if caller.sees_recipient(recipient)]
    makers: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "shares": lambda: [_share(share) for share in shares],
        "recipients": lambda: [_recipient(recipient) for recipient in recipients],
        "recipient_tokens": lambda: [_token(state, r, token) for r in recipients for token in r.tokens],
        "recipient_allowed_ip_ranges": lambda: [
            {"recipient_name": recipient.name, "allowed_ip_range": entry}
            for recipient in recipients
            for entry in recipient.ip_access_list or ()
        ],
        "share_recipient_privileges": lambda: [row for share in shares for row in _privileges(state, share)],
        "table_share_usage": lambda: [
            _table(share, entry)
            for share in shares
            for entry in share.objects.values()
            if entry.data_object_type in TABLE_LIKE
        ],
        "schema_share_usage": lambda: [
            {**_catalog_and_schema(entry.name), "share_name": share.name}
            for share in shares
            for entry in share.objects.values()
            if entry.data_object_type == "SCHEMA"
        ],
    }
    return {"columns": _COLUMNS[table], "rows": makers[table]()}


def _times(thing: Share | Recipient | Token) -> dict[str, Any]:
    return {
        "created": thing.created_at,
        "created_by": thing.created_by,
        "last_altered": thing.updated_at,
        "last_altered_by": thing.updated_by,
    }


def _share(share: Share) -> dict[str, Any]:
    return {"share_name": share.name, "share_owner": share.owner, "comment": share.comment, **_times(share)}


def _recipient(recipient: Recipient) -> dict[str, Any]:
    metastore = recipient.data_recipient_global_metastore_id
    return {
        "recipient_name": recipient.name,
        "authentication_type": recipient.authentication_type,
        "recipient_owner": recipient.owner,
        "comment": recipient.comment,
        "data_recipient_global_metastore_id": metastore,
        "region": metastore.split(":")[1] if metastore else None,
        **_times(recipient),
    }


def _token(state: State, recipient: Recipient, token: Token) -> dict[str, Any]:
    return {
        "recipient_name": recipient.name,
        "recipient_token_id": token.id,
        "activation_url": state.activation_url(token.activation_code) if token.activation_code else None,
        "expiration_time": token.expiration_time,
        **_times(token),
    }


def _privileges(state: State, share: Share) -> list[dict[str, Any]]:
    return [
        {
            "grantor": share.owner,
            "recipient_name": state.by_principal[principal_id].name,
            "share_name": share.name,
            "privilege_type": privilege,
            "inherited_from": "NONE",
        }
        for principal_id, privileges in share.grants.items()
        if principal_id in state.by_principal
        for privilege in sorted(privileges)
    ]


def _catalog_and_schema(name: str) -> dict[str, Any]:
    parts = name.split(".")
    return {"catalog_name": parts[0], "schema_name": parts[1]}


def _table(share: Share, entry: SharedObject) -> dict[str, Any]:
    schema, _, table = (entry.shared_as or ".".join(entry.name.split(".")[1:])).rpartition(".")
    return {
        **_catalog_and_schema(entry.name),
        "table_name": entry.name.split(".")[2],
        "share_name": share.name,
        "shared_as_schema": schema,
        "shared_as_table": table,
        "cdf_enabled": bool(entry.cdf_enabled),
    }
