"""Shares and their objects, through the SDK."""

from __future__ import annotations

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, NotFound
from helpers import ADMIN, NOW, objects_of, update

from workspace.client import Workspace

DAILY = "main.sales.daily"


@pytest.fixture
def share(sdk: WorkspaceClient) -> str:
    """An empty share."""
    sdk.shares.create("s")
    return "s"


def add(sdk: WorkspaceClient, share: str, name: str, kind: str = "TABLE", **fields: Any) -> dict[str, Any]:
    """Add one object; how the SDK then sees it."""
    sdk.shares.update(share, updates=[update("ADD", name, kind, **fields)])
    return objects_of(sdk, share)[name]


def test_create_returns_what_was_set(sdk: WorkspaceClient) -> None:
    created = sdk.shares.create("First", comment="größer", storage_root="s3://bucket/root")
    expected = {
        "name": "first",
        "comment": "größer",
        "storage_root": "s3://bucket/root",
        "storage_location": created.storage_location,
        "owner": ADMIN,
        "created_at": NOW,
        "created_by": ADMIN,
        "updated_at": NOW,
        "updated_by": ADMIN,
    }
    assert created.as_dict() == expected
    assert sdk.shares.get("FIRST").as_dict() == expected
    assert [entry.as_dict() for entry in sdk.shares.list_shares()] == [expected]


def test_an_absent_comment_is_absent_and_a_cleared_one_is_empty(sdk: WorkspaceClient, share: str) -> None:
    assert sdk.shares.get(share).comment is None
    assert sdk.shares.update(share, comment="some").comment == "some"
    assert sdk.shares.update(share, comment="").comment == ""
    assert sdk.shares.get(share).comment == ""


def test_rename_keeps_everything_else(sdk: WorkspaceClient, share: str, workspace: Workspace) -> None:
    add(sdk, share, "main.sales.orders")
    before = workspace.dump()["shares"]["s"]
    assert sdk.shares.update(share, new_name="Renamed").name == "renamed"
    after = workspace.dump()["shares"]
    assert set(after) == {"renamed"}
    assert {**after["renamed"], "name": "s", "updated_at": 0} == {**before, "updated_at": 0}
    with pytest.raises(NotFound):
        sdk.shares.get(share)


def test_owner_in_a_patch_of_its_own(sdk: WorkspaceClient, share: str) -> None:
    assert sdk.shares.update(share, owner="data-team").owner == "data-team"
    got = sdk.shares.get(share)
    assert (got.owner, got.created_by) == ("data-team", ADMIN)


@pytest.mark.violations("owner_with_other_fields")
def test_owner_together_with_other_fields_is_remembered(sdk: WorkspaceClient, share: str) -> None:
    assert sdk.shares.update(share, owner="data-team", comment="c").comment == "c"


def test_delete(sdk: WorkspaceClient, share: str) -> None:
    sdk.shares.delete(share)
    assert list(sdk.shares.list_shares()) == []
    with pytest.raises(NotFound):
        sdk.shares.delete(share)


def test_objects_only_on_request(sdk: WorkspaceClient, share: str) -> None:
    add(sdk, share, "main.sales.orders")
    assert not sdk.shares.get(share).objects
    assert not sdk.shares.get(share, include_shared_data=False).objects
    assert [bool(entry.objects) for entry in sdk.shares.list_shares()] == [False]
    assert len(sdk.shares.get(share, include_shared_data=True).objects or []) == 1


def test_object_with_every_field(sdk: WorkspaceClient, share: str) -> None:
    partitions = [
        {
            "values": [
                {"name": "region", "op": "EQUAL", "value": "EMEA"},
                {"name": "day", "op": "LIKE", "value": "2026-%"},
            ]
        },
        {"values": [{"name": "region", "op": "EQUAL", "recipient_property_key": "databricks.name"}]},
        {"values": [{"name": "region", "op": "EQUAL"}]},
    ]
    fields: dict[str, Any] = {
        "comment": "c",
        "shared_as": "out.daily_x",
        "partitions": partitions,
        "history_data_sharing_status": "ENABLED",
        "start_version": 3,
    }
    got = add(sdk, share, DAILY, **fields)
    assert got == {
        **fields,
        "name": DAILY,
        "data_object_type": "TABLE",
        "status": "ACTIVE",
        "added_at": NOW,
        "added_by": ADMIN,
    }


def test_change_data_feed_instead_of_history(sdk: WorkspaceClient, share: str) -> None:
    got = add(sdk, share, DAILY, cdf_enabled=True)
    assert (got["cdf_enabled"], got["start_version"], "history_data_sharing_status" in got) == (True, 10, False)


