"""The rows of `system.access.audit`, as a test gave them or had them generated."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from .audit_rows import date_of, micros
from .errors import invalid

COLUMNS = (
    "account_id", "workspace_id", "version", "event_time", "event_date", "source_ip_address", "user_agent",
    "session_id", "user_identity", "service_name", "action_name", "request_id", "request_params", "response",
    "audit_level", "event_id", "identity_metadata",
)  # fmt: skip
_STRUCTS = {
    "user_identity": ("email", "subject_name"),
    "response": ("status_code", "error_message", "result"),
    "identity_metadata": ("run_by", "run_as", "acting_resource"),
}


class AuditLog:
    """Raw rows, and the file from which the engine reads them."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._file: dict[str, str] | None = None

    def add(self, rows: list[dict[str, Any]]) -> int:
        """Append rows, all or none; how many there are then."""
        self.rows.extend([_checked(row) for row in rows])
        self._file = None
        return len(self.rows)

    def clear(self) -> None:
        """Forget all rows."""
        self.rows.clear()
        self._file = None

    def as_file(self) -> dict[str, str]:
        """Where the rows are as JSON lines, and a digest of them."""
        if self._file is None:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="workspace-audit-")
            encode = json.JSONEncoder(ensure_ascii=True, check_circular=False).encode
            data = "".join(encode(_stored(row)) + "\n" for row in self.rows).encode()
            digest = hashlib.sha256(data).hexdigest()
            path = Path(self._folder.name) / f"{digest}.json"
            path.write_bytes(data)
            Path(self._folder.name).chmod(0o755)
            self._file = {"path": str(path), "digest": digest}
        return self._file


def _stored(row: dict[str, Any]) -> dict[str, Any]:
    value = dict(row)
    value["event_time_us"] = value.pop("event_time")
    return value


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """A row with all columns; Spark must be able to read it."""
    unknown = set(given) - set(COLUMNS)
    if unknown:
        raise invalid(f"not a column of system.access.audit: {', '.join(sorted(unknown))}")
    if given.get("event_time") is None:
        raise invalid("event_time: ISO text or microseconds are needed")
    row = {name: given.get(name) for name in COLUMNS}
    row["event_time"] = micros(given["event_time"])
    if row["event_date"] is None:
        row["event_date"] = date_of(row["event_time"])
    for name, value in row.items():
        if value is None or name == "event_time":
            continue
        if name in _STRUCTS:
            if not isinstance(value, dict) or set(value) - set(_STRUCTS[name]):
                raise invalid(f"{name}: an object with {', '.join(_STRUCTS[name])} is needed")
            for key, part in value.items():
                if not (part is None or isinstance(part, int if key == "status_code" else str)):
                    raise invalid(f"{name}.{key}: {part!r} is of the wrong type")
        elif name == "request_params":
            if not isinstance(value, dict) or not all(part is None or isinstance(part, str) for part in value.values()):
                raise invalid("request_params: an object of texts is needed")
        elif not isinstance(value, str):
            raise invalid(f"{name}: a text is needed")
    return row
