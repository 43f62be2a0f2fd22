"""Views that statements create: from what the engine says about one to an entry of the catalog."""

from __future__ import annotations

from typing import Any

from .catalog import Table
from .state import State


def keep_view(state: State, described: dict[str, Any], by: str) -> Table:
    """Enter a view, or replace one: who made it and when, its identifier and the tags of what is left stay."""
    now = state.stamp()
    view = Table(
        table_type="VIEW",
        owner=by,
        data_source_format=None,
        id=state.new_uuid(),
        created_at=now,
        created_by=by,
        updated_at=now,
        updated_by=by,
        **described,
    )
    old = state.catalog.find(view.full_name)
    if old is not None:
        view.owner, view.id, view.tags = old.owner, old.id or old.table_id(), old.tags
        view.created_at, view.created_by = old.created_at, old.created_by
        names = {column["name"].lower() for column in view.columns}
        view.column_tags = {name: tags for name, tags in old.column_tags.items() if name.lower() in names}
    state.catalog.add(view)
    return view
