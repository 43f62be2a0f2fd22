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
    patch_mode: str = "atomic"  # or partial: the updates before the failing one stay
    update_mode: str = "replace"  # or merge: an UPDATE leaves absent fields alone
    missing_status: int = 404  # HTTP status of *_DOES_NOT_EXIST
    exists_status: int = 400  # HTTP status of *_ALREADY_EXISTS, or 409
    grant_read_lag: int = 0  # so many reads after a change of grants still show the old ones
    oauth_ttl_s: float = 3600.0
    token_lifetime_s: int = 90 * 24 * 3600  # of recipient tokens; 0: no expiry of their own
    discovery: bool = True  # serve /.well-known/databricks-config

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
            setattr(self, name, value)


def _same_type(current: Any, value: Any) -> bool:
    if isinstance(current, bool) or isinstance(value, bool):
        return isinstance(current, bool) and isinstance(value, bool)
    if isinstance(current, (int, float)):
        return isinstance(value, (int, float)) and (
            isinstance(value, int) or isinstance(current, float) or value == int(value)
        )
    return isinstance(value, type(current))
