"""/providers: the recipient side, what others share with this metastore."""

from __future__ import annotations

import json
from typing import Any

from .errors import exists, invalid, missing
from .pagination import page
from .render import provider_info
from .routing import UC, Call, route
from .state import AUTHENTICATION_TYPES, Provider
from .validate import PAGING, filled_text, one_of, query_int, query_text, record, securable_name, text

_CREATE = record(
    {
        "name": securable_name,
        "authentication_type": one_of(*AUTHENTICATION_TYPES),
        "comment": text,
        "recipient_profile_str": text,
    },
    required=("name", "authentication_type"),
)
_UPDATE = record(
    {
        "name": securable_name,
        "new_name": securable_name,
        "comment": text,
        "owner": filled_text,
        "recipient_profile_str": text,
    }
)
ASSET_KINDS = ("tables", "functions", "volumes", "notebooks")
_ASSET_QUERY = {f"{kind[:-1]}_max_results": query_int for kind in ASSET_KINDS}


@route("POST", f"{UC}/providers", body=_CREATE)
def create_provider(call: Call) -> Any:
    """A TOKEN provider is described by its profile file."""
    call.caller.need("CREATE_PROVIDER")
    name, body = call.body["name"].lower(), call.body
    if name in call.state.providers:
        raise exists("PROVIDER", f"Provider '{name}' already exists.")
    if body["authentication_type"] == "TOKEN" and "recipient_profile_str" not in body:
        raise invalid("recipient_profile_str: a TOKEN provider needs it")
    now, by = call.state.stamp(), call.caller.name
    provider = Provider(name, body["authentication_type"], by, now, by, now, by, body.get("comment"))
    _fill_profile(provider, body)
    call.state.providers[name] = provider
    return provider_info(provider)


@route("GET", f"{UC}/providers", query={**PAGING, "data_provider_global_metastore_id": query_text})
def list_providers(call: Call) -> Any:
    """All providers."""
    wanted = call.query.get("data_provider_global_metastore_id")
    seen = [
        entry for entry in call.state.providers.values() if wanted in (None, entry.data_provider_global_metastore_id)
    ]
    return page(call, "providers", seen, lambda entry: entry.name, provider_info)


@route("GET", f"{UC}/providers/{{name}}")
def get_provider(call: Call) -> Any:
    """One provider."""
    return provider_info(call.state.provider(call.params["name"]))


@route("PATCH", f"{UC}/providers/{{name}}", body=_UPDATE)
def update_provider(call: Call) -> Any:
    """Change fields."""
    provider, body = call.state.provider(call.params["name"]), call.body
    new_name = body.get("new_name", provider.name).lower()
    if new_name != provider.name and new_name in call.state.providers:
        raise exists("PROVIDER", f"Provider '{new_name}' already exists.")
    _fill_profile(provider, body)
    provider.comment = body.get("comment", provider.comment)
    provider.owner = body.get("owner", provider.owner)
    del call.state.providers[provider.name]
    provider.name = new_name
    call.state.providers[new_name] = provider
    provider.updated_at, provider.updated_by = call.state.stamp(), call.caller.name
    return provider_info(provider)


@route("DELETE", f"{UC}/providers/{{name}}")
def delete_provider(call: Call) -> None:
    """Forget a provider."""
    del call.state.providers[call.state.provider(call.params["name"]).name]


@route("GET", f"{UC}/providers/{{name}}/shares", query=PAGING)
def list_provider_shares(call: Call) -> Any:
    """The names of a provider's shares."""
    names = call.state.provider(call.params["name"]).assets
    return page(call, "shares", names, lambda name: name, lambda name: {"name": name})


@route("GET", "/api/2.1/data-sharing/providers/{provider}/shares/{share}", query=_ASSET_QUERY)
def list_provider_share_assets(call: Call) -> Any:
    """What a provider's share holds, at most so many of each kind."""
    provider = call.state.provider(call.params["provider"])
    assets = provider.assets.get(call.params["share"])
    if assets is None:
        raise missing("SHARE", call.params["share"])
    reply: dict[str, Any] = {"share": {"id": assets["id"], "name": call.params["share"]}}
    for kind in ASSET_KINDS:
        limit = call.query.get(f"{kind[:-1]}_max_results")
        if limit is not None and limit < 0:
            raise invalid(f"{kind[:-1]}_max_results: must not be negative")
        entries = assets.get(kind, [])
        if entries:
            reply[kind] = entries[:limit] if limit else entries
    return reply


def _fill_profile(provider: Provider, body: dict[str, Any]) -> None:
    """The profile is given as JSON text in the profile file's own key style."""
    if "recipient_profile_str" not in body:
        return
    try:
        profile = json.loads(body["recipient_profile_str"])
        provider.recipient_profile = {
            "bearer_token": profile["bearerToken"],
            "endpoint": profile["endpoint"],
            "share_credentials_version": profile["shareCredentialsVersion"],
        }
    except (ValueError, TypeError, KeyError):
        raise invalid("recipient_profile_str: not a profile file") from None
