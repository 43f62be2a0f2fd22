"""Federation policies: how an OIDC_FEDERATION recipient's identity provider is trusted."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from .errors import exists, invalid, missing
from .pagination import page
from .render import federation_policy
from .routing import Call, route
from .state import FederationPolicy, Recipient, State
from .validate import PAGING, filled_text, list_of, one_of, query_text, record, text

_BASE = "/api/2.0/data-sharing/recipients/{recipient}/federation-policies"
_OIDC_FIELDS = {
    "issuer": filled_text,
    "subject_claim": one_of("oid", "azp", "groups", "sub"),
    "subject": filled_text,
    "audiences": list_of(text),
}
_FIELDS = {"name": text, "comment": text, "id": text, "create_time": text, "update_time": text}
_CREATE = record(
    {**_FIELDS, "oidc_policy": record(_OIDC_FIELDS, required=("issuer", "subject_claim", "subject"))},
    required=("oidc_policy",),
)
_UPDATE = record({**_FIELDS, "oidc_policy": record(_OIDC_FIELDS)})


@route("POST", _BASE, body=_CREATE)
def create_policy(call: Call) -> Any:
    """A policy without a name gets one."""
    recipient = _recipient(call)
    if recipient.authentication_type != "OIDC_FEDERATION":
        raise invalid(f"Recipient '{recipient.name}' is not of type OIDC_FEDERATION")
    name = call.body.get("name") or f"policy-{call.state.new_key()}"
    if not re.fullmatch(r"[a-z0-9-]+", name):
        raise invalid("name: lower-case letters, digits and '-' only")
    if name in recipient.policies:
        raise exists("RESOURCE", f"Federation policy '{name}' already exists.")
    now = _rfc3339(call.state)
    policy = FederationPolicy(call.state.new_uuid(), name, now, now, call.body["oidc_policy"], call.body.get("comment"))
    recipient.policies[name] = policy
    return federation_policy(policy)


@route("GET", _BASE, query=PAGING)
def list_policies(call: Call) -> Any:
    """The policies of a recipient."""
    return page(call, "policies", _recipient(call).policies.values(), lambda policy: policy.id, federation_policy)


@route("GET", _BASE + "/{policy}")
def get_policy(call: Call) -> Any:
    """One policy."""
    return federation_policy(_policy(call))


@route("PATCH", _BASE + "/{policy}", query={"update_mask": query_text}, body=_UPDATE)
def update_policy(call: Call) -> Any:
    """With a mask the masked fields, `*` all; without one, those that are present."""
    policy, body = _policy(call), call.body
    if body.get("name", policy.name) != policy.name:
        raise invalid("name: cannot be changed")
    mask = call.query.get("update_mask")
    paths = (
        ["comment", "oidc_policy"]
        if mask == "*"
        else mask.split(",")
        if mask
        else [name for name in ("comment", "oidc_policy") if name in body]
    )
    changed: dict[str, Any] = {"comment": policy.comment, "oidc_policy": dict(policy.oidc_policy)}
    for path in paths:
        _change(changed, path, body)
    record(_OIDC_FIELDS, required=("issuer", "subject_claim", "subject"))(changed["oidc_policy"], "oidc_policy")
    policy.comment, policy.oidc_policy = changed["comment"], changed["oidc_policy"]
    policy.update_time = _rfc3339(call.state)
    return federation_policy(policy)


@route("DELETE", _BASE + "/{policy}")
def delete_policy(call: Call) -> None:
    """Forget a policy."""
    policy = _policy(call)
    del _recipient(call).policies[policy.name]


def _change(changed: dict[str, Any], path: str, body: dict[str, Any]) -> None:
    if path == "comment":
        changed["comment"] = body.get("comment")
    elif path == "oidc_policy":
        changed["oidc_policy"] = body.get("oidc_policy", {})
    elif path.startswith("oidc_policy.") and path[12:] in _OIDC_FIELDS:
        value = body.get("oidc_policy", {}).get(path[12:])
        changed["oidc_policy"].pop(path[12:], None)
        if value is not None:
            changed["oidc_policy"][path[12:]] = value
    else:
        raise invalid(f"update_mask: '{path}' cannot be updated")


def _recipient(call: Call) -> Recipient:
    recipient = call.state.recipient(call.params["recipient"])
    if call.method != "GET":
        call.caller.need_owner(recipient)
    return recipient


def _policy(call: Call) -> FederationPolicy:
    policy = _recipient(call).policies.get(call.params["policy"])
    if policy is None:
        raise missing("RESOURCE", call.params["policy"])
    return policy


def _rfc3339(state: State) -> str:
    moment = datetime.fromtimestamp(state.stamp() / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
