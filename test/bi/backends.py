"""A server of each backend with something to read, and what psql reads there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from psql import Row, Session, literal

from workspace.client import Workspace

READER = "bi_reader"  # a user as the README advises: a member of deltashare_reader, nothing more
NAMES = ("bi_a", "bi_b", "bi_c", "bi_d", "bi_e")
ODD = "Zoë's \"größte\" Freigabe \\ 東京 {a,b} ?::text %s :x"  # a comment that drivers could trip over

# read through a SQL warehouse, so only on a server that has one
OF_WAREHOUSE = ("audit_events", "audit_log", "usage")


@dataclass
class Backend:
    """A foreign server: its foreign tables are in schema `name`, views of them in `views`."""

    name: str
    session: Session
    catalog: str
    has_warehouse: bool
    workspace: Workspace | None = None
    _read: dict[tuple[str, str, bool], list[Row]] = field(default_factory=dict)

    @property
    def views(self) -> str:
        """The schema that create_views() chose."""
        return f"{self.name}_views"

    @property
    def schemas(self) -> tuple[str, str]:
        """Both schemas: what holds for a foreign table holds for its view."""
        return self.name, self.views

    @property
    def tables(self) -> list[str]:
        """What the import made, whatever that is."""
        return self.session.values(
            f"SELECT foreign_table_name AS n FROM information_schema.foreign_tables "
            f"WHERE foreign_table_schema = {literal(self.name)} ORDER BY 1"
        )

    @property
    def unreadable(self) -> list[str]:
        """Tables that need what this server does not have."""
        return [] if self.has_warehouse else [table for table in self.tables if table in OF_WAREHOUSE]

    @property
    def readable(self) -> list[str]:
        """The other tables."""
        return [table for table in self.tables if table not in self.unreadable]

    def columns(self, schema: str, table: str) -> list[Row]:
        """Columns in order, from the catalog: name, type, comment. There is none without a comment."""
        found = self.session.rows(
            f"SELECT attname AS name, format_type(atttypid, atttypmod) AS type, "
            f"col_description(attrelid, attnum) AS comment FROM pg_attribute "
            f"WHERE attrelid = '{schema}.{table}'::regclass AND attnum > 0 ORDER BY attnum"
        )
        assert all(column["comment"] for column in found), f"{schema}.{table}"
        return found

    def comment(self, schema: str, table: str) -> str:
        """The comment on a relation."""
        comment: str = self.session.value(f"SELECT obj_description('{schema}.{table}'::regclass, 'pg_class') AS c")
        return comment

    def rows(self, schema: str, table: str, arrays_as_text: bool = False) -> list[Row]:
        """All rows as psql reads them, in the form that `comparable` makes; those of a log are read once."""
        question = (schema, table, arrays_as_text)
        if question in self._read:
            return self._read[question]
        kinds = self.kinds(schema, table)
        shown = [f"{name}::text" if arrays_as_text and kind.endswith("[]") else name for name, kind in kinds.items()]
        found = comparable(self.session.rows(f"SELECT {', '.join(shown)} FROM {schema}.{table}"), kinds)
        if table in OF_WAREHOUSE:
            self._read[question] = found
        return found

    def kinds(self, schema: str, table: str) -> dict[str, str]:
        """The type of each column."""
        return {column["name"]: column["type"] for column in self.columns(schema, table)}

    def requests(self) -> list[str]:
        """The requests since the last call; none where there is no workspace."""
        if self.workspace is None:
            return []
        seen = [f"{entry['method']} {entry['path']}" for entry in self.workspace.log()]
        self.workspace.control("DELETE", "log")
        return seen


def fill(backend: Backend) -> None:
    """The same things on both backends, by our own functions: every type of column has values."""
    run = backend.session.run
    run(f"SET deltashare.server = {literal(backend.name)}")
    for name in NAMES:
        run(f"SELECT deltashare.create_share({literal(name)}, comment => {literal(ODD if name == 'bi_a' else name)})")
    orders, daily = f"{backend.catalog}.sales.orders", f"{backend.catalog}.sales.daily"
    run(f"SELECT deltashare.add_to_share('bi_a', {literal(orders)}, comment => {literal(ODD)})")
    run(
        f"SELECT deltashare.add_to_share('bi_a', {literal(daily)}, cdf => true, "
        f"partitions => deltashare.partition_filter('region', {literal(ODD)}))"
    )
    run(f"SELECT deltashare.add_to_share('bi_b', {literal(orders)}, start_version => 3)")
    for number, name in enumerate(("bi_acme", "bi_globex", "bi_initech")):
        run(
            f"SELECT deltashare.create_recipient({literal(name)}, comment => {literal(ODD)}, "
            f"ip_access_list => '{{203.0.113.{number}/32, 2001:db8::/32}}', "
            f"properties => {literal({'country': 'DE', 'note': ODD})}, "
            "expiration_time => date_trunc('milliseconds', now()) + interval '60 days 0.123 s')"
        )
        run(f"SELECT deltashare.grant_select({literal(NAMES[number])}, {literal(name)})")
    run("SELECT deltashare.create_recipient('bi_oidc', authentication_type => 'OIDC_FEDERATION')")
    (_fill_workspace if backend.workspace else _fill_local)(backend)


def _fill_workspace(backend: Backend) -> None:
    """What there is no function for."""
    assert backend.workspace is not None
    backend.workspace.control(
        "POST", "providers", {"name": "bi_peer", "cloud": "azure", "comment": ODD, "shares": [{"name": "größe"}]}
    )
    if backend.has_warehouse:
        backend.workspace.control("POST", "audit/generate", {"count": 40})
    policy = {"issuer": "https://issuer.example", "subject_claim": "sub", "subject": "s", "audiences": ["a", 'b,{"c"}']}
    backend.workspace.control(
        "POST", "federation_policies", {"recipient": "bi_oidc", "name": "bi_policy", "oidc_policy": policy}
    )


def _fill_local(backend: Backend) -> None:
    backend.session.run(f"""
        INSERT INTO deltashare.providers
        VALUES ('bi_peer', 'DATABRICKS', {literal(ODD)}, 'bi', 'azure:westeurope:x', NULL,
            'azure', 'westeurope', 'x', now(), 'bi', now(), 'bi');
        INSERT INTO deltashare.provider_shares VALUES ('bi_peer', 'größe');
        INSERT INTO deltashare.federation_policies
        VALUES ('bi_oidc', 'bi_policy', 'i', NULL, 'https://issuer.example', 'sub', 's',
            ARRAY['a', 'b,{{"c"}}'], now(), now())""")


def comparable(rows: Iterable[Row], kinds: Mapping[str, str]) -> list[Row]:
    """One form for all drivers: times in UTC, JSON decoded, addresses as text; sorted."""
    decoded = [{name: _value(value, kinds[name]) for name, value in row.items()} for row in rows]
    return sorted(decoded, key=lambda row: json.dumps(row, sort_keys=True, default=str))


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "timestamp with time zone":
        return (value if isinstance(value, datetime) else datetime.fromisoformat(value)).astimezone(UTC)
    if kind == "date":
        return str(value)
    if kind == "jsonb":
        return json.loads(value) if isinstance(value, str) else value
    if kind.endswith("[]") and not isinstance(value, str):
        return [None if element is None else str(element) for element in value]
    return value
