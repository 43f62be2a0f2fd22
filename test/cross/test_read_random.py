"""Random workspaces, equal row by row; lists come in small pages, some of them empty."""

from __future__ import annotations

import random

import pytest
from columns import assert_same, column_types, comparable
from databricks.sdk import WorkspaceClient
from psql import Session, literal
from random_workspace import Filler

from workspace.client import Workspace

SEEDS = (1, 2, 3, 4)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_workspace(sql: Session, sdk: WorkspaceClient, workspace: Workspace, seed: int) -> None:
    workspace.settings(page_size=1 + seed, empty_page_every=seed, order_seed=seed, extra_fields=seed % 2 == 0)
    Filler(workspace, sdk, seed).fill()
    rows = assert_same(sql, sdk)
    assert all(len(found) > 1 for found in rows.values()), {table: len(found) for table, found in rows.items()}

    types, chosen = column_types(sql), random.Random(seed)
    for table, key in (
        ("shares", "name"),
        ("share_objects", "share_name"),
        ("recipients", "name"),
        ("recipient_tokens", "recipient_name"),
        ("grants", "recipient_name"),
        ("grants", "share_name"),
        ("federation_policies", "recipient_name"),
    ):
        names = sorted({row[key] for row in rows[table] if row[key] is not None})
        some = chosen.sample(names, min(3, len(names)))
        wanted = [row for row in rows[table] if row[key] in some]
        found = sql.rows(f"SELECT * FROM {table} WHERE {key} = ANY ({literal(some)}::text[])")
        assert comparable(table, found, types) == wanted, (table, key, some)


def test_random_workspace_has_the_edges(sql: Session, sdk: WorkspaceClient, workspace: Workspace) -> None:
    """What the generator promises is there, and survives the way through SQL exactly."""
    Filler(workspace, sdk, SEEDS[0]).fill()
    years = sql.values("SELECT DISTINCT extract(year FROM created_at)::int FROM shares")
    assert {1970, 2100} <= set(years)
    assert sql.value("SELECT bool_or(principal_id > 2::numeric ^ 53) FROM grants") is True
    assert sql.value("SELECT bool_or(principal_id % 2 = 1 AND principal_id > 2::numeric ^ 53) FROM grants") is True
    assert sql.value("SELECT count(*) FROM grants WHERE recipient_name IS NULL") > 0
    assert sql.value("SELECT max(start_version) FROM share_objects") == 2**63 - 1
    assert sql.value("SELECT count(*) FROM shares WHERE comment LIKE '%🐘%'") > 0
    assert sql.value("SELECT count(*) FROM recipients, unnest(ip_access_list) n WHERE family(n) = 6") > 0


def test_a_long_text(sql: Session, sdk: WorkspaceClient) -> None:
    comment = "🐘\\\"'" * 200_000
    sdk.shares.create("long", comment=comment)
    assert sql.value("SELECT comment FROM shares") == comment