@pytest.mark.parametrize(
    ("name", "kind", "alias"),
    [
        ("main.sales.invoices", "TABLE", "shared_as"),
        ("main.sales.orders_view", "VIEW", "shared_as"),
        ("main.sales.orders_mv", "MATERIALIZED_VIEW", "shared_as"),
        ("main.sales.clicks", "STREAMING_TABLE", "shared_as"),
        ("main.sales.legacy", "FOREIGN_TABLE", "shared_as"),
        ("main.sales.files", "VOLUME", "string_shared_as"),
        ("main.sales.churn", "MODEL", "string_shared_as"),
        ("main.sales.to_euro", "FUNCTION", "string_shared_as"),
    ],
)
def test_object_types_and_their_alias(sdk: WorkspaceClient, share: str, name: str, kind: str, alias: str) -> None:
    got = add(sdk, share, name, kind)
    assert (got["data_object_type"], got[alias]) == (kind, ".".join(name.split(".")[1:]))
    assert {"shared_as", "string_shared_as"} & set(got) == {alias}


def test_schema_is_shared_with_history(sdk: WorkspaceClient, share: str) -> None:
    assert add(sdk, share, "main.sales", "SCHEMA")["history_data_sharing_status"] == "ENABLED"


def test_notebook_content_is_not_returned(sdk: WorkspaceClient, share: str) -> None:
    got = add(sdk, share, "report.py", "NOTEBOOK_FILE", content="cHJpbnQoMSk=", string_shared_as="report")
    assert got["string_shared_as"] == "report"
    assert "content" not in got
    with pytest.raises(InvalidParameterValue, match="storage_root"):
        sdk.shares.update(share, storage_root="s3://elsewhere")


def test_update_replaces_what_can_change(sdk: WorkspaceClient, share: str) -> None:
    partitions = [{"values": [{"name": "region", "op": "EQUAL", "value": "EMEA"}]}]
    before = add(sdk, share, DAILY, comment="old", shared_as="out.daily", partitions=partitions)
    sdk.shares.update(
        share,
        updates=[update("UPDATE", DAILY, comment="new", shared_as="out.daily", history_data_sharing_status="ENABLED")],
    )
    after = objects_of(sdk, share)[DAILY]
    assert after == {
        **{name: value for name, value in before.items() if name != "partitions"},
        "comment": "new",
        "history_data_sharing_status": "ENABLED",
        "start_version": 10,
    }


def test_update_that_merges(sdk: WorkspaceClient, share: str, workspace: Workspace) -> None:
    workspace.settings(update_mode="merge")
    before = add(sdk, share, DAILY, comment="old", history_data_sharing_status="ENABLED")
    sdk.shares.update(share, updates=[update("UPDATE", DAILY, start_version=2)])
    assert objects_of(sdk, share)[DAILY] == {**before, "start_version": 2}


def test_remove(sdk: WorkspaceClient, share: str) -> None:
    add(sdk, share, "main.sales.orders")
    add(sdk, share, "main.sales.orders_view", "VIEW")
    sdk.shares.update(share, updates=[update("REMOVE", "main.sales.ORDERS")])
    assert set(objects_of(sdk, share)) == {"main.sales.orders_view"}


def test_status_follows_the_owners_select(sdk: WorkspaceClient, share: str, workspace: Workspace) -> None:
    workspace.control("POST", "tables", {"full_name": "main.extra.t", "columns": ["a"]})
    assert add(sdk, share, "main.extra.t")["status"] == "ACTIVE"
    workspace.control("POST", "tables", {"full_name": "main.extra.t", "columns": ["a"], "owner_has_select": False})
    assert objects_of(sdk, share)["main.extra.t"]["status"] == "PERMISSION_DENIED"


def test_one_bad_update_spoils_all(sdk: WorkspaceClient, share: str) -> None:
    with pytest.raises(NotFound):
        sdk.shares.update(
            share, comment="c", updates=[update("ADD", "main.sales.orders"), update("ADD", "main.sales.nothing")]
        )
    assert objects_of(sdk, share) == {}
    assert sdk.shares.get(share).comment is None


def test_one_bad_update_spoils_only_the_rest_if_so_set(sdk: WorkspaceClient, share: str, workspace: Workspace) -> None:
    workspace.settings(patch_mode="partial")
    names = ("main.sales.orders", "main.sales.nothing", "main.sales.daily")
    with pytest.raises(NotFound):
        sdk.shares.update(share, updates=[update("ADD", name) for name in names])
    assert set(objects_of(sdk, share)) == {"main.sales.orders"}


def test_hundred_updates_are_the_most(sdk: WorkspaceClient, share: str, workspace: Workspace) -> None:
    workspace.control("POST", "tables", [{"full_name": f"main.many.t{number:03d}"} for number in range(101)])
    updates = [update("ADD", f"main.many.t{number:03d}") for number in range(101)]
    with pytest.raises(InvalidParameterValue, match="at most 100"):
        sdk.shares.update(share, updates=updates)
    sdk.shares.update(share, updates=updates[:100])
    assert len(objects_of(sdk, share)) == 100


def test_values_of_tomorrow(sdk: WorkspaceClient, share: str, workspace: Workspace) -> None:
    workspace.control(
        "POST", "objects", {"share": share, "object": {"name": "main.sales.metrics", "data_object_type": "METRIC_VIEW"}}
    )
    (got,) = sdk.shares.get(share, include_shared_data=True).objects or []
    assert (got.name, got.data_object_type) == ("main.sales.metrics", None), "the SDK drops a value it does not know"
