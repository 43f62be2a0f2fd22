"""Which field of the official SDK each column is, and the rows that the SDK sees.

A column comes from the SDK's own class where that class has the field. The released SDK lags behind the platform: what
its classes lack is taken from the reply itself, fetched by the SDK's transport.
"""

from __future__ import annotations

import enum
import ipaddress
import json
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.service import catalog, sharing
from psql import Row, Session

UC = "/api/2.1/unity-catalog"


@dataclass
class Source:
    """One thing as the SDK knows it: decoded, raw, and what it hangs on."""

    info: Any
    raw: Mapping[str, Any]
    parent: str | None = None
    extra: Any = None


Getter = Callable[[Source], Any]


def field(path: str) -> Getter:
    """A field of the SDK's class; a dot leads into another class."""

    def get(source: Source) -> Any:
        value = source.info
        for name in path.split("."):
            if value is None:
                return None
            value = getattr(value, name)
        return value

    get.__name__ = path
    return get


def raw(name: str) -> Getter:
    """A field of the reply that the SDK's class does not have."""
    return lambda source: source.raw.get(name)


def word(name: str) -> Getter:
    """A field of the SDK's class whose value may be a word that the SDK does not know yet, and so drops."""

    def get(source: Source) -> Any:
        return getattr(source.info, name) or source.raw.get(name)

    get.__name__ = name
    return get


def parent(source: Source) -> Any:
    """The key of the thing that the row hangs on."""
    return source.parent


def _privilege(source: Source) -> Any:
    return source.extra


def _effective(name: str) -> Getter:
    def get(source: Source) -> Any:
        return getattr(source.extra, name)

    get.__name__ = name
    return get


def _alias(source: Source) -> Any:
    return source.info.shared_as or source.info.string_shared_as


def _partitions(source: Source) -> Any:
    # an absent list and an empty one are the same to the SDK
    return [partition.as_dict() for partition in source.info.partitions or []] or None


def _audiences(source: Source) -> Any:
    return source.info.oidc_policy.audiences or None


def _newest_link(source: Source) -> Any:
    tokens = source.info.tokens or []
    return max(tokens, key=lambda token: token.created_at).activation_url if tokens else None


_CHANGES = ("created_at", "created_by", "updated_at", "updated_by")


def _same(*names: str) -> dict[str, Getter]:
    """Columns that are called as the SDK's field is."""
    return {name: field(name) for name in names}


COLUMNS: dict[str, dict[str, Getter]] = {
    "shares": {
        **_same("name", "comment", "owner", "storage_root", "storage_location", *_CHANGES),
        "replication_config": raw("replication_config"),
        "serverless_budget_policy_id": raw("serverless_budget_policy_id"),
    },
    "share_objects": {
        "share_name": parent,
        **_same(
            "name",
            "data_object_type",
            "comment",
            "history_data_sharing_status",
            "cdf_enabled",
            "start_version",
            "status",
            "added_at",
            "added_by",
            "content",
        ),
        "shared_as": _alias,
        "partitions": _partitions,
    },
    "recipients": {
        **_same(
            "name",
            "id",
            "comment",
            "owner",
            "activated",
            "expiration_time",
            "data_recipient_global_metastore_id",
            "cloud",
            "region",
            "metastore_id",
            *_CHANGES,
        ),
        "authentication_type": word("authentication_type"),
        "activation_url": _newest_link,
        "ip_access_list": field("ip_access_list.allowed_ip_addresses"),
        "properties": field("properties_kvpairs.properties"),
        "email": raw("email"),
    },
    "recipient_tokens": {
        "recipient_name": parent,
        **_same("id", "expiration_time", "activation_url", *_CHANGES),
    },
    "grants": {
        "share_name": parent,
        "recipient_name": field("principal"),
        "privilege": _privilege,
        "principal_id": raw("principal_id"),
    },
    "effective_grants": {
        "share_name": parent,
        "recipient_name": field("principal"),
        "privilege": _effective("privilege"),
        "inherited_from_type": _effective("inherited_from_type"),
        "inherited_from_name": _effective("inherited_from_name"),
    },
    "providers": {
        **_same(
            "name",
            "authentication_type",
            "comment",
            "owner",
            "data_provider_global_metastore_id",
            "cloud",
            "region",
            "metastore_id",
            *_CHANGES,
        ),
        "endpoint": field("recipient_profile.endpoint"),
    },
    "provider_shares": {"provider_name": parent, "name": field("name")},
    "federation_policies": {
        "recipient_name": parent,
        **_same("name", "id", "comment", "create_time", "update_time"),
        "issuer": field("oidc_policy.issuer"),
        "subject_claim": field("oidc_policy.subject_claim"),
        "subject": field("oidc_policy.subject"),
        "audiences": _audiences,
    },
}

