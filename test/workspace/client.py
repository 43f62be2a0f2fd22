"""For tests in Python: start a workspace as a process of its own, and command it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TOKEN = "dapi-test-token"
CLIENT_ID = "test-client"
CLIENT_SECRET = "test-client-secret"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback never goes through a proxy


class ControlError(Exception):
    """The workspace refused a control call."""


class Workspace:
    """A running workspace, seen from a test."""

    def __init__(self, url: str):
        self.url = url
        self.token = TOKEN
        self.client_id = CLIENT_ID
        self.client_secret = CLIENT_SECRET

    def control(self, method: str, name: str, body: Any = None, /, **query: Any) -> Any:
        """Any control call; the methods below are shorthands."""
        url = f"{self.url}/__control__/{name}"
        if query:
            url += "?" + urllib.parse.urlencode(query)
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        try:
            with _DIRECT.open(request, timeout=60) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            raise ControlError(error.read().decode()) from None

    def reset(self) -> None:
        """Back to the state after start."""
        self.control("POST", "reset")

    def settings(self, **values: Any) -> dict[str, Any]:
        """Change settings; returns all of them."""
        changed: dict[str, Any] = self.control("PATCH", "settings", values)
        return changed

    def fault(self, kind: str, method: str = "*", path: str = "", **options: Any) -> None:
        """Order a misbehaviour."""
        self.control("POST", "faults", {"kind": kind, "method": method, "path": path, **options})

    def log(self, **query: Any) -> list[dict[str, Any]]:
        """The requests seen."""
        entries: list[dict[str, Any]] = self.control("GET", "log", **query)["entries"]
        return entries

    def violations(self) -> list[str]:
        """The codes of all violations."""
        return [entry["code"] for entry in self.control("GET", "violations")["violations"]]

    def dump(self, stable: bool = False) -> dict[str, Any]:
        """The whole state."""
        state: dict[str, Any] = self.control("GET", "dump", stable=int(stable))
        return state

    def query(self, statement: str, recipient: str | None = None) -> list[list[str | None]]:
        """The rows of a query on the catalog's tables and views; no request, no statement is logged."""
        body = {"statement": statement} | ({"recipient": recipient} if recipient else {})
        rows: list[list[str | None]] = self.control("POST", "query", body)["rows"]
        return rows

    def read(self, recipient: str, share: str, table: str) -> list[list[str | None]]:
        """What a recipient gets of `schema.table` in a share, in some order that stays the same."""
        answer = self.control("POST", "read", {"recipient": recipient, "share": share, "table": table})
        return sorted(answer["rows"], key=json.dumps)


@contextmanager
def running(*arguments: str) -> Iterator[Workspace]:
    """A workspace for the duration of a with block; it also ends when this process does."""
    with _process("workspace", *arguments) as url:
        yield Workspace(url)


@contextmanager
def running_engine() -> Iterator[str]:
    """The URL of an engine, for `running("--engine", url)`; it ends in the same ways."""
    with _process("workspace.engine") as url:
        yield url


@contextmanager
def _process(module: str, *arguments: str) -> Iterator[str]:
    command = [sys.executable, "-m", module, "--port", "0", "--exit-on-stdin-eof", "--max-seconds", "900", *arguments]
    process = subprocess.Popen(
        command, cwd=Path(__file__).parent.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError(f"{module} did not start: see its stderr")
        yield url
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
