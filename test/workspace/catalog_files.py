"""The catalog as files that the engine reads: one that names tables and views, and the rows of each table."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from .catalog import Catalog, Table

KEPT = 100  # files of older states, for statements that have not read them yet


class CatalogFiles:
    """Writes what has changed since the last statement."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._rows: dict[str, tuple[list[dict[str, Any]], str]] = {}  # by name of the table: its rows, and their file
        self._written: list[Path] = []

    def write(self, catalog: Catalog) -> str:
        """The path of a file that holds the catalog as it is now; the name follows from the content."""
        tables = {table.full_name: self._described(table) for table in catalog.tables.values() if table.table_type}
        return str(self._store(json.dumps({"schemas": sorted(catalog.schemas), "tables": tables}), self._written))

    def _described(self, table: Table) -> dict[str, Any]:
        return {
            "view": table.view_definition if table.table_type == "VIEW" else None,
            "owner": table.owner,
            "selectable": table.owner_has_select,
            "comment": table.comment,
            "columns": table.columns,
            "properties": table.properties,
            "rows": self._rows_file(table) if table.rows else None,
        }

    def _rows_file(self, table: Table) -> str:
        rows, path = self._rows.get(table.full_name, ([], ""))
        if rows is not table.rows:
            path = str(self._store("".join(json.dumps(row) + "\n" for row in table.rows), None))
            self._rows[table.full_name] = table.rows, path
        return path

    def _store(self, content: str, written: list[Path] | None) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="workspace-catalog-")
            Path(self._folder.name).chmod(0o755)
        path = Path(self._folder.name) / f"{hashlib.sha256(content.encode()).hexdigest()}.json"
        if not path.exists():
            path.write_text(content, encoding="utf-8")
            if written is not None:
                written.append(path)
                for old in written[:-KEPT]:
                    old.unlink()
                del written[:-KEPT]
        return path
