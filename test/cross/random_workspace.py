"""Workspaces full of what nobody expects, made through the SDK from a seed."""

from __future__ import annotations

import random
import time
from typing import Any

from columns import in_url
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import sharing
from helpers import GLOBAL_ID, grant, token_recipient, update

from workspace.client import Workspace

_YEAR_2100_S = 4_102_444_800
_TEXTS = (
    "plain words",
    'it\'s "quoted" and \\back\\slashed\\',
    "naïve façade, größe, çedilla",
    "日本語のコメント",
    "אבג right to left ‏‎ marks",
    "🐘🔥👩‍👩‍👧‍👦 e\u0301 combining",
    "tab\tnewline\nreturn\rbell\x07 unit\x1f delete\x7f",
    "\u2028line\u2029paragraph\ufeffbom\u00a0space",
    "%41 %s %% {} ${x} $1 :name \\u0041 \\n &amp; <b> </pre>",
    "NULL",
    "null",
    "{}",
    " ",
    "'; DROP TABLE shares; --",
    "𝒳 beyond the first plane 𐍈",
)
_NAME_CHARACTERS = "abcxyz019_-" * 4 + "'\"\\%?#&+;:@=$!*(),[]{}|^~`<>" + "éßñ日本語אב🐘𐍈"
_NETWORKS = (
    "10.0.0.0/8",
    "10.1.2.3/8",
    "192.0.2.1",
    "192.0.2.1/32",
    "0.0.0.0/0",
    "2001:db8::/32",
    "2001:db8::1",
    "2001:DB8:0:0::1/64",
    "::/0",
    "::ffff:192.0.2.1",
    "fe80::1/10",
)
_KEYS = (
    "country",
    "a.b.c",
    "with space",
    'a "quote"',
    "back\\slash",
    "größe",
    "🔑",
    "__proto__",
    "0",
    "Databricks.x",
    "%",
)
_TABLES = ("orders", "customers", "daily", "invoices")
_OTHERS = {
    "main.sales.orders_view": "VIEW",
    "main.sales.orders_mv": "MATERIALIZED_VIEW",
    "main.sales.clicks": "STREAMING_TABLE",
    "main.sales.legacy": "FOREIGN_TABLE",
    "main.hr": "SCHEMA",
    "main.sales.files": "VOLUME",
    "main.sales.churn": "MODEL",
    "main.sales.to_euro": "FUNCTION",
}


