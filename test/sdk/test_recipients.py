"""Recipients, their tokens and activation, through the SDK."""

from __future__ import annotations

import time

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, NotFound
from databricks.sdk.service.sharing import (
    AuthenticationType,
    IpAccessList,
    RecipientInfo,
    RecipientTokenInfo,
    SecurablePropertiesKvPairs,
)
from helpers import ADMIN, GLOBAL_ID, NOW, token_recipient

from workspace.client import Workspace

DAY_MS = 24 * 3600 * 1000


def tokens_by_age(recipient: RecipientInfo) -> list[RecipientTokenInfo]:
    """The tokens, oldest first; the reply has no order."""
    return sorted(recipient.tokens or [], key=lambda token: token.created_at or 0)


def code_of(url: str | None) -> str:
    """The last part of an activation link."""
    assert url is not None
    return url.rpartition("?")[2]


def test_token_recipient_with_every_field(sdk: WorkspaceClient) -> None:
    expires = int(time.time() * 1000) + 30 * DAY_MS
    created = token_recipient(
        sdk,
        "Acme",
        comment="partner",
        owner="data-team",
        expiration_time=expires,
        ip_access_list=IpAccessList(["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"]),
        properties_kvpairs=SecurablePropertiesKvPairs({"region": "EMEA", "tier": "göld"}),
    )
    (token,) = created.tokens or []
    expected = {
        "id": created.id,
        "name": "acme",
        "authentication_type": "TOKEN",
        "comment": "partner",
        "owner": "data-team",
        "expiration_time": expires,
        "ip_access_list": {"allowed_ip_addresses": ["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"]},
        "properties_kvpairs": {"properties": {"region": "EMEA", "tier": "göld", "databricks.name": "acme"}},
        "activated": False,
        "activation_url": token.activation_url,
        "tokens": [token.as_dict()],
        "created_at": NOW,
        "created_by": ADMIN,
        "updated_at": NOW,
        "updated_by": ADMIN,
    }
    assert created.as_dict() == expected
    assert token.expiration_time == expires
    assert sdk.recipients.get("ACME").as_dict() == expected
    assert [entry.as_dict() for entry in sdk.recipients.list()] == [expected]


def test_databricks_recipient(sdk: WorkspaceClient) -> None:
    created = sdk.recipients.create(
        "globex", AuthenticationType.DATABRICKS, data_recipient_global_metastore_id=GLOBAL_ID, sharing_code="code"
    )
    cloud, region, metastore = GLOBAL_ID.split(":")
    assert (created.cloud, created.region, created.metastore_id) == (cloud, region, metastore)
    assert (created.data_recipient_global_metastore_id, created.sharing_code) == (GLOBAL_ID, "code")
    assert (created.tokens, created.activation_url) == ([], None)
    assert created.properties_kvpairs is not None
    assert created.properties_kvpairs.properties["databricks.metastoreId"] == metastore
    token_recipient(sdk, "other")
    assert [entry.name for entry in sdk.recipients.list(data_recipient_global_metastore_id=GLOBAL_ID)] == ["globex"]


def test_default_lifetime_is_the_metastores(sdk: WorkspaceClient) -> None:
    (token,) = token_recipient(sdk, "acme").tokens or []
    summary = sdk.metastores.summary()
    lifetime = summary.delta_sharing_recipient_token_lifetime_in_seconds
    assert token.expiration_time == (token.created_at or 0) + (lifetime or 0) * 1000


def test_properties_are_replaced_as_a_whole(sdk: WorkspaceClient) -> None:
    token_recipient(sdk, "acme", properties_kvpairs=SecurablePropertiesKvPairs({"a": "1", "b": "2"}))
    sdk.recipients.update("acme", properties_kvpairs=SecurablePropertiesKvPairs({"b": "3"}))
    got = sdk.recipients.get("acme").properties_kvpairs
    assert got is not None and got.properties == {"b": "3", "databricks.name": "acme"}
    with pytest.raises(InvalidParameterValue, match="databricks.name.* reserved"):
        sdk.recipients.update("acme", properties_kvpairs=got)


def test_ip_access_list(sdk: WorkspaceClient) -> None:
    token_recipient(sdk, "acme", ip_access_list=IpAccessList(["10.0.0.0/8"]))
    sdk.recipients.update("acme", ip_access_list=IpAccessList([f"10.0.{number}.0/24" for number in range(100)]))
    got = sdk.recipients.get("acme").ip_access_list
    assert got is not None and got.allowed_ip_addresses == [f"10.0.{number}.0/24" for number in range(100)]
    with pytest.raises(InvalidParameterValue, match="at most 100"):
        sdk.recipients.update("acme", ip_access_list=IpAccessList([f"10.1.{number}.0/24" for number in range(101)]))
    with pytest.raises(InvalidParameterValue, match="not an IP address"):
        sdk.recipients.update("acme", ip_access_list=IpAccessList(["10.0.0.0/33"]))


