"""The SDK's iterators over lists that come in odd pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue
from databricks.sdk.service.sharing import AuthenticationType
from helpers import share_grants

from workspace.client import Workspace


@pytest.fixture
def seeded(workspace: Workspace) -> Workspace:
    """25 shares, each granted to 20 recipients; pages of 4."""
    workspace.control("POST", "seed", {"shares": 25, "grants": 20, "recipients": 25})
    workspace.control("POST", "tables", [{"full_name": f"main.many.t{number:02d}"} for number in range(25)])
    for number in range(25):
        workspace.control("POST", "providers", {"name": f"provider{number:02d}"})
    workspace.settings(page_size=4)
    workspace.control("DELETE", "log")
    return workspace


LISTS: dict[str, tuple[Callable[[WorkspaceClient], Iterable[Any]], Callable[[int], str]]] = {
    "shares": (lambda sdk: (entry.name for entry in sdk.shares.list_shares()), "seed_share_{:05d}".format),
    "recipients": (lambda sdk: (entry.name for entry in sdk.recipients.list()), "seed_recipient_{:05d}".format),
    "providers": (lambda sdk: (entry.name for entry in sdk.providers.list()), "provider{:02d}".format),
    "tables": (lambda sdk: (entry.name for entry in sdk.tables.list("main", "many")), "t{:02d}".format),
    "summaries": (
        lambda sdk: (entry.full_name for entry in sdk.tables.list_summaries("main", schema_name_pattern="man%")),
        "main.many.t{:02d}".format,
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_iterators_find_each_item_once(sdk: WorkspaceClient, seeded: Workspace, name: str) -> None:
    names, expected = LISTS[name]
    got = list(names(sdk))
    assert sorted(got) == [expected(number) for number in range(25)]
    assert len(seeded.log()) == 10, "7 pages of at most 4, and every third page empty: 3, 6 and 9"


def test_every_third_page_is_empty(sdk: WorkspaceClient, seeded: Workspace) -> None:
    sizes, token = [], None
    while True:
        query: dict[str, Any] = {"max_results": 0}
        if token:
            query["page_token"] = token
        answer = sdk.api_client.do(
            "GET", "/api/2.1/unity-catalog/shares", query=query, headers={"Accept": "application/json"}
        )
        sizes.append(len(answer.get("shares", [])))
        token = answer.get("next_page_token")
        if not token:
            break
    assert sizes == [4, 4, 0, 4, 4, 0, 4, 4, 0, 1]


def test_order_differs_between_walks(sdk: WorkspaceClient, seeded: Workspace) -> None:
    walks = [[share.name for share in sdk.shares.list_shares()] for _ in range(3)]
    assert walks[0] != walks[1] != walks[2]
    assert sorted(walks[0]) == sorted(walks[1]) == sorted(walks[2])  # type: ignore[type-var]


def test_a_walk_survives_changes(sdk: WorkspaceClient, seeded: Workspace) -> None:
    walk = sdk.shares.list_shares(max_results=3)
    seen = {next(walk).name for _ in range(5)}
    sdk.shares.create("new")
    gone = next(entry.name for entry in sdk.shares.list_shares() if entry.name not in {*seen, "new"})
    sdk.shares.delete(gone or "")
    rest = [share.name for share in walk]
    assert len(rest) == len(set(rest)) and not seen & set(rest)
    assert {*seen, *rest} - {"new"} >= {f"seed_share_{number:05d}" for number in range(25)} - {gone}


def test_without_a_size_everything_comes_at_once(sdk: WorkspaceClient, seeded: Workspace) -> None:
    answer = sdk.api_client.do("GET", "/api/2.1/unity-catalog/shares", headers={"Accept": "application/json"})
    assert len(answer["shares"]) == 25
    assert not answer.get("next_page_token")


@pytest.mark.parametrize(("asked", "requests"), [(3, 13), (1000, 10)])
def test_a_size_is_kept_up_to_the_servers(sdk: WorkspaceClient, seeded: Workspace, asked: int, requests: int) -> None:
    assert len(list(sdk.shares.list_shares(max_results=asked))) == 25
    assert len(seeded.log()) == requests


def test_grants_in_pages(sdk: WorkspaceClient, seeded: Workspace) -> None:
    wanted = {f"seed_recipient_{number % 25:05d}" for number in range(3, 23)}
    assert set(share_grants(sdk, "seed_share_00003")) == wanted
    assert len(seeded.log()) == 7
    assert {entry.principal for entry in sdk.grants.list("SHARE", "seed_share_00003")} == wanted
    first = sdk.recipients.share_permissions("seed_recipient_00000", max_results=0)
    assert (len(first.permissions_out or []), bool(first.next_page_token)) == (4, True)
    assert len(sdk.recipients.share_permissions("seed_recipient_00000").permissions_out or []) == 20


@pytest.mark.parametrize("size", [-1, 1, 149])
def test_sizes_that_grants_refuse(sdk: WorkspaceClient, seeded: Workspace, size: int) -> None:
    with pytest.raises(InvalidParameterValue, match="max_results"):
        sdk.grants.get("SHARE", "seed_share_00000", max_results=size)
    with pytest.raises(InvalidParameterValue, match="max_results"):
        sdk.grants.get_effective("SHARE", "seed_share_00000", max_results=size)


def test_bad_sizes_and_tokens(sdk: WorkspaceClient, seeded: Workspace) -> None:
    token = sdk.shares.share_permissions("seed_share_00000", max_results=0).next_page_token
    for query in ({"max_results": -1}, {"page_token": "nonsense"}, {"page_token": token}):
        with pytest.raises(InvalidParameterValue):
            list(sdk.shares.list_shares(**query))


def test_federation_policies_in_pages(sdk: WorkspaceClient, seeded: Workspace) -> None:
    sdk.recipients.create("oidc", AuthenticationType.OIDC_FEDERATION)
    policy = {"issuer": "https://idp.example.com", "subject_claim": "sub", "subject": "x"}
    for number in range(9):
        seeded.control(
            "POST", "federation_policies", {"recipient": "oidc", "name": f"p{number}", "oidc_policy": policy}
        )
    names = [entry.name for entry in sdk.recipient_federation_policies.list("oidc", max_results=0)]
    assert sorted(names) == [f"p{number}" for number in range(9)]  # type: ignore[type-var]
