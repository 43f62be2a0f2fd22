"""What a test may tune: page sizes, the platform's undocumented choices, and the quirks."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from .errors import invalid

_CHOICES = {"patch_mode": ("atomic", "partial"), "update_mode": ("replace", "merge")}


@dataclass
class Settings:
    """One flat set of switches. A comment names the alternative where the platform's behaviour is not documented."""

    latency_ms: float = 0.0
    page_size: int = 100  # the server-chosen page
    empty_page_every: int = 3  # every n-th page holds nothing but a token; 0 or 1: never
    order_seed: int = 1
    extra_fields: bool = True  # replies carry keys that no client knows
    patch_mode: str = "atomic"  # or partial: the updates (or grants) before the failing one stay
    update_mode: str = "replace"  # or merge: an UPDATE leaves absent fields alone
    missing_status: int = 404  # HTTP status of *_DOES_NOT_EXIST
    exists_status: int = 400  # HTTP status of *_ALREADY_EXISTS, or 409
    grant_read_lag: int = 0  # so many reads after a change of grants still show the old ones
    oauth_ttl_s: float = 3600.0
    token_lifetime_s: int = 90 * 24 * 3600  # of recipient tokens; 0: no expiry of their own
    discovery: bool = True  # serve /.well-known/databricks-config
    warehouse_time_zone: str = "Asia/Kathmandu"  # of sessions; read anew by each statement
    timestamp_format: str = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"  # digits and offset are not documented
    rows_per_chunk: int = 1000
    inline_limit_bytes: int = 25 * 1024 * 1024
    statement_pending_s: float = 0.0  # the least time in this state
    statement_running_s: float = 0.0
    poll_wait_s: float = 0.0  # a GET of a live statement waits so long for its end
    cancel_ignored: bool = False  # a cancel is accepted and does nothing, as it may
    result_ttl_s: float = 3600.0  # then CLOSED
    statement_ttl_s: float = 12 * 3600.0  # then not found
    link_ttl_s: float = 900.0
    system_access_enabled: bool = True  # False: there is no table system.access.audit
    system_access_granted: bool = True  # False: it may not be read
    current_recipient: str = ""  # whom statements take for the reader, as after SET RECIPIENT; "": nobody

    def change(self, values: dict[str, Any]) -> None:
        """Take new values by name; an unknown name or a wrong type changes nothing."""
        known = {field.name: field for field in dataclasses.fields(self)}
        for name, value in values.items():
            if name not in known:
                raise invalid(f"unknown setting: {name}")
            if not _same_type(getattr(self, name), value):
                raise invalid(f"setting {name}: a {type(getattr(self, name)).__name__} is needed")
            if name in _CHOICES and value not in _CHOICES[name]:
                raise invalid(f"setting {name}: one of {', '.join(_CHOICES[name])}")
        for name, value in values.items():
            setattr(self, name, type(getattr(self, name))(value))  # 3 is fine for a float


def _same_type(current: Any, value: Any) -> bool:
    if isinstance(current, bool) or isinstance(value, bool):
        return isinstance(current, bool) and isinstance(value, bool)
    if isinstance(current, (int, float)):
        return isinstance(value, (int, float)) and (
            isinstance(value, int) or isinstance(current, float) or value == int(value)
        )
    return isinstance(value, type(current))