def test_update_comment_owner_name_and_expiry(sdk: WorkspaceClient) -> None:
    before = token_recipient(sdk, "acme", comment="old")
    expires = int(time.time() * 1000) + DAY_MS
    sdk.recipients.update("acme", comment="", expiration_time=expires)
    sdk.recipients.update("acme", owner="data-team")
    got = sdk.recipients.update("acme", new_name="Acme2")
    assert (got.name, got.comment, got.owner, got.expiration_time, got.id) == (
        "acme2",
        "",
        "data-team",
        expires,
        before.id,
    )
    assert [token.expiration_time for token in got.tokens or []] == [expires]
    with pytest.raises(NotFound):
        sdk.recipients.get("acme")


def test_delete(sdk: WorkspaceClient) -> None:
    token_recipient(sdk, "acme")
    sdk.recipients.delete("acme")
    assert list(sdk.recipients.list()) == []


def test_rotate_keeps_the_old_token_for_a_while(sdk: WorkspaceClient) -> None:
    (old,) = token_recipient(sdk, "acme").tokens or []
    rotated = sdk.recipients.rotate_token("acme", 3600)
    kept, new = tokens_by_age(rotated)
    assert (kept.id, kept.activation_url) == (old.id, old.activation_url)
    assert abs((kept.expiration_time or 0) - time.time() * 1000 - 3_600_000) < 60_000
    assert new.activation_url not in (None, old.activation_url)
    assert rotated.activation_url == new.activation_url
    with pytest.raises(InvalidParameterValue, match="already two active tokens"):
        sdk.recipients.rotate_token("acme", 0)


def test_rotate_can_only_shorten(sdk: WorkspaceClient) -> None:
    (old,) = token_recipient(sdk, "acme").tokens or []
    kept, _ = tokens_by_age(sdk.recipients.rotate_token("acme", 10 * 366 * 24 * 3600))
    assert kept.expiration_time == old.expiration_time


def test_rotate_at_once_and_again(sdk: WorkspaceClient) -> None:
    first = token_recipient(sdk, "acme").activation_url
    second = sdk.recipients.rotate_token("acme", 0)
    assert (tokens_by_age(second)[0].expiration_time or 0) <= time.time() * 1000
    third = sdk.recipients.rotate_token("acme", 0)
    assert len({first, second.activation_url, third.activation_url}) == 3
    with pytest.raises(NotFound):
        sdk.recipient_activation.get_activation_url_info(code_of(first))


def test_rotate_after_the_rotated_one_died(sdk: WorkspaceClient, workspace: Workspace) -> None:
    token_recipient(sdk, "acme")
    sdk.recipients.rotate_token("acme", 60)
    workspace.control("POST", "clock", {"advance_seconds": 61})
    assert len(sdk.recipients.rotate_token("acme", 60).tokens or []) == 2


def test_rotate_refuses_a_negative_time(sdk: WorkspaceClient) -> None:
    token_recipient(sdk, "acme")
    with pytest.raises(InvalidParameterValue, match="negative"):
        sdk.recipients.rotate_token("acme", -1)
    assert len(sdk.recipients.get("acme").tokens or []) == 1


def test_a_link_that_was_used_is_gone(sdk: WorkspaceClient, workspace: Workspace) -> None:
    code = code_of(token_recipient(sdk, "acme").activation_url)
    sdk.recipient_activation.get_activation_url_info(code)
    assert sdk.recipients.get("acme").activation_url is not None, "asking for information uses nothing up"
    workspace.control("POST", "activate", {"recipient": "acme"})
    got = sdk.recipients.get("acme")
    assert (got.activated, got.activation_url) == (True, None)
    assert [token.activation_url for token in got.tokens or []] == [None]
    with pytest.raises(NotFound):
        sdk.recipient_activation.get_activation_url_info(code)


def test_values_of_tomorrow(sdk: WorkspaceClient, workspace: Workspace) -> None:
    body = {"name": "mailed", "authentication_type": "EMAIL", "email": "partner@example.com"}
    made = sdk.api_client.do(
        "POST", "/api/2.1/unity-catalog/recipients", body=body, headers={"Accept": "application/json"}
    )
    assert (made["authentication_type"], made["email"]) == ("EMAIL", "partner@example.com")
    assert "tokens" not in made and "activation_url" not in made
    token_recipient(sdk, "acme")
    workspace.control("POST", "recipients", {"recipient": "acme", "set": {"authentication_type": "PASSKEY"}})
    assert {entry.name: entry.authentication_type for entry in sdk.recipients.list()} == {"mailed": None, "acme": None}


@pytest.mark.violations("activation_consumed")
def test_retrieving_the_credential_is_remembered(sdk: WorkspaceClient, workspace: Workspace) -> None:
    created = token_recipient(sdk, "acme")
    profile = sdk.recipient_activation.retrieve_token(code_of(created.activation_url))
    assert profile.share_credentials_version == 1
    assert (profile.endpoint or "").startswith(workspace.url)
    assert profile.bearer_token and profile.expiration_time
    assert sdk.recipients.get("acme").activated is True
    with pytest.raises(NotFound):
        sdk.recipient_activation.retrieve_token(code_of(created.activation_url))
