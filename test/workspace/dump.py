"""The whole state as canonical JSON: everything keyed by name, nothing dependent on order."""

from __future__ import annotations

import json
from typing import Any

from .render import federation_policy, provider_info, recipient_info, share_info, shared_object, table_info, token_info
from .state import Recipient, Share, State

_VOLATILE = frozenset(
    {"id", "table_id", "principal_id", "metastore_id", "activation_url", "expiration_time"}
    | {"created_at", "updated_at", "added_at", "create_time", "update_time", "storage_location"}
)


def dump(state: State, stable: bool = False) -> dict[str, Any]:
    """The state; `stable` blanks identifiers, times and links, so that two runs can be compared."""
    value = {
        "shares": {share.name: _share(state, share) for share in state.shares.values()},
        "recipients": {recipient.name: _recipient(state, recipient) for recipient in state.recipients.values()},
        "providers": {
            provider.name: {**provider_info(provider), "assets": provider.assets}
            for provider in state.providers.values()
        },
        "views": {
            table.full_name: table_info(table, state.metastore_id)
            for table in state.catalog.tables.values()
            if table.table_type == "VIEW"
        },
    }
    ordered: dict[str, Any] = json.loads(json.dumps(value, sort_keys=True))
    return {name: _blank(part) for name, part in ordered.items()} if stable else ordered


def _share(state: State, share: Share) -> dict[str, Any]:
    value = share_info(state, share)
    value["objects"] = {entry.name: shared_object(state, entry) for entry in share.objects.values()}
    value["grants"] = {}
    for principal_id, privileges in share.grants.items():
        recipient = state.by_principal.get(principal_id)
        value["grants"][recipient.name if recipient else f"deleted:{principal_id}"] = sorted(privileges)
    return value


def _recipient(state: State, recipient: Recipient) -> dict[str, Any]:
    value = recipient_info(state, recipient)
    value["tokens"] = [token_info(state, token) for token in recipient.tokens]
    value["policies"] = {policy.name: federation_policy(policy) for policy in recipient.policies.values()}
    return value


def _blank(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: "*" if key in _VOLATILE and not isinstance(element, (dict, list)) else _blank(element)
            for key, element in value.items()
        }
    return [_blank(element) for element in value] if isinstance(value, list) else value
