"""One running workspace: state, settings, credentials, faults, and what was observed."""

from __future__ import annotations

import dataclasses
import json
import random
import re
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .access import Credentials
from .audit import AuditLog
from .engine_client import EngineClient
from .faults import Faults
from .settings import Settings
from .state import State
from .statements import Statements
from .storage import Link
from .warehouses import Warehouses

_SIGNATURE = re.compile(r"(?<=X-Amz-Signature=)\w+")


@dataclass
class Observed:
    """The request log. `in_flight_max` and `connections_max` are high-water marks."""

    entries: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=200_000))
    in_flight: int = 0
    in_flight_max: int = 0
    connections: set[int] = field(default_factory=set)  # that carried a request since the log was cleared
    total: int = 0
    file: Path | None = None

    def begin(self) -> int:
        """A request arrived; how many are in flight with it."""
        self.total += 1
        self.in_flight += 1
        self.in_flight_max = max(self.in_flight_max, self.in_flight)
        return self.in_flight

    def end(self, entry: dict[str, Any]) -> None:
        """A request was answered, or given up."""
        self.in_flight -= 1
        self.entries.append(entry)
        if self.file is not None:
            with self.file.open("a", encoding="utf-8") as out:
                out.write(json.dumps({name: value for name, value in entry.items() if name != "body"}) + "\n")

    def clear(self) -> None:
        """Start the log and the high-water marks anew."""
        self.entries.clear()
        self.connections.clear()
        self.in_flight_max = self.in_flight
        self.total = 0


class World:
    """Everything that a control call can reset."""

    def __init__(
        self,
        settings: Settings,
        credentials: Credentials,
        log_file: Path | None = None,
        engine_url: str | None = None,
    ):
        self._first_settings = dataclasses.replace(settings)
        self._first_tokens = dict(credentials.tokens)
        self.settings = settings
        self.credentials = credentials
        self.base_url = ""
        self.storage_url = ""  # where external links lead to
        self.storage_port = 0
        self.engine = EngineClient(engine_url)
        self.audit = AuditLog()
        self.observed = Observed(file=log_file)
        self.violations: list[dict[str, Any]] = []
        self.faults = Faults()
        self.latency_rules: list[tuple[re.Pattern[str], float]] = []
        self.started = time.monotonic()
        self.state = State(self.base_url)
        self.warehouses = Warehouses(self)
        self.statements = Statements(self)
        self.links: dict[str, Link] = {}  # by signature
        self._restart_quirks()

    def reset(self) -> None:
        """Back to the state after start; OAuth tokens that were issued stay valid."""
        self.settings = dataclasses.replace(self._first_settings)
        self.credentials.tokens = dict(self._first_tokens)
        self.state = State(self.base_url)
        self.statements.clear()
        self.warehouses = Warehouses(self)
        self.links.clear()
        self.audit.clear()
        self.violations.clear()
        self.faults.clear()
        self.latency_rules.clear()
        self.observed.clear()
        self._restart_quirks()

    def _restart_quirks(self) -> None:
        self._flips: dict[str, bool] = {}
        self._nonces = random.Random(self.settings.order_seed)

    def flip(self, what: str) -> bool:
        """Every second time true: for what the platform does now this way, now that."""
        self._flips[what] = not self._flips.get(what, False)
        return self._flips[what]

    def next_nonce(self) -> int:
        """The order of the next walk through a list."""
        return self._nonces.getrandbits(32)

    def latency_ms(self, path: str) -> float:
        """How long a request to this path is held."""
        for pattern, delay in self.latency_rules:
            if pattern.search(path):
                return delay
        return self.settings.latency_ms

    def violate(self, code: str, method: str, path: str, detail: str) -> None:
        """Remember a breach of protocol hygiene, without secrets."""
        self.violations.append(
            {"code": code, "method": method, "path": self.redact(path), "detail": self.redact(detail)}
        )

    def redact(self, value: str) -> str:
        """A text with every known secret blanked."""
        for secret in self.credentials.secrets():
            value = value.replace(secret, "<secret>")
        return _SIGNATURE.sub("<secret>", value)
