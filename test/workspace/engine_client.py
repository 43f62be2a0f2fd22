"""The workspace's way to a Spark engine: one that runs already, or one of its own, started when first needed."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import aiohttp

_START_LIMIT_S = 60


class EngineLost(Exception):
    """The engine did not start, or went away."""


class EngineClient:
    """Runs statements; the engine started here ends with this process."""

    def __init__(self, url: str | None):
        self._url = url
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None
        self._starting = asyncio.Lock()

    async def run(self, order: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """What the engine says about the result, and the rows as JSON texts."""
        text = await self._post("run", order)
        lines = text.split("\n")  # not splitlines: other line ends may stand in a value
        return json.loads(lines[0]), lines[1:]

    async def cancel(self, statement_id: str) -> None:
        """Stop a statement."""
        if self._session is not None:
            await self._post("cancel", {"id": statement_id})

    async def _post(self, call: str, order: dict[str, Any]) -> str:
        url = await self._ready()
        assert self._session is not None
        try:
            async with self._session.post(f"{url}/{call}", json=order) as reply:
                text = await reply.text(encoding="utf-8")
                if reply.status != 200:
                    raise EngineLost(f"the engine answered {reply.status}: {text[:4000]}")
                return text
        except (aiohttp.ClientError, OSError) as error:
            if self._process is not None:
                self._url = None  # the next statement gets a new one
            raise EngineLost(f"the engine went away: {error}") from None

    async def _ready(self) -> str:
        async with self._starting:
            if self._session is None:
                timeout = aiohttp.ClientTimeout(total=None)
                self._session = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0))
            if self._url is None:
                self._url = await self._start()
            return self._url

    async def _start(self) -> str:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "workspace.engine", "--port", "0", "--exit-on-stdin-eof"),
            cwd=Path(__file__).parent.parent,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), _START_LIMIT_S)
        if not line:
            raise EngineLost("the engine did not start: see stderr")
        return line.decode().strip()

    async def close(self) -> None:
        """End the engine that was started here."""
        if self._session is not None:
            await self._session.close()
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            try:
                await asyncio.wait_for(self._process.wait(), 8)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
