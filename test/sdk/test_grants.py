"""Grants, through all the paths that the SDK knows: they show one truth."""

from __future__ import annotations

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import catalog, sharing
from helpers import grant, permissions_change, share_grants, token_recipient

from workspace.client import Workspace

BIG = 2**53


@pytest.fixture
def share(sdk: WorkspaceClient) -> str:
    """A share, and the recipients acme and globex."""
    sdk.shares.create("s")
    for name in ("acme", "globex"):
        token_recipient(sdk, name)
    return "s"


def plain(entries: list[Any] | None) -> dict[str, list[str]]:
    """Privileges by principal."""
    return {entry.principal: [privilege.value for privilege in entry.privileges] for entry in entries or []}


@pytest.mark.parametrize("kind", ["SHARE", "share"])
def test_every_path_shows_the_grant(sdk: WorkspaceClient, share: str, kind: str) -> None:
    granted = sdk.grants.update(kind, share, changes=[permissions_change({"principal": "acme", "add": ["SELECT"]})])
    assert plain(granted.privilege_assignments) == {"acme": ["SELECT"]}
    grant(sdk, share, "GLOBEX", add=["SELECT"])
    both = {"acme": ["SELECT"], "globex": ["SELECT"]}
    assert share_grants(sdk, share) == both
    assert plain(sdk.grants.get(kind, share).privilege_assignments) == both
    assert plain(list(sdk.grants.list(kind, share))) == both
    effective = sdk.grants.get_effective(kind, share).privilege_assignments or []
    assert {
        entry.principal: [held.privilege for held in entry.privileges or []] for entry in effective
    } == dict.fromkeys(both, [catalog.Privilege.SELECT])
    of_recipient = sdk.recipients.share_permissions("acme", max_results=0).as_dict()
    assert of_recipient["permissions_out"] == [
        {"share_name": "s", "privilege_assignments": [{"principal": "acme", "privileges": ["SELECT"]}]}
    ]


def test_reply_of_a_change_is_the_new_list(sdk: WorkspaceClient, share: str) -> None:
    changes = [sharing.PermissionsChange(principal="acme", add=["SELECT"])]
    assert plain(sdk.shares.update_permissions(share, changes=changes).privilege_assignments) == {"acme": ["SELECT"]}
    assert not sdk.shares.update_permissions(share, changes=changes, omit_permissions_list=True).privilege_assignments
    assert not sdk.grants.update("SHARE", share, changes=[], omit_permissions_in_response=True).privilege_assignments


def test_grant_and_revoke_twice_is_no_error(sdk: WorkspaceClient, share: str) -> None:
    for _ in range(2):
        grant(sdk, share, "acme", add=["SELECT"])
        assert share_grants(sdk, share) == {"acme": ["SELECT"]}
    for _ in range(2):
        grant(sdk, share, "acme", remove=["SELECT"])
        assert share_grants(sdk, share) == {}


def test_one_principal_only(sdk: WorkspaceClient, share: str) -> None:
    for name in ("acme", "globex"):
        grant(sdk, share, name, add=["SELECT"])
    assert plain(sdk.grants.get("SHARE", share, principal="globex").privilege_assignments) == {"globex": ["SELECT"]}
    assert [
        entry.principal
        for entry in sdk.grants.get_effective("SHARE", share, principal="acme").privilege_assignments or []
    ] == ["acme"]


def test_grants_survive_renames(sdk: WorkspaceClient, share: str) -> None:
    grant(sdk, share, "acme", add=["SELECT"])
    sdk.recipients.update("acme", new_name="acme2")
    sdk.shares.update(share, new_name="s2")
    assert share_grants(sdk, "s2") == {"acme2": ["SELECT"]}
    assert [entry.share_name for entry in sdk.recipients.share_permissions("acme2").permissions_out or []] == ["s2"]


def test_grants_end_with_the_share(sdk: WorkspaceClient, share: str) -> None:
    grant(sdk, share, "acme", add=["SELECT"])
    sdk.shares.delete(share)
    assert not sdk.recipients.share_permissions("acme").permissions_out
    sdk.shares.create(share)
    assert share_grants(sdk, share) == {}


def test_deleted_recipient_leaves_an_entry_by_id(sdk: WorkspaceClient, share: str) -> None:
    grant(sdk, share, "acme", add=["SELECT"])
    grant(sdk, share, "globex", add=["SELECT"])
    sdk.recipients.delete("acme")
    assert share_grants(sdk, share) == {"": ["SELECT"], "globex": ["SELECT"]}
    assert set(plain(sdk.grants.get("SHARE", share).privilege_assignments)) == {"globex"}, "only on request"
    path = f"/api/2.1/unity-catalog/shares/{share}/permissions"
    headers = {"Accept": "application/json"}
    answer = sdk.api_client.do("GET", path, headers=headers)
    ids = {entry["principal"]: entry["principal_id"] for entry in answer["privilege_assignments"]}
    body = {"changes": [{"principal_id": ids[""], "remove": ["SELECT"]}]}
    sdk.api_client.do("PATCH", path, body=body, headers=headers)
    assert share_grants(sdk, share) == {"globex": ["SELECT"]}


def test_principal_ids_do_not_fit_a_double(sdk: WorkspaceClient, workspace: Workspace) -> None:
    workspace.control("POST", "seed", {"shares": 1, "grants": 6})
    answer = sdk.api_client.do(
        "GET", "/api/2.1/unity-catalog/shares/seed_share_00000/permissions", headers={"Accept": "application/json"}
    )
    ids = [entry["principal_id"] for entry in answer["privilege_assignments"]]
    assert len(ids) == len(set(ids)) == 6
    assert len([number for number in ids if number > BIG]) == 3
    assert all(int(float(number)) != number for number in ids if number > BIG)


def test_reads_may_lag_behind_a_change(sdk: WorkspaceClient, share: str, workspace: Workspace) -> None:
    workspace.settings(grant_read_lag=2)
    grant(sdk, share, "acme", add=["SELECT"])
    assert [share_grants(sdk, share) for _ in range(3)] == [{}, {}, {"acme": ["SELECT"]}]
