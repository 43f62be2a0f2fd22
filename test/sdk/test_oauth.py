"""Machine-to-machine OAuth through the SDK's own credentials strategy."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import Unauthenticated
from databricks.sdk.errors.base import DatabricksError

from workspace.client import Workspace

NewSdk = Callable[..., WorkspaceClient]


def issued(workspace: Workspace) -> int:
    """How many tokens the workspace has issued."""
    return int(workspace.control("GET", "log")["oauth_tokens_issued"])


@pytest.mark.parametrize("discovery", [True, False])
def test_client_credentials(workspace: Workspace, new_sdk: NewSdk, discovery: bool) -> None:
    workspace.settings(discovery=discovery)
    before = issued(workspace)
    where = {} if discovery else {"discovery_url": f"{workspace.url}/oidc/.well-known/oauth-authorization-server"}
    sdk = new_sdk(client_id=workspace.client_id, client_secret=workspace.client_secret, **where)
    assert sdk.config.auth_type == "oauth-m2m"
    assert sdk.shares.create("s").created_by == workspace.client_id
    assert [share.name for share in sdk.shares.list_shares()] == ["s"]
    assert issued(workspace) == before + 1, "one token serves all calls"
    paths = [entry["path"] for entry in workspace.log()]
    assert "/oidc/.well-known/oauth-authorization-server" in paths and "/oidc/v1/token" in paths


def test_a_short_token_is_renewed(workspace: Workspace, new_sdk: NewSdk) -> None:
    workspace.settings(oauth_ttl_s=1)
    sdk = new_sdk(client_id=workspace.client_id, client_secret=workspace.client_secret)
    before = issued(workspace)
    for _ in range(3):
        assert list(sdk.shares.list_shares()) == []
        time.sleep(0.6)
    assert issued(workspace) > before + 1
    assert 401 not in [entry["status"] for entry in workspace.log()]


def test_an_expired_token_is_refused(workspace: Workspace, new_sdk: NewSdk) -> None:
    sdk = new_sdk(client_id=workspace.client_id, client_secret=workspace.client_secret)
    assert list(sdk.shares.list_shares()) == []
    workspace.control("POST", "oauth/expire")
    with pytest.raises(Unauthenticated, match="expired"):
        list(sdk.shares.list_shares())


def test_a_wrong_secret_is_refused(workspace: Workspace, new_sdk: NewSdk) -> None:
    with pytest.raises((DatabricksError, ValueError), match="(?i)client"):
        list(new_sdk(client_id=workspace.client_id, client_secret="wrong").shares.list_shares())


def test_many_threads(workspace: Workspace, sdk: WorkspaceClient) -> None:
    workspace.control("PUT", "latency", {"ms": 50})
    with ThreadPoolExecutor(16) as pool:
        names = list(pool.map(lambda number: sdk.shares.create(f"s{number}").name, range(48)))
    assert sorted(names) == sorted(f"s{number}" for number in range(48))  # type: ignore[type-var]
    seen = workspace.control("GET", "log", path="shares")
    assert 2 <= seen["in_flight_max"] <= 16
    assert all(entry["ms"] >= 50 for entry in seen["entries"])
