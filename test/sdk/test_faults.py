"""The workspace itself: it misbehaves exactly as ordered, keeps count, and ends when it should."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from helpers import raw, share_grants, token_recipient

from workspace.client import ControlError, Workspace, running

UC = "/api/2.1/unity-catalog"
TEST = Path(__file__).parent.parent


@pytest.fixture
def share(sdk: WorkspaceClient) -> str:
    """A share."""
    sdk.shares.create("s", comment="text")
    return "s"


def get(workspace: Workspace, path: str = "/shares/s") -> Any:
    """The JSON of a GET."""
    return json.loads(raw(workspace, "GET", UC + path).text)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["close", "reset"])
def test_lost_connection(workspace: Workspace, kind: str, when: str) -> None:
    workspace.fault(kind, "POST", "/shares$", when=when)
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)) as caught:
        raw(workspace, "POST", f"{UC}/shares", {"name": "s"})
    assert (type(caught.value) is ConnectionResetError) == (kind == "reset")
    assert set(workspace.dump()["shares"]) == ({"s"} if when == "after" else set())
    (entry,) = workspace.log()
    assert (entry["status"], entry["fault"]) == (0, kind)


def test_count_and_skip(workspace: Workspace, share: str) -> None:
    workspace.fault("status", "GET", "/shares/s$", status=500, skip=1, count=2)
    assert [raw(workspace, "GET", f"{UC}/shares/s").status for _ in range(5)] == [200, 500, 500, 200, 200]
    (order,) = workspace.control("GET", "faults")["faults"]
    assert (order["seen"], order["hits"]) == (5, 2)
    workspace.fault("status", "*", "", status=500, count=None, chance=0.5)
    statuses = [raw(workspace, "GET", f"{UC}/shares/s").status for _ in range(40)]
    assert 5 < statuses.count(500) < 35
    workspace.control("DELETE", "faults")
    assert raw(workspace, "GET", f"{UC}/shares/s").status == 200


def test_hang_until_the_client_leaves(workspace: Workspace, share: str) -> None:
    workspace.fault("hang", "GET", "/shares/s$")
    with pytest.raises(TimeoutError):
        open_and_read(workspace, timeout=0.3)
    time.sleep(0.2)
    entry = workspace.log()[-1]
    assert (entry["gone"], entry["status"]) == (True, 0)
    assert 250 < entry["ms"] < 2000
    assert workspace.control("GET", "log")["in_flight"] == 0


def test_clearing_faults_frees_what_hangs(workspace: Workspace, share: str) -> None:
    workspace.fault("hang", "GET", "/shares/s$")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(raw, workspace, "GET", f"{UC}/shares/s")
        time.sleep(0.2)
        assert not waiting.done()
        workspace.control("DELETE", "faults")
        assert isinstance(waiting.exception(timeout=2), http.client.RemoteDisconnected)


def open_and_read(workspace: Workspace, timeout: float) -> bytes:
    """A GET with a time limit between bytes."""
    headers = {
        "Accept": "application/json",
        "User-Agent": "test-suite/1.0.0",
        "Authorization": f"Bearer {workspace.token}",
    }
    request = urllib.request.Request(f"{workspace.url}{UC}/shares/s", headers=headers)
    with urllib.request.urlopen(request, timeout=timeout) as reply:
        return bytes(reply.read())


def test_stall_and_truncate(workspace: Workspace, share: str) -> None:
    workspace.fault("stall", "GET", "/shares/s$", bytes=10)
    with pytest.raises(TimeoutError):
        open_and_read(workspace, timeout=0.3)
    workspace.fault("truncate", "GET", "/shares/s$", bytes=10)
    with pytest.raises(http.client.IncompleteRead) as caught:
        open_and_read(workspace, timeout=2)
    assert len(caught.value.partial) == 10


def test_slow_ways(workspace: Workspace, share: str) -> None:
    workspace.control("PUT", "latency", {"ms": 100, "rules": [{"path": "/recipients", "ms": 300}]})
    workspace.fault("delay", "GET", "/shares/s$", ms=200)
    workspace.fault("drip", "GET", "/shares/s$", bytes=20, ms=10)
    assert b'"comment"' in open_and_read(workspace, timeout=2)
    raw(workspace, "GET", f"{UC}/shares")
    raw(workspace, "GET", f"{UC}/recipients")
    slow, normal, other = (entry["ms"] for entry in workspace.log()[-3:])
    assert slow > 400 and 100 <= normal < 250 and 300 <= other < 450


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("html", {}, b"<title>Sign in</title>"),
        ("not_json", {}, b"not JSON"),
        ("nested", {"depth": 10_000}, b"[" * 10_000 + b"]" * 10_000),
        ("number_for_text", {"at": "comment"}, b'"comment": 12345,'),
        ("nul", {"at": "comment"}, b'"comment": "nul\\u0000inside"'),
        ("invalid_utf8", {"at": "comment"}, b'"comment": "bad\xff\xfetext"'),
        ("big_id", {}, b'"created_at": 9007199254740993'),
        ("patch", {"set": {"comment": None}, "remove": ["owner"]}, b'"comment": null'),
        ("status", {"status": 299, "body": "plain"}, b"plain"),
    ],
)
def test_spoiled_replies(workspace: Workspace, share: str, kind: str, options: dict[str, Any], expected: bytes) -> None:
    for _ in range(2):  # with and without escapes
        workspace.fault(kind, "GET", "/shares/s$", **options)
        assert expected in open_and_read(workspace, timeout=2)
    assert json.loads(open_and_read(workspace, timeout=2))["comment"] == "text"


def test_empty_and_huge(workspace: Workspace, share: str) -> None:
    workspace.fault("empty", "GET", "/shares/s$")
    assert open_and_read(workspace, timeout=2) == b""
    workspace.fault("huge", "GET", "/shares/s$", megabytes=5)
    assert 5 * 2**20 < len(open_and_read(workspace, timeout=5)) < 5 * 2**20 + 100


def test_endless_and_repeated_pages(workspace: Workspace) -> None:
    workspace.control("POST", "seed", {"shares": 3})
    for kind, options, items in (
        ("endless_pages", {}, 3),
        ("endless_pages", {"empty": True}, 0),
        ("repeat_token", {}, 3),
    ):
        workspace.fault(kind, "GET", "/shares", count=None, **options)
        tokens = []
        path = "/shares?max_results=0"
        for _ in range(6):
            reply = get(workspace, path)
            tokens.append(reply["next_page_token"])
            path = f"/shares?max_results=0&page_token={tokens[-1].replace('=', '%3D')}"
            if kind == "endless_pages":
                assert len(reply.get("shares", [])) == items
        assert len(set(tokens)) == (6 if kind == "endless_pages" else 1)
        workspace.control("DELETE", "faults")


def test_bad_orders_are_refused(workspace: Workspace) -> None:
    for order in (
        {"kind": "none"},
        {"kind": "truncate", "when": "before"},
        {"kind": "hang", "when": "never"},
        {"kind": "hang", "path": "("},
    ):
        with pytest.raises(ControlError):
            workspace.control("POST", "faults", order)
    for settings in ({"none": 1}, {"page_size": "ten"}, {"patch_mode": "some"}):
        with pytest.raises(ControlError):
            workspace.settings(**settings)


def test_reset_and_dump(workspace: Workspace, sdk: WorkspaceClient) -> None:
    def build() -> tuple[dict[str, Any], dict[str, Any]]:
        sdk.shares.create("s", comment="c")
        token_recipient(sdk, "acme")
        workspace.control("POST", "grants", {"share": "s", "recipient": "acme"})
        workspace.control("POST", "updates", {"share": "s", "updates": [{"action": "ADD", "data_object": OBJECT}]})
        return workspace.dump(), workspace.dump(stable=True)

    plain, stable = build()
    assert share_grants(sdk, "s") == {"acme": ["SELECT"]}
    workspace.settings(page_size=3)
    workspace.reset()
    fresh = workspace.dump()
    assert {name: part for name, part in fresh.items() if name != "views"} == {
        "shares": {},
        "recipients": {},
        "providers": {},
    }
    assert {view["table_type"] for view in fresh["views"].values()} == {"VIEW"}
    assert (workspace.settings()["page_size"], workspace.log()) == (100, [])
    again, stable_again = build()
    assert plain != again
    assert stable == stable_again
    assert stable["shares"]["s"]["grants"] == {"acme": ["SELECT"]}


OBJECT = {"name": "main.sales.orders", "data_object_type": "TABLE"}


def test_bodies_in_the_log(workspace: Workspace) -> None:
    raw(workspace, "POST", f"{UC}/shares", {"name": "s"})
    assert workspace.log(bodies=1)[0]["body"] == {"name": "s"}
    assert "body" not in workspace.log()[0]


def test_sixty_four_connections(workspace: Workspace) -> None:
    """1000 requests of 50 ms over 64 connections: 16 rounds, 0.8 s at best."""
    workspace.control("POST", "seed", {"shares": 1000, "grants": 3})
    workspace.control("PUT", "latency", {"ms": 50})
    host, port = workspace.url.removeprefix("http://").split(":")

    def read_many(start: int) -> int:
        connection = http.client.HTTPConnection(host, int(port))
        headers = {
            "Accept": "application/json",
            "User-Agent": "test-suite/1.0.0",
            "Authorization": f"Bearer {workspace.token}",
        }
        grants = 0
        for number in range(start, 1000, 64):
            connection.request("GET", f"{UC}/shares/seed_share_{number:05d}/permissions?max_results=0", headers=headers)
            grants += len(json.load(connection.getresponse())["privilege_assignments"])
        connection.close()
        return grants

    started = time.monotonic()
    with ThreadPoolExecutor(64) as pool:
        assert sum(pool.map(read_many, range(64))) == 3000
    assert time.monotonic() - started < 5
    log = workspace.control("GET", "log")
    assert (log["count"], log["connections"]) == (1000, 64)
    assert 32 < log["in_flight_max"] <= 64


def start(*arguments: str) -> subprocess.Popen[str]:
    """A workspace process of our own."""
    command = [sys.executable, "-m", "workspace", "--max-seconds", "60", *arguments]
    return subprocess.Popen(
        command, cwd=TEST, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def first_line(process: subprocess.Popen[str]) -> str:
    """The base URL."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_start_and_ends(tmp_path: Path) -> None:
    log = tmp_path / "log"
    port_file = tmp_path / "port"
    process = start(
        "--port-file", str(port_file), "--exit-on-stdin-eof", "--log", str(log), "--token", "mine", "--page-size", "7"
    )
    url = first_line(process)
    workspace = Workspace(url)
    workspace.token = "mine"
    deadline = time.monotonic() + 2
    while not port_file.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert url == f"http://127.0.0.1:{port_file.read_text().strip()}"
    assert workspace.settings()["page_size"] == 7
    assert raw(workspace, "GET", f"{UC}/shares").status == 200
    with pytest.raises(OSError):
        socket.create_connection((other_address(), int(url.rpartition(":")[2])), timeout=0.5).close()
    process.communicate(timeout=5)  # closes stdin
    assert process.returncode == 0
    (line,) = log.read_text().splitlines()
    assert (json.loads(line)["path"], json.loads(line)["status"]) == (f"{UC}/shares", 200)


def other_address() -> str:
    """A loopback address that the workspace is not bound to."""
    return "127.0.0.2"


def test_time_limit_and_signal() -> None:
    process = start("--max-seconds", "0.3")
    assert first_line(process)
    assert "time limit" in process.communicate(timeout=5)[1]
    process = start()
    assert first_line(process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=5) == 0
    process.communicate()


def test_tls(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    made = subprocess.run(
        [*make, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        capture_output=True,
    )
    if made.returncode != 0:
        pytest.skip("no openssl to make a certificate with")
    with running("--tls-cert", str(certificate), "--tls-key", str(key)) as workspace:
        assert workspace.url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(certificate))
        with urllib.request.urlopen(
            f"{workspace.url}/oidc/.well-known/oauth-authorization-server", context=trusting
        ) as reply:
            assert json.load(reply)["token_endpoint"] == f"{workspace.url}/oidc/v1/token"
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(f"{workspace.url}/oidc/.well-known/oauth-authorization-server")
