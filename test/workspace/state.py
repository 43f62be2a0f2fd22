"""The data model: shares with their objects and grants, recipients with their tokens, providers, federation policies.

Field names are those of the API; None means absent. Names are stored in lower case and looked up without case.
"""

from __future__ import annotations

import random
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from .catalog import Catalog
from .errors import missing

TABLE_LIKE = frozenset({"TABLE", "VIEW", "MATERIALIZED_VIEW", "STREAMING_TABLE", "FOREIGN_TABLE"})
WITH_TEXT_ALIAS = frozenset({"VOLUME", "MODEL", "FUNCTION", "FEATURE_SPEC", "NOTEBOOK_FILE"})
OBJECT_TYPES = (*sorted(TABLE_LIKE), *sorted(WITH_TEXT_ALIAS), "SCHEMA")
AUTHENTICATION_TYPES = ("TOKEN", "DATABRICKS", "OIDC_FEDERATION", "OAUTH_CLIENT_CREDENTIALS", "EMAIL")


@dataclass
class SharedObject:
    """A data object in a share."""

    name: str
    data_object_type: str
    added_at: int
    added_by: str
    comment: str | None = None
    shared_as: str | None = None
    string_shared_as: str | None = None
    partitions: list[dict[str, Any]] | None = None
    cdf_enabled: bool | None = None
    history_data_sharing_status: str | None = None
    start_version: int | None = None
    content: str | None = None
    source_id: str | None = None  # of the table that was added: another one of its name is not shared
    extra: dict[str, Any] = field(default_factory=dict)  # reply fields that a test forced


@dataclass
class Share:
    """A share; grants are kept by the recipient's principal id, so that they survive renames and deletions."""

    key: int
    name: str
    owner: str
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    comment: str | None = None
    storage_root: str | None = None
    replication_config: dict[str, Any] | None = None
    serverless_budget_policy_id: str | None = None
    objects: dict[str, SharedObject] = field(default_factory=dict)
    grants: dict[int, set[str]] = field(default_factory=dict)
    old_grants: dict[int, set[str]] = field(default_factory=dict)  # what lagging reads still show
    lagging_reads: int = 0


@dataclass
class Token:
    """A recipient's bearer token; the activation code disappears once used."""

    id: str
    activation_code: str | None
    expiration_time: int | None
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str


@dataclass
class FederationPolicy:
    """An OIDC policy of a recipient; times are RFC 3339."""

    id: str
    name: str
    create_time: str
    update_time: str
    oidc_policy: dict[str, Any]
    comment: str | None = None


@dataclass
class Recipient:
    """A recipient; `principal_id` is its identity in grants."""

    principal_id: int
    id: str
    name: str
    authentication_type: str
    owner: str
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    comment: str | None = None
    data_recipient_global_metastore_id: str | None = None
    sharing_code: str | None = None
    expiration_time: int | None = None
    ip_access_list: list[str] | None = None
    properties: dict[str, str] = field(default_factory=dict)
    email: str | None = None
    allowed_acceptance_types: list[str] | None = None
    allowed_data_recipient_global_metastore_ids: list[str] | None = None
    activated: bool = False
    tokens: list[Token] = field(default_factory=list)
    policies: dict[str, FederationPolicy] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Provider:
    """Somebody who shares with us; `assets` is what each of his shares holds."""

    name: str
    authentication_type: str
    owner: str
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    comment: str | None = None
    cloud: str | None = None
    region: str | None = None
    metastore_id: str | None = None
    data_provider_global_metastore_id: str | None = None
    recipient_profile: dict[str, Any] | None = None
    assets: dict[str, dict[str, Any]] = field(default_factory=dict)


class State:
    """Everything the workspace knows. Identifiers come from a seeded generator, so that two runs are alike."""

    def __init__(self, base_url: str, seed: int = 1):
        self.base_url = base_url
        self.rng = random.Random(seed)
        self.catalog = Catalog()
        self.shares: dict[str, Share] = {}
        self.recipients: dict[str, Recipient] = {}
        self.by_principal: dict[int, Recipient] = {}
        self.by_activation: dict[str, Recipient] = {}
        self.providers: dict[str, Provider] = {}
        self.metastore_id = self.new_uuid()
        self.organization = "test-organization"
        self.sharing_scope = "INTERNAL_AND_EXTERNAL"
        self.clock_offset_ms = 0
        self._last_stamp = 0
        self._counter = 0

    # -- time and identifiers

    def now_ms(self) -> int:
        """The workspace's time; a test may have moved it."""
        return int(time.time() * 1000) + self.clock_offset_ms

    def stamp(self) -> int:
        """A time for a change: later than every stamp before."""
        self._last_stamp = max(self.now_ms(), self._last_stamp + 1)
        return self._last_stamp

    def new_uuid(self) -> str:
        """The next identifier."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def new_key(self) -> int:
        """The next internal key."""
        self._counter += 1
        return self._counter

    def new_principal_id(self) -> int:
        """The next principal id: every second one does not fit a double."""
        if self.new_key() % 2:
            return 2**53 + 1 + 2 * self.rng.randrange(2**61)
        return self.rng.randrange(10**9, 10**15)

    # -- lookups

    def share(self, name: str) -> Share:
        """The share of this name, or SHARE_DOES_NOT_EXIST."""
        found = self.shares.get(name.lower())
        if found is None:
            raise missing("SHARE", name)
        return found

    def recipient(self, name: str) -> Recipient:
        """The recipient of this name, or RECIPIENT_DOES_NOT_EXIST."""
        found = self.recipients.get(name.lower())
        if found is None:
            raise missing("RECIPIENT", name)
        return found

    def provider(self, name: str) -> Provider:
        """The provider of this name, or PROVIDER_DOES_NOT_EXIST."""
        found = self.providers.get(name.lower())
        if found is None:
            raise missing("PROVIDER", name)
        return found

    def activation_url(self, code: str) -> str:
        """The link that a recipient opens to fetch the credential."""
        return f"{self.base_url}/delta_sharing/retrieve_config.html?{code}"

    def add_recipient(self, recipient: Recipient) -> None:
        """Enter a recipient under its name and its principal id."""
        self.recipients[recipient.name] = recipient
        self.by_principal[recipient.principal_id] = recipient

    def remove_recipient(self, recipient: Recipient) -> None:
        """Forget a recipient. Its grants stay, as entries that have a principal id only."""
        del self.recipients[recipient.name]
        del self.by_principal[recipient.principal_id]
        for token in recipient.tokens:
            if token.activation_code:
                self.by_activation.pop(token.activation_code, None)

    def new_token(self, recipient: Recipient, lifetime_s: int, by: str) -> Token:
        """A fresh token with an unused activation link; it becomes the recipient's newest."""
        now = self.stamp()
        expires = recipient.expiration_time or (now + lifetime_s * 1000 if lifetime_s else None)
        token = Token(self.new_uuid(), f"{self.rng.getrandbits(256):064x}", expires, now, by, now, by)
        recipient.tokens.append(token)
        self.by_activation[token.activation_code or ""] = recipient
        return token