# fields of the SDK's classes that no column shows, and why
NOT_SHOWN: dict[type, dict[str, str]] = {
    sharing.ShareInfo: {"objects": "rows of share_objects"},
    sharing.SharedDataObject: {
        "shared_as": "shared_as, for table-like objects",
        "string_shared_as": "shared_as, for other objects",
        "partitions": "shown as JSON",
    },
    sharing.RecipientInfo: {
        "activation_url": "deprecated; that of the newest token is shown",
        "sharing_code": "a secret",
        "tokens": "rows of recipient_tokens",
        "ip_access_list": "its only field is shown",
        "properties_kvpairs": "its only field is shown",
    },
    sharing.RecipientTokenInfo: {},
    sharing.PrivilegeAssignment: {"principal": "recipient_name", "privileges": "one row each"},
    catalog.EffectivePrivilegeAssignment: {"principal": "recipient_name", "privileges": "one row each"},
    catalog.EffectivePrivilege: {},
    sharing.ProviderInfo: {
        "recipient_profile": "its endpoint is shown",
        "recipient_profile_str": "write-only",
    },
    sharing.RecipientProfile: {"bearer_token": "a secret", "share_credentials_version": "of no use without the secret"},
    sharing.ProviderShare: {},
    sharing.FederationPolicy: {"oidc_policy": "its fields are shown"},
    sharing.OidcFederationPolicy: {"audiences": "shown as an array"},
}

CLASSES: dict[str, tuple[type, ...]] = {
    "shares": (sharing.ShareInfo,),
    "share_objects": (sharing.SharedDataObject,),
    "recipients": (sharing.RecipientInfo,),
    "recipient_tokens": (sharing.RecipientTokenInfo,),
    "grants": (sharing.PrivilegeAssignment,),
    "effective_grants": (catalog.EffectivePrivilegeAssignment, catalog.EffectivePrivilege),
    "providers": (sharing.ProviderInfo, sharing.RecipientProfile),
    "provider_shares": (sharing.ProviderShare,),
    "federation_policies": (sharing.FederationPolicy, sharing.OidcFederationPolicy),
}


# -- one form for both sides


def in_url(name: str) -> str:
    """A name for the SDK, which pastes names into URLs as they are."""
    return urllib.parse.quote(name, safe="")


def epoch_ms(text: str) -> int:
    """Milliseconds since 1970 of a time in ISO 8601."""
    delta = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    return delta // timedelta(milliseconds=1)


def _network(text: str) -> str:
    """A network; an address stands for itself alone, host bits do not count."""
    return str(ipaddress.ip_network(text, strict=False))


def _of_sdk(value: Any, kind: str) -> Any:
    if isinstance(value, enum.Enum):
        value = value.value
    if value is None or value == "":  # the platform's word for a text that was cleared
        return None
    if kind == "timestamp with time zone":
        return epoch_ms(value) if isinstance(value, str) else value
    if kind == "cidr[]":
        return [_network(text) for text in value]
    return value


def _of_sql(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "timestamp with time zone":
        return epoch_ms(value)
    if kind == "cidr[]":
        return [_network(text) for text in value]
    return value


def column_types(sql: Session) -> dict[str, dict[str, str]]:
    """The type of each declared column, by table and column."""
    types: dict[str, dict[str, str]] = {}
    for entry in sql.rows("SELECT table_name, column_name, data_type FROM deltashare.declared_columns()"):
        types.setdefault(entry["table_name"], {})[entry["column_name"]] = entry["data_type"]
    return types


def comparable(table: str, rows: list[Row], types: dict[str, dict[str, str]]) -> list[Row]:
    """Rows of a session in the form of `sdk_rows`, in an order of their own."""
    return in_order([{name: _of_sql(value, types[table][name]) for name, value in row.items()} for row in rows])


def in_order(rows: list[Row]) -> list[Row]:
    """Rows in an order that depends on nothing else."""
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True, default=str))


# -- what the SDK sees


def sdk_rows(sdk: WorkspaceClient, table: str, types: dict[str, dict[str, str]]) -> list[Row]:
    """All rows of a table as the SDK sees them."""
    getters = COLUMNS[table]
    return in_order(
        [
            {name: _of_sdk(get(entry), types[table][name]) for name, get in getters.items()}
            for entry in _SOURCES[table](sdk)
        ]
    )


