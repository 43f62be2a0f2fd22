"""Command line: serve one test workspace on 127.0.0.1 until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import os
import ssl
from pathlib import Path

from aiohttp import web

from .access import Caller, Credentials
from .app import make_app
from .process import HOST, add_arguments, announce, wait_for_the_end, watch_for_the_end
from .settings import Settings
from .world import World

DEFAULT_TOKEN = "dapi-test-token"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m workspace",
        description="A test workspace that speaks the sharing part of the Databricks REST API.",
    )
    add_arguments(parser)
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
    parser.add_argument(
        "--engine",
        default=os.environ.get("DELTASHARE_TEST_ENGINE") or None,
        help="URL of a running workspace.engine (default: $DELTASHARE_TEST_ENGINE, else one of its own when needed)",
    )
    return parser.parse_args()


def _tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    if options.tls_cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.tls_cert, options.tls_key)
    return context


async def _serve(options: argparse.Namespace) -> None:
    stop = watch_for_the_end(options)
    settings = Settings(latency_ms=options.latency_ms, page_size=options.page_size, oauth_ttl_s=options.oauth_ttl)
    tokens = {token: Caller(options.principal) for token in options.token or [DEFAULT_TOKEN]}
    world = World(settings, Credentials(tokens, options.client_id, options.client_secret), options.log, options.engine)
    runner = web.AppRunner(make_app(world), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    tls = _tls(options)
    for port in (options.port, 0):
        await web.TCPSite(runner, HOST, port, ssl_context=tls, backlog=512).start()
    ports = [address[1] for address in runner.addresses]
    scheme = "https" if tls else "http"
    world.base_url, world.storage_url = (f"{scheme}://{HOST}:{port}" for port in ports)
    world.storage_port = ports[1]
    world.reset()
    announce(world.base_url, ports[0], options)
    try:
        await wait_for_the_end(stop, options)
    finally:
        world.faults.clear()
        world.statements.clear()
        await runner.cleanup()
        await world.engine.close()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
