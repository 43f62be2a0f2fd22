"""Fixtures: a fresh `workspace` and an `sdk`, the unmodified official client that talks to it.

One workspace process serves all tests; each test starts from its reset state. A test that breaks protocol hygiene on
purpose says so with `@pytest.mark.violations("code", ...)`; without the mark any violation fails it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from databricks.sdk import WorkspaceClient  # noqa: E402
from databricks.sdk.core import Config  # noqa: E402

from workspace.client import Workspace, running  # noqa: E402

_CONFIGURATION = ("DATABRICKS_", "ARM_", "AZURE_", "GOOGLE_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NETRC")


def pytest_configure(config: pytest.Config) -> None:
    """Our own marks."""
    config.addinivalue_line("markers", "violations(*codes): the breaches of protocol hygiene that the test commits")


@pytest.fixture(scope="session", autouse=True)
def isolated_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The SDK reads environment, profile file and netrc: it finds none of them."""
    patch = pytest.MonkeyPatch()
    home = tmp_path_factory.mktemp("home")
    for name in os.environ:
        if name.upper().startswith(_CONFIGURATION):
            patch.delenv(name)
    patch.setenv("HOME", str(home))
    patch.setenv("DATABRICKS_CONFIG_FILE", str(home / "no-such-file"))
    patch.setenv("NETRC", str(home / "no-such-netrc"))
    patch.setenv("NO_PROXY", "*")
    yield
    patch.undo()


@pytest.fixture(scope="session")
def workspace_process(isolated_environment: None) -> Iterator[Workspace]:
    """The process behind all `workspace` fixtures."""
    with running() as started:
        yield started


@pytest.fixture
def workspace(workspace_process: Workspace, request: pytest.FixtureRequest) -> Iterator[Workspace]:
    """A fresh workspace; afterwards its violations must be those that the test announced."""
    workspace_process.reset()
    yield workspace_process
    mark = request.node.get_closest_marker("violations")
    assert set(workspace_process.violations()) == set(mark.args if mark else ())


@pytest.fixture
def new_sdk(workspace: Workspace) -> Callable[..., WorkspaceClient]:
    """A factory of clients, e.g. with another token."""

    def make(**configuration: Any) -> WorkspaceClient:
        chosen = configuration or {"token": workspace.token}
        return WorkspaceClient(
            config=Config(host=workspace.url, http_timeout_seconds=5, retry_timeout_seconds=20, **chosen)
        )

    return make


@pytest.fixture
def sdk(new_sdk: Callable[..., WorkspaceClient]) -> WorkspaceClient:
    """The official client, as administrator."""
    return new_sdk()
