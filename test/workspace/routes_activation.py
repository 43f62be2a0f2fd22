"""Recipient activation: public, used by the recipient. A governance client must never consume a link."""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime
from typing import Any

from .errors import denied, missing
from .routing import UC, Call, route
from .state import Recipient, State, Token
from .validate import query_text

_PUBLIC = f"{UC}/public"
_QUERY = {"metastore_id": query_text}


@route("GET", f"{_PUBLIC}/data_sharing_activation_info/{{activation}}", query=_QUERY, public=True)
def activation_info(call: Call) -> Any:
    """Whether a link is valid: an empty object, or an error."""
    _find(call)
    return {}


@route("GET", f"{_PUBLIC}/data_sharing_activation/{{activation}}", query=_QUERY, public=True)
def retrieve_token(call: Call) -> Any:
    """The credential itself; the link is used up."""
    recipient, token = _find(call)
    if recipient.ip_access_list:
        address = ipaddress.ip_address(call.remote)
        if not any(address in ipaddress.ip_network(entry, strict=False) for entry in recipient.ip_access_list):
            raise denied("The IP address is not in the access list of the recipient.")
    call.world.violate("activation_consumed", call.method, f"{_PUBLIC}/data_sharing_activation/...", recipient.name)
    return consume(call.state, recipient, token)


def consume(state: State, recipient: Recipient, token: Token) -> dict[str, Any]:
    """Use an activation link up: the recipient is active from now on."""
    state.by_activation.pop(token.activation_code or "", None)
    token.activation_code = None
    recipient.activated = True
    profile: dict[str, Any] = {
        "shareCredentialsVersion": 1,
        "endpoint": f"{state.base_url}/api/2.0/delta-sharing/metastores/{state.metastore_id}",
        "bearerToken": f"bearer-{state.rng.getrandbits(160):040x}",
    }
    if token.expiration_time is not None:
        moment = datetime.fromtimestamp(token.expiration_time / 1000, UTC)
        profile["expirationTime"] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return profile


def _find(call: Call) -> tuple[Recipient, Token]:
    """The recipient behind a link, given whole or as its last part."""
    code = re.split(r"[?#]", call.params["activation"])[-1]
    recipient = call.state.by_activation.get(code)
    for token in recipient.tokens if recipient else ():
        if token.activation_code == code and (
            token.expiration_time is None or token.expiration_time > call.state.now_ms()
        ):
            return recipient, token  # type: ignore[return-value]
    raise missing("RESOURCE", "activation link")