class Filler:
    """Fills a fresh workspace; the same seed makes the same workspace, identifiers apart."""

    def __init__(self, workspace: Workspace, sdk: WorkspaceClient, seed: int):
        self.workspace = workspace
        self.sdk = sdk
        self.random = random.Random(seed)
        self._names: set[str] = set()

    def fill(self, shares: int = 14, recipients: int = 16, providers: int = 5) -> None:
        """Everything, over 130 years."""
        self._advance(-time.time() + 0.5)  # the workspace lives in 1970
        self._share()
        step = _YEAR_2100_S / (shares + recipients)
        for _ in range(recipients):
            self._recipient()
            self._advance(self.random.random() * 2 * step)
        for _ in range(shares):
            self._share()
            self._advance(self.random.random() * step)
        self._advance(_YEAR_2100_S - self._now_ms() / 1000)
        self._share()
        self._forget_some()
        for _ in range(providers):
            self._provider()

    def _advance(self, seconds: float) -> None:
        self.workspace.control("POST", "clock", {"advance_seconds": seconds})

    def _now_ms(self) -> int:
        now: int = self.workspace.control("POST", "clock", {"advance_seconds": 0})["now_ms"]
        return now

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def _text(self) -> str | None:
        if self._chance(0.2):
            return None
        if self._chance(0.15):
            return ""
        pieces = self.random.choices(_TEXTS, k=self.random.choice((1, 1, 2, 5, 300)))
        return " ".join(pieces)

    def _name(self) -> str:
        while True:
            size = self.random.choice((1, 3, 8, 20, 255))
            name = "".join(self.random.choices(_NAME_CHARACTERS, k=size)).lower()
            if name not in self._names and len(name) <= 255:
                self._names.add(name)
                return name

    def _recipient(self) -> None:
        fields: dict[str, Any] = {"comment": self._text()}
        if self._chance(0.7):
            keys = self.random.sample(_KEYS, self.random.randrange(1, len(_KEYS)))  # the SDK cannot send an empty map
            properties = {key: self._text() or "" for key in keys}
            fields["properties_kvpairs"] = sharing.SecurablePropertiesKvPairs(properties=properties)
        kind = ("TOKEN", "TOKEN", "DATABRICKS", "TOKEN", "OIDC_FEDERATION")[len(self._names) % 5]
        if kind == "DATABRICKS":
            fields["data_recipient_global_metastore_id"] = GLOBAL_ID
        elif self._chance(0.6):
            networks = self.random.sample(_NETWORKS, self.random.randrange(len(_NETWORKS)))
            fields["ip_access_list"] = sharing.IpAccessList(allowed_ip_addresses=networks)
        if kind != "DATABRICKS" and self._chance(0.3):
            fields["expiration_time"] = self._now_ms() + self.random.randrange(60_000, 365 * 86_400_000)
        name = self._name()
        self.sdk.recipients.create(name, sharing.AuthenticationType(kind), **fields)
        if kind == "TOKEN":
            self._live(name)
        elif kind == "OIDC_FEDERATION":
            self._policies(name)

    def _live(self, name: str) -> None:
        """Some tokens are activated, some rotated, some both."""
        if self._chance(0.4):
            self.workspace.control("POST", "activate", {"recipient": name})
        if self._chance(0.4):
            self.sdk.recipients.rotate_token(in_url(name), self.random.choice((0, 1, 86_400)))

    def _policies(self, name: str) -> None:
        for number in range(self.random.randrange(1, 4)):
            policy = sharing.OidcFederationPolicy(
                issuer=f"https://issuer.example/{number}",
                subject_claim=self.random.choice(("oid", "azp", "groups", "sub")),
                subject=self._text() or "somebody",
                audiences=[self._text() or "a" for _ in range(self.random.randrange(3))],
            )
            self.sdk.recipient_federation_policies.create(
                in_url(name),
                sharing.FederationPolicy(name=f"policy-{number}", comment=self._text(), oidc_policy=policy),
            )

    def _share(self) -> None:
        name = self._name()
        root = f"s3://bucket/{in_url(name)}" if self._chance(0.3) else None
        self.sdk.shares.create(name, comment=self._text(), storage_root=root)
        updates = self._tables() + self._other_objects()
        if updates:
            self.sdk.shares.update(in_url(name), updates=updates)
        for recipient in self.sdk.recipients.list():
            if self._chance(0.3):
                grant(self.sdk, in_url(name), recipient.name or "", add=["SELECT"])

    def _tables(self) -> list[sharing.SharedDataObjectUpdate]:
        updates = []
        for number, table in enumerate(self.random.sample(_TABLES, self.random.randrange(len(_TABLES) + 1))):
            version = self.random.choice((10, 2**53 + 1, 2**63 - 1))
            full_name = f"main.random{number}.{table}"
            self.workspace.control(
                "POST",
                "tables",
                {
                    "full_name": full_name,
                    "columns": [{"name": "region", "partition": 0}, {"name": "tag", "partition": 1}],
                    "current_version": version,
                },
            )
            fields: dict[str, Any] = {"comment": self._text()}
            fields |= self.random.choice(
                (
                    {"cdf_enabled": True},
                    {"cdf_enabled": False},
                    {"history_data_sharing_status": "ENABLED", "start_version": version},
                    {"history_data_sharing_status": "DISABLED"},
                    {},
                )
            )
            if self._chance(0.5):
                fields["partitions"] = [{"values": self._comparisons()} for _ in range(self.random.randrange(1, 4))]
            if self._chance(0.3):
                fields["shared_as"] = f"alias_{number}.table_{number}"
            updates.append(
                update("ADD", full_name, **{name: value for name, value in fields.items() if value is not None})
            )
        return updates

    def _comparisons(self) -> list[dict[str, str]]:
        choices: tuple[dict[str, str], ...] = (
            {"name": "region", "op": "EQUAL", "value": self._text() or ""},
            {"name": "region", "op": "LIKE", "value": "E%_\\"},
            {"name": "tag", "op": "EQUAL", "recipient_property_key": self.random.choice(_KEYS)},
            {"name": "tag", "op": "EQUAL", "recipient_property_key": "databricks.name"},
            {"name": "tag", "op": "EQUAL"},
        )
        return self.random.choices(choices, k=self.random.randrange(1, 4))

    def _other_objects(self) -> list[sharing.SharedDataObjectUpdate]:
        updates = []
        for name in self.random.sample(sorted(_OTHERS), self.random.randrange(4)):
            comment = self._text()
            updates.append(update("ADD", name, _OTHERS[name], **({} if comment is None else {"comment": comment})))
        if self._chance(0.3):
            updates.append(update("ADD", "Notebook 🐘.py", "NOTEBOOK_FILE", content="cHJpbnQoMSk="))
        return updates

    def _forget_some(self) -> None:
        """Deleted recipients leave grants behind."""
        for recipient in list(self.sdk.recipients.list()):
            if self._chance(0.25):
                self.sdk.recipients.delete(in_url(recipient.name or ""))

    def _provider(self) -> None:
        self.workspace.control(
            "POST",
            "providers",
            {
                "name": self._name(),
                "comment": self._text(),
                "created_at": self.random.choice((0, 1, 999, 4_102_444_800_000)),
                "updated_at": self.random.randrange(4_102_444_800_000),
                "authentication_type": self.random.choice(("DATABRICKS", "TOKEN")),
                "shares": [
                    {"name": (self._text() or "s")[:200] + str(number)} for number in range(self.random.randrange(6))
                ],
            },
        )
        token_recipient(self.sdk, self._name())
