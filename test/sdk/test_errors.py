"""Which error class the SDK raises for each refusal: it decides by error code first, by HTTP status second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import (
    BadRequest,
    InvalidParameterValue,
    NotFound,
    PermissionDenied,
    ResourceAlreadyExists,
    ResourceConflict,
    ResourceDoesNotExist,
    TooManyRequests,
    Unauthenticated,
)
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service.sharing import (
    AuthenticationType,
    IpAccessList,
    SecurablePropertiesKvPairs,
)
from helpers import GLOBAL_ID, grant, token_recipient, update

from workspace.client import Workspace

DAILY = "main.sales.daily"
Sdk = WorkspaceClient


@pytest.fixture
def share(sdk: WorkspaceClient) -> str:
    """A share that holds main.sales.orders."""
    sdk.shares.create("s")
    sdk.shares.update("s", updates=[update("ADD", "main.sales.orders")])
    return "s"


def filtered(**value: str) -> dict[str, Any]:
    """A partition filter of one value."""
    return {"partitions": [{"values": [value]}]}


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda sdk: sdk.shares.get("none"), "SHARE_DOES_NOT_EXIST"),
        (lambda sdk: sdk.shares.update("none", comment="c"), "SHARE_DOES_NOT_EXIST"),
        (lambda sdk: sdk.shares.delete("none"), "SHARE_DOES_NOT_EXIST"),
        (lambda sdk: sdk.shares.share_permissions("none"), "SHARE_DOES_NOT_EXIST"),
        (lambda sdk: grant(sdk, "none", "acme", add=["SELECT"]), "SHARE_DOES_NOT_EXIST"),
        (lambda sdk: sdk.grants.get("SHARE", "none"), "SHARE_DOES_NOT_EXIST"),
        (lambda sdk: sdk.recipients.get("none"), "RECIPIENT_DOES_NOT_EXIST"),
        (lambda sdk: sdk.recipients.update("none", comment="c"), "RECIPIENT_DOES_NOT_EXIST"),
        (lambda sdk: sdk.recipients.delete("none"), "RECIPIENT_DOES_NOT_EXIST"),
        (lambda sdk: sdk.recipients.rotate_token("none", 0), "RECIPIENT_DOES_NOT_EXIST"),
        (lambda sdk: sdk.recipients.share_permissions("none"), "RECIPIENT_DOES_NOT_EXIST"),
        (lambda sdk: grant(sdk, "s", "none", add=["SELECT"]), "RECIPIENT_DOES_NOT_EXIST"),
        (lambda sdk: sdk.providers.get("none"), "PROVIDER_DOES_NOT_EXIST"),
        (lambda sdk: sdk.tables.get("main.sales.none"), "TABLE_DOES_NOT_EXIST"),
        (lambda sdk: list(sdk.tables.list("main", "none")), "SCHEMA_DOES_NOT_EXIST"),
        (lambda sdk: sdk.shares.update("s", updates=[update("ADD", "main.sales.none")]), "TABLE_DOES_NOT_EXIST"),
        (lambda sdk: sdk.shares.update("s", updates=[update("ADD", "main.none", "SCHEMA")]), "SCHEMA_DOES_NOT_EXIST"),
        (lambda sdk: sdk.shares.update("s", updates=[update("REMOVE", DAILY)]), "RESOURCE_DOES_NOT_EXIST"),
        (lambda sdk: sdk.shares.update("s", updates=[update("UPDATE", DAILY)]), "RESOURCE_DOES_NOT_EXIST"),
    ],
)
def test_what_is_missing(sdk: WorkspaceClient, share: str, call: Callable[[Sdk], Any], code: str) -> None:
    with pytest.raises(NotFound) as caught:
        call(sdk)
    assert caught.value.error_code == code
    assert isinstance(caught.value, ResourceDoesNotExist) == (code == "RESOURCE_DOES_NOT_EXIST")


def test_what_is_there_already(sdk: WorkspaceClient, share: str, workspace: Workspace) -> None:
    token_recipient(sdk, "acme")
    sdk.shares.create("other")
    with pytest.raises(ResourceAlreadyExists, match="main.sales.orders.* already exists"):
        sdk.shares.update(share, updates=[update("ADD", "main.sales.ORDERS")])
    calls: dict[str, list[Callable[[], Any]]] = {
        "SHARE_ALREADY_EXISTS": [lambda: sdk.shares.create("S"), lambda: sdk.shares.update("s", new_name="OTHER")],
        "RECIPIENT_ALREADY_EXISTS": [lambda: token_recipient(sdk, "ACME")],
    }
    for status, expected in ((400, BadRequest), (409, ResourceConflict)):
        workspace.settings(exists_status=status)
        for code, attempts in calls.items():
            for attempt in attempts:
                with pytest.raises(expected) as caught:
                    attempt()
                assert caught.value.error_code == code


def test_an_alias_is_taken_once(sdk: WorkspaceClient, share: str) -> None:
    with pytest.raises(ResourceAlreadyExists, match="Sales.Orders"):
        sdk.shares.update(share, updates=[update("ADD", DAILY, shared_as="Sales.Orders")])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (update("ADD", DAILY, shared_as=""), "shared_as"),
        (update("ADD", DAILY, shared_as="one"), "shared_as"),
        (update("ADD", DAILY, shared_as="a.b.c"), "shared_as"),
        (update("ADD", DAILY, shared_as="a.b-c"), "shared_as"),
        (update("ADD", DAILY, string_shared_as="a.b"), "string_shared_as"),
        (update("ADD", "main.sales.files", "VOLUME", shared_as="a.b"), "shared_as"),
        (update("ADD", "main.sales.files", "VOLUME", history_data_sharing_status="ENABLED"), "history"),
        (update("ADD", DAILY, cdf_enabled=True, history_data_sharing_status="ENABLED"), "exclude each other"),
        (update("ADD", DAILY, cdf_enabled=False, history_data_sharing_status="DISABLED"), "exclude each other"),
        (update("ADD", DAILY, start_version=11), "start_version"),
        (
            update("ADD", DAILY, **filtered(name="region", op="EQUAL", value="x", recipient_property_key="k")),
            "exclude each other",
        ),
        (update("ADD", DAILY, **filtered(name="region")), "op"),
        (update("ADD", DAILY, **filtered(op="EQUAL")), "name"),
        (update("ADD", DAILY, **filtered(name="region", op="LIKE")), "LIKE"),
        (update("ADD", DAILY, **filtered(name="tenant", op="EQUAL", value="x")), "partition column"),
        (
            update("ADD", DAILY, **filtered(name="region", op="EQUAL", recipient_property_key="databricks.nothing")),
            "not a property",
        ),
        (update("ADD", "main.sales.clustered", **filtered(name="day", op="EQUAL", value="x")), "liquid clustered"),
        (update("ADD", "main.sales.orders_view", "VIEW", **filtered(name="day", op="EQUAL", value="x")), "VIEW"),
        (update("ADD", "main.sales.with_vectors"), "only be shared with history"),
        (update("ADD", "main.sales.with_mapping"), "only be shared with history"),
        (update("ADD", "main.sales.with_vectors", cdf_enabled=True), "only be shared with history"),
        (update("ADD", "main.sales.filtered"), "row filter"),
        (update("ADD", "main.hr.payroll"), "column mask"),
        (update("ADD", "main.sales.clone"), "cannot be shared"),
        (update("ADD", "main.sales.metrics", "VIEW"), "cannot be shared"),
        (update("ADD", DAILY, "VIEW"), "is a TABLE, not a VIEW"),
        (update("ADD", "main.sales.orders_view"), "is a VIEW, not a TABLE"),
        (update("REMOVE", "main.sales.orders", "VIEW"), "TABLE, not VIEW"),
        (update("UPDATE", "main.sales.orders", shared_as="other.alias"), "cannot be changed"),
        (update("ADD", "main.hr", "SCHEMA", history_data_sharing_status="DISABLED"), "always shared with history"),
        (update("ADD", "report.py", "NOTEBOOK_FILE"), "content"),
    ],
)
def test_updates_that_are_refused(
    sdk: WorkspaceClient, share: str, workspace: Workspace, given: Any, message: str
) -> None:
    before = workspace.dump()
    with pytest.raises(InvalidParameterValue, match=message):
        sdk.shares.update(share, updates=[given])
    assert workspace.dump() == before


def test_tables_with_history_are_accepted(sdk: WorkspaceClient, share: str, workspace: Workspace) -> None:
    names = ("main.sales.with_vectors", "main.sales.with_mapping")
    sdk.shares.update(share, updates=[update("ADD", name, history_data_sharing_status="ENABLED") for name in names])
    assert set(workspace.dump()["shares"]["s"]["objects"]) == {*names, "main.sales.orders"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ip_access_list": IpAccessList(["not an address"])}, "ip_access_list"),
        ({"properties_kvpairs": SecurablePropertiesKvPairs({"databricks.name": "x"})}, "reserved"),
        ({"data_recipient_global_metastore_id": GLOBAL_ID}, "data_recipient_global_metastore_id"),
        ({"sharing_code": "c"}, "sharing_code"),
        ({"expiration_time": 1}, "expiration_time"),
        ({"expiration_time": int(time.time() * 1000) + 400 * 24 * 3600 * 1000}, "expiration_time"),
        ({"owner": ""}, "owner"),
    ],
)
def test_recipients_that_are_refused(sdk: WorkspaceClient, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterValue, match=message):
        token_recipient(sdk, "acme", **fields)
    assert list(sdk.recipients.list()) == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"data_recipient_global_metastore_id": "aws:eu"},
        {"data_recipient_global_metastore_id": GLOBAL_ID, "ip_access_list": IpAccessList(["10.0.0.1"])},
    ],
)
def test_databricks_recipients_that_are_refused(sdk: WorkspaceClient, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterValue):
        sdk.recipients.create("acme", AuthenticationType.DATABRICKS, **fields)


@pytest.mark.parametrize("name", ["", "a.b", "a b", "a/b", "a\tb", "a\x7f", "x" * 256])
def test_names_that_are_refused(sdk: WorkspaceClient, name: str) -> None:
    for create in (sdk.shares.create, lambda given: token_recipient(sdk, given)):
        with pytest.raises(InvalidParameterValue, match="name"):
            create(name)


def test_names_that_are_not(sdk: WorkspaceClient) -> None:
    for name in ("x" * 255, "größe-1", "a%b", "q?u#o&t=e", "日本語", "back`tick'quote\""):
        sdk.shares.create(name)
        assert [share.name for share in sdk.shares.list_shares()] == [name]
        sdk.shares.delete(quote(name, safe=""))  # the SDK pastes a name as it is


@pytest.mark.parametrize("privilege", ["MODIFY", "select", "NO_SUCH_PRIVILEGE"])
def test_privileges_that_a_share_does_not_know(sdk: WorkspaceClient, share: str, privilege: str) -> None:
    token_recipient(sdk, "acme")
    with pytest.raises(InvalidParameterValue, match=privilege):
        grant(sdk, share, "acme", add=[privilege])


def test_who_may_what(
    sdk: WorkspaceClient, share: str, workspace: Workspace, new_sdk: Callable[..., WorkspaceClient]
) -> None:
    token_recipient(sdk, "acme")
    people = {
        "reader": ["USE_SHARE", "USE_RECIPIENT"],
        "steward": ["METASTORE_ADMIN"],
        "granter": ["USE_SHARE", "SET_SHARE_PERMISSION", "USE_RECIPIENT"],
        "maker": ["CREATE_SHARE"],
        "stranger": [],
    }
    tokens = [
        {"token": workspace.token},
        *({"token": name, "principal": name, "privileges": held} for name, held in people.items()),
    ]
    workspace.control("PUT", "tokens", tokens)
    as_ = {name: new_sdk(token=name) for name in people}
    assert as_["reader"].shares.get(share).name == share
    assert list(as_["stranger"].shares.list_shares()) == [], "no privilege, no rows, no error"
    assert list(as_["stranger"].recipients.list()) == []
    refused: list[Callable[[], Any]] = [
        lambda: as_["stranger"].shares.get(share),
        lambda: as_["stranger"].recipients.get("acme"),
        lambda: as_["reader"].shares.create("t"),
        lambda: token_recipient(as_["reader"], "t"),
        lambda: as_["reader"].shares.update(share, comment="c"),
        lambda: as_["reader"].shares.delete(share),
        lambda: as_["steward"].shares.update(share, comment="c"),
        lambda: as_["reader"].recipients.rotate_token("acme", 0),
        lambda: as_["reader"].recipients.delete("acme"),
        lambda: grant(as_["reader"], share, "acme", add=["SELECT"]),
    ]
    for attempt in refused:
        with pytest.raises(PermissionDenied):
            attempt()
    assert as_["maker"].shares.create("mine").owner == "maker"
    assert [entry.name for entry in as_["maker"].shares.list_shares()] == ["mine"]
    grant(as_["granter"], share, "acme", add=["SELECT"])
    assert as_["steward"].shares.update(share, owner="steward").owner == "steward"
    assert as_["steward"].shares.update(share, comment="now mine").comment == "now mine"
    with pytest.raises(PermissionDenied, match="SELECT"):
        sdk.shares.update(share, updates=[update("ADD", "main.sales.forbidden")])


def test_a_wrong_token(sdk: WorkspaceClient, new_sdk: Callable[..., WorkspaceClient]) -> None:
    with pytest.raises(Unauthenticated):
        new_sdk(token="wrong").shares.get("s")


def test_throttled_once_is_retried(sdk: WorkspaceClient, workspace: Workspace) -> None:
    body = {"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "slow down"}
    workspace.fault("status", "POST", "/shares$", status=429, body=body, headers={"Retry-After": "1"})
    assert sdk.shares.create("s").name == "s"
    assert [entry["status"] for entry in workspace.log(method="POST")] == [429, 200]


def test_errors_on_order(sdk: WorkspaceClient, workspace: Workspace) -> None:
    for status, code, expected in (
        (500, "INTERNAL_ERROR", DatabricksError),
        (400, "RESOURCE_EXHAUSTED", TooManyRequests),
        (403, "", PermissionDenied),
    ):
        workspace.fault("status", "GET", "/shares/s", status=status, body={"error_code": code, "message": "m"})
        with pytest.raises(expected, match="^m"):
            sdk.shares.get("s")


def test_details_carry_the_request_id(sdk: WorkspaceClient, workspace: Workspace) -> None:
    with pytest.raises(NotFound) as caught:
        sdk.shares.get("none")
    details = caught.value.get_error_details()
    assert details.request_info is not None
    assert details.request_info.request_id == workspace.log()[-1]["request_id"]
    assert details.error_info is not None
    assert details.error_info.reason == "SHARE_DOES_NOT_EXIST"
