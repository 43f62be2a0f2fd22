"""A server process for tests: announces its port, and ends when told to or when nobody is left who wants it."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

HOST = "127.0.0.1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen, and when to end."""
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free port")
    parser.add_argument("--port-file", type=Path, help="the port is written here once the server listens")
    parser.add_argument("--exit-on-stdin-eof", action="store_true")
    parser.add_argument("--max-seconds", type=float, default=3600.0, help="exit after so long in any case")


async def serve(app: web.Application, options: argparse.Namespace, handler_cancellation: bool = False) -> None:
    """Serve until the end; the URL is the first line of stdout."""
    stop = watch_for_the_end(options)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=handler_cancellation)
    await runner.setup()
    await web.TCPSite(runner, HOST, options.port, backlog=512).start()
    port = runner.addresses[0][1]
    announce(f"http://{HOST}:{port}", port, options)
    try:
        await wait_for_the_end(stop, options)
    finally:
        await runner.cleanup()


def announce(url: str, port: int, options: argparse.Namespace) -> None:
    """Tell where the server listens."""
    print(url, flush=True)
    if options.port_file is not None:
        _write_whole(options.port_file, f"{port}\n")


def _write_whole(path: Path, content: str) -> None:
    """Write a file so that a reader sees all of it or none."""
    partial = path.with_name(path.name + ".part")
    partial.write_text(content, encoding="utf-8")
    partial.replace(path)


async def wait_for_the_end(stop: asyncio.Event, options: argparse.Namespace) -> None:
    """Return when told to stop, or when the time is up."""
    try:
        await asyncio.wait_for(stop.wait(), options.max_seconds)
    except TimeoutError:
        print("time limit reached", file=sys.stderr)


def watch_for_the_end(options: argparse.Namespace) -> asyncio.Event:
    """Set on a signal, and at the end of stdin if asked for."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if options.exit_on_stdin_eof:
        _watch_stdin(loop, stop)
    return stop


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    def read() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin.fileno())
            stop.set()

    try:
        loop.add_reader(sys.stdin.fileno(), read)
    except (OSError, ValueError):  # a plain file or /dev/null is at its end already
        stop.set()
