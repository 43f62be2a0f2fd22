"""What a migration is run on: a database whose server `sharing` is of either backend, and all that it can leave there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psql import Session
from servers import create_server

from workspace.client import Workspace

DATABASE = "main"  # the catalog of three-part names, on either backend
OWNERS = ("data_owners", "data_stewards")
BOOKKEEPING = ("alembic_version", "schema_migrations")  # of the tools; sqitch has a schema of its own

# differs each time that the same thing is made
VOLATILE = frozenset(
    {"id", "created_at", "updated_at", "added_at", "granted_at", "expiration_time", "token_id", "token_hash", "code"}
    | {"principal_id"}
)


@dataclass
class Target:
    """A database, and for the databricks backend the workspace that its server is."""

    session: Session
    workspace: Workspace | None

    def state(self) -> dict[str, Any]:
        """All that must be as it was after a migration that failed; on the local backend each row to the last byte."""
        remote = self.workspace.dump(stable=True) if self.workspace else self._tables(exact=True)
        return {"sharing": remote, "relations": self._relations()}

    def outcome(self) -> dict[str, Any]:
        """The same without what differs each time that it is made."""
        remote = self.workspace.dump(stable=True) if self.workspace else self._tables(exact=False)
        return {"sharing": remote, "relations": self._relations()}

    def secrets(self) -> list[str]:
        """What must not be in the output of a tool: the token, and the activation links that nobody used yet."""
        if self.workspace is None:
            return list(self.session.values("SELECT code FROM deltashare.pending_activations"))
        recipients = self.workspace.dump()["recipients"].values()
        links = [token.get("activation_url") for recipient in recipients for token in recipient["tokens"]]
        return [self.workspace.token, *(link for link in links if link)]

    def wait_for_others(self) -> None:
        """Wait until no other session is in the database: what a session began is undone when it ends."""
        self.session.run(
            "DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend') "
            "LOOP PERFORM pg_sleep(0.02); PERFORM pg_stat_clear_snapshot(); END LOOP; END $$"
        )

    def _relations(self) -> list[str]:
        return list(
            self.session.values(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
                f"AND relname <> ALL ('{{{','.join(BOOKKEEPING)}}}') ORDER BY 1"
            )
        )

    def _tables(self, exact: bool) -> dict[str, Any]:
        names = self.session.values(
            "SELECT relname FROM pg_class WHERE relnamespace = 'deltashare'::regnamespace AND relkind = 'r' ORDER BY 1"
        )
        tables = {name: self.session.rows(f"SELECT * FROM deltashare.{name} t ORDER BY t::text") for name in names}
        if exact:
            return tables
        del tables["audit_events"]  # a log
        blank = {
            name: [{column: "*" if column in VOLATILE else value for column, value in row.items()} for row in rows]
            for name, rows in tables.items()
        }
        return {name: sorted(rows, key=str) for name, rows in blank.items()}


def create(session: Session, workspace: Workspace | None) -> Target:
    """The database as an administrator hands it to those who write migrations."""
    session.run("CREATE EXTENSION deltashare_fdw; CREATE SCHEMA sales; CREATE SCHEMA hr")
    session.run(
        "CREATE TABLE sales.orders (order_id bigint, customer_id bigint, amount numeric);"
        "CREATE TABLE sales.customers (customer_id text, customer_name text, email text);"
        "CREATE TABLE sales.daily (day date, region text, amount numeric, tenant text);"
        "CREATE TABLE sales.invoices (invoice_id text);"
        "CREATE VIEW sales.orders_view AS SELECT order_id FROM sales.orders;"
        "CREATE TABLE hr.people (person_id bigint, name text, country text, salary numeric)"
    )
    owners = ", ".join(OWNERS)
    session.run(f"GRANT USAGE ON SCHEMA sales, hr TO {owners}; GRANT SELECT ON ALL TABLES IN SCHEMA sales, hr TO {owners}")
    if workspace:
        create_server(session, "sharing", workspace)
    else:
        session.run("CREATE SERVER sharing FOREIGN DATA WRAPPER deltashare_fdw; CREATE SCHEMA sharing")
        session.run("IMPORT FOREIGN SCHEMA deltashare FROM SERVER sharing INTO sharing")
    return Target(session, workspace)
