"""Who calls, and what the caller may do."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field

from .catalog import Table
from .errors import denied, unauthenticated
from .state import Recipient, Share

PRIVILEGES = (
    "METASTORE_ADMIN",
    "CREATE_SHARE",
    "CREATE_RECIPIENT",
    "CREATE_PROVIDER",
    "USE_SHARE",
    "USE_RECIPIENT",
    "USE_PROVIDER",
    "SET_SHARE_PERMISSION",
    "CREATE_TABLE",  # on every schema
    "SELECT",  # on every table
)


@dataclass(frozen=True)
class Caller:
    """A principal. A superuser counts as a member of every owner group, so nothing is refused."""

    name: str
    superuser: bool = True
    privileges: frozenset[str] = frozenset()

    def holds(self, privilege: str) -> bool:
        """Whether the caller has a privilege on the metastore."""
        return self.superuser or privilege in self.privileges

    def owns(self, thing: Share | Recipient) -> bool:
        """Whether the caller is the owner."""
        return self.superuser or thing.owner == self.name

    def need(self, privilege: str) -> None:
        """Refuse a caller without this metastore privilege."""
        if not (self.holds(privilege) or self.holds("METASTORE_ADMIN")):
            raise denied(f"User does not have {privilege} on Metastore.")

    def sees_share(self, share: Share) -> bool:
        """Whether a share is listed for the caller."""
        return self.owns(share) or self.holds("USE_SHARE") or self.holds("METASTORE_ADMIN")

    def sees_recipient(self, recipient: Recipient) -> bool:
        """Whether a recipient is listed for the caller."""
        return self.owns(recipient) or self.holds("USE_RECIPIENT") or self.holds("METASTORE_ADMIN")

    def sees_table(self, table: Table) -> bool:
        """Whether information_schema shows a table to the caller."""
        return self.holds("SELECT") or table.owner == self.name

    def need_owner(self, thing: Share | Recipient) -> None:
        """Refuse everyone but the owner."""
        if not self.owns(thing):
            raise denied(f"User is not an owner of {type(thing).__name__} '{thing.name}'.")


NOBODY = Caller("", superuser=False)


@dataclass
class Credentials:
    """Bearer tokens, one OAuth client and the tokens issued to it."""

    tokens: dict[str, Caller] = field(default_factory=dict)
    client_id: str = "test-client"
    client_secret: str = "test-client-secret"
    issued: dict[str, float] = field(default_factory=dict)  # token: monotonic time of expiry
    issued_count: int = 0

    def issue(self, ttl_s: float) -> str:
        """A new OAuth token for the client."""
        token = "oauth-" + secrets.token_urlsafe(24)
        self.issued[token] = time.monotonic() + ttl_s
        self.issued_count += 1
        return token

    def expire_issued(self) -> None:
        """Every OAuth token issued so far is dead from now on."""
        self.issued = {token: 0.0 for token in self.issued}

    def secrets(self) -> list[str]:
        """All that must never occur in a URL or a log."""
        return [*self.tokens, *self.issued, *([self.client_secret] if self.client_secret else [])]

    def caller_of(self, authorization: str | None) -> Caller:
        """The caller behind an Authorization header."""
        if not authorization:
            raise unauthenticated("Credential was not sent or was of an unsupported type for this API.")
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer" or not token:
            raise unauthenticated("Credential was not sent or was of an unsupported type for this API.")
        if token in self.tokens:
            return self.tokens[token]
        if self.issued.get(token, 0.0) > time.monotonic():
            return Caller(self.client_id)
        raise unauthenticated("Invalid access token." if token not in self.issued else "The access token is expired.")
