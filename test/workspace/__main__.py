"""Command line: serve one test workspace on 127.0.0.1 until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import ssl
import sys
from pathlib import Path

from aiohttp import web

from .access import Caller, Credentials
from .app import make_app
from .settings import Settings
from .world import World

DEFAULT_TOKEN = "dapi-test-token"
HOST = "127.0.0.1"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m workspace",
        description="A test workspace that speaks the sharing part of the Databricks REST API.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free port")
    parser.add_argument("--port-file", type=Path, help="the port is written here once the server listens")
    parser.add_argument(
        "--token", action="append", help=f"a bearer token that is accepted (repeatable; default: {DEFAULT_TOKEN})"
    )
    parser.add_argument("--principal", default="admin@example.com", help="whom the tokens stand for")
    parser.add_argument("--client-id", default="test-client", help="the OAuth client")
    parser.add_argument("--client-secret", default="test-client-secret")
    parser.add_argument("--oauth-ttl", type=float, default=3600.0, help="seconds that an OAuth token lives")
    parser.add_argument("--tls-cert", type=Path, help="serve HTTPS with this certificate")
    parser.add_argument("--tls-key", type=Path)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--page-size", type=int, default=100, help="the server-chosen page")
    parser.add_argument("--log", type=Path, help="append the request log here, one JSON object a line")
    parser.add_argument("--exit-on-stdin-eof", action="store_true")
    parser.add_argument("--max-seconds", type=float, default=3600.0, help="exit after so long in any case")
    return parser.parse_args()


def _tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    if options.tls_cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.tls_cert, options.tls_key)
    return context


async def _serve(options: argparse.Namespace) -> None:
    stop = _watch_for_the_end(options)
    settings = Settings(latency_ms=options.latency_ms, page_size=options.page_size, oauth_ttl_s=options.oauth_ttl)
    tokens = {token: Caller(options.principal) for token in options.token or [DEFAULT_TOKEN]}
    world = World(settings, Credentials(tokens, options.client_id, options.client_secret), options.log)
    runner = web.AppRunner(make_app(world), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    tls = _tls(options)
    site = web.TCPSite(runner, HOST, options.port, ssl_context=tls, backlog=512)
    await site.start()
    port = runner.addresses[0][1]
    world.base_url = f"{'https' if tls else 'http'}://{HOST}:{port}"
    world.reset()
    print(world.base_url, flush=True)
    if options.port_file is not None:
        _write_whole(options.port_file, f"{port}\n")
    try:
        await asyncio.wait_for(stop.wait(), options.max_seconds)
    except TimeoutError:
        print("time limit reached", file=sys.stderr)
    finally:
        world.faults.clear()
        await runner.cleanup()


def _write_whole(path: Path, content: str) -> None:
    """Write a file so that a reader sees all of it or none."""
    partial = path.with_name(path.name + ".part")
    partial.write_text(content, encoding="utf-8")
    partial.replace(path)


def _watch_for_the_end(options: argparse.Namespace) -> asyncio.Event:
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


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