def get(sdk: WorkspaceClient, path: str, **query: Any) -> dict[str, Any]:
    """A reply as it is."""
    reply: dict[str, Any] = sdk.api_client.do("GET", path, query=query, headers={"Accept": "application/json"})
    return reply


def pages(sdk: WorkspaceClient, path: str, label: str) -> Iterator[dict[str, Any]]:
    """All items of a list, for lists that the SDK does not walk through by itself."""
    token = None
    while True:
        reply = get(sdk, path, max_results=0, **({"page_token": token} if token else {}))
        yield from reply.get(label, [])
        token = reply.get("next_page_token")
        if not token:
            return


def _shares(sdk: WorkspaceClient) -> Iterator[Source]:
    for share in sdk.shares.list_shares():
        assert share.name is not None
        name = in_url(share.name)
        yield Source(sdk.shares.get(name), get(sdk, f"{UC}/shares/{name}"))


def _share_names(sdk: WorkspaceClient) -> list[str]:
    return [share.name or "" for share in sdk.shares.list_shares()]


def _share_objects(sdk: WorkspaceClient) -> Iterator[Source]:
    for name in _share_names(sdk):
        for entry in sdk.shares.get(in_url(name), include_shared_data=True).objects or []:
            yield Source(entry, {}, name)


def _recipients(sdk: WorkspaceClient) -> Iterator[Source]:
    for recipient in sdk.recipients.list():
        assert recipient.name is not None
        name = in_url(recipient.name)
        yield Source(sdk.recipients.get(name), get(sdk, f"{UC}/recipients/{name}"))


def _recipient_tokens(sdk: WorkspaceClient) -> Iterator[Source]:
    for recipient in sdk.recipients.list():
        for token in recipient.tokens or []:
            yield Source(token, {}, recipient.name)


def _grants(sdk: WorkspaceClient) -> Iterator[Source]:
    for name in _share_names(sdk):
        for entry in pages(sdk, f"{UC}/shares/{in_url(name)}/permissions", "privilege_assignments"):
            info = sharing.PrivilegeAssignment.from_dict(entry)
            for privilege in info.privileges or []:
                yield Source(info, entry, name, privilege)


def _effective_grants(sdk: WorkspaceClient) -> Iterator[Source]:
    for name in _share_names(sdk):
        for entry in pages(sdk, f"{UC}/effective-permissions/SHARE/{in_url(name)}", "privilege_assignments"):
            info = catalog.EffectivePrivilegeAssignment.from_dict(entry)
            for privilege in info.privileges or []:
                yield Source(info, entry, name, privilege)


def _providers(sdk: WorkspaceClient) -> Iterator[Source]:
    for provider in sdk.providers.list():
        assert provider.name is not None
        yield Source(sdk.providers.get(in_url(provider.name)), {})


def _provider_shares(sdk: WorkspaceClient) -> Iterator[Source]:
    for provider in sdk.providers.list():
        assert provider.name is not None
        for share in sdk.providers.list_shares(in_url(provider.name)):
            yield Source(share, {}, provider.name)


def _federation_policies(sdk: WorkspaceClient) -> Iterator[Source]:
    for recipient in sdk.recipients.list():
        assert recipient.name is not None
        for policy in sdk.recipient_federation_policies.list(in_url(recipient.name)):
            yield Source(policy, {}, recipient.name)


_SOURCES: dict[str, Callable[[WorkspaceClient], Iterator[Source]]] = {
    "shares": _shares,
    "share_objects": _share_objects,
    "recipients": _recipients,
    "recipient_tokens": _recipient_tokens,
    "grants": _grants,
    "effective_grants": _effective_grants,
    "providers": _providers,
    "provider_shares": _provider_shares,
    "federation_policies": _federation_policies,
}

TABLES = tuple(COLUMNS)


def source(table: str) -> str:
    """What to select the rows of a table from."""
    return "deltashare.effective_grants()" if table == "effective_grants" else table


def without_links(rows: list[Row]) -> list[Row]:
    """Rows as a scan shows them where nobody asked for activation links."""
    return in_order([{**row, "activation_url": None} if "activation_url" in row else row for row in rows])


def assert_same(sql: Session, sdk: WorkspaceClient, *tables: str, links: bool = False) -> dict[str, list[Row]]:
    """The extension and the SDK see the same rows in these tables (all of them if none is named); returns the rows."""
    types = column_types(sql)
    seen: dict[str, list[Row]] = {}
    for table in tables or TABLES:
        rows = sdk_rows(sdk, table, types)
        seen[table] = rows if links else without_links(rows)
        assert comparable(table, sql.rows(f"SELECT * FROM {source(table)}"), types) == seen[table], table
    return seen
