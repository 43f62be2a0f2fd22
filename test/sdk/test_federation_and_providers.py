"""Federation policies, providers, the metastore and tables, through the SDK."""

from __future__ import annotations

import json
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import (
    BadRequest,
    InvalidParameterValue,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
)
from databricks.sdk.service.sharing import (
    AuthenticationType,
    FederationPolicy,
    OidcFederationPolicy,
)
from helpers import ADMIN, NOW, token_recipient

from workspace.client import Workspace

OIDC = OidcFederationPolicy(
    issuer="https://idp.example.com/v2.0", subject_claim="azp", subject="client-1", audiences=["aud-1", "aud-2"]
)
PROFILE = {
    "shareCredentialsVersion": 1,
    "bearerToken": "profile-bearer",
    "endpoint": "https://sharing.example.com/delta",
}
BASE = "/api/2.0/data-sharing/recipients/acme/federation-policies"
JSON = {"Accept": "application/json", "Content-Type": "application/json"}


@pytest.fixture
def recipient(sdk: WorkspaceClient) -> str:
    """An OIDC recipient."""
    sdk.recipients.create("acme", AuthenticationType.OIDC_FEDERATION)
    return "acme"


def test_policy_with_every_field(sdk: WorkspaceClient, recipient: str) -> None:
    policies = sdk.recipient_federation_policies
    created = policies.create(recipient, FederationPolicy(name="entra-id", comment="c", oidc_policy=OIDC))
    assert (created.name, created.comment, created.oidc_policy) == ("entra-id", "c", OIDC)
    assert created.id and created.create_time == created.update_time
    assert (created.create_time or "").endswith("Z")
    assert policies.get_federation_policy(recipient, "entra-id") == created
    assert list(policies.list(recipient)) == [created]
    policies.delete(recipient, "entra-id")
    assert list(policies.list(recipient)) == []


def test_policies_that_are_refused(sdk: WorkspaceClient, recipient: str) -> None:
    policies = sdk.recipient_federation_policies
    policies.create(recipient, FederationPolicy(name="p", oidc_policy=OIDC))
    with pytest.raises(ResourceAlreadyExists):
        policies.create(recipient, FederationPolicy(name="p", oidc_policy=OIDC))
    with pytest.raises(InvalidParameterValue, match="name"):
        policies.create(recipient, FederationPolicy(name="Upper", oidc_policy=OIDC))
    with pytest.raises(InvalidParameterValue, match="subject_claim"):
        policies.create(
            recipient, FederationPolicy(name="q", oidc_policy=OidcFederationPolicy("https://i", "email", "s"))
        )
    with pytest.raises(ResourceDoesNotExist):
        policies.get_federation_policy(recipient, "none")
    token_recipient(sdk, "bearer")
    with pytest.raises(InvalidParameterValue, match="OIDC_FEDERATION"):
        policies.create("bearer", FederationPolicy(name="p", oidc_policy=OIDC))


@pytest.mark.parametrize(
    ("mask", "comment", "subject"),
    [
        (None, "c", "new"),
        ("oidc_policy.subject", "c", "new"),
        ("oidc_policy", "c", "new"),
        ("comment", None, "client-1"),
        ("*", None, "new"),
    ],
)
def test_update_mask(sdk: WorkspaceClient, recipient: str, mask: str | None, comment: str | None, subject: str) -> None:
    """The SDK has no method for this call; it sends what we write."""
    sdk.recipient_federation_policies.create(recipient, FederationPolicy(name="p", comment="c", oidc_policy=OIDC))
    body = {"oidc_policy": {**OIDC.as_dict(), "subject": "new"}}
    sdk.api_client.do(
        "PATCH", f"{BASE}/p", query={"update_mask": mask} if mask else None, body=body, headers=dict(JSON)
    )
    got = sdk.recipient_federation_policies.get_federation_policy(recipient, "p")
    assert got.oidc_policy is not None
    assert (got.comment, got.oidc_policy.subject, got.oidc_policy.issuer) == (comment, subject, OIDC.issuer)
    assert (got.update_time or "") > (got.create_time or "")


def test_token_provider(sdk: WorkspaceClient) -> None:
    created = sdk.providers.create(
        "Vendor", AuthenticationType.TOKEN, comment="c", recipient_profile_str=json.dumps(PROFILE)
    )
    assert created.as_dict() == {
        "name": "vendor",
        "authentication_type": "TOKEN",
        "comment": "c",
        "owner": ADMIN,
        "recipient_profile": {
            "bearer_token": "profile-bearer",
            "endpoint": PROFILE["endpoint"],
            "share_credentials_version": 1,
        },
        "created_at": NOW,
        "created_by": ADMIN,
        "updated_at": NOW,
        "updated_by": ADMIN,
    }
    assert sdk.providers.get("vendor") == created
    changed = sdk.providers.update("vendor", comment="d", new_name="vendor2", owner="team")
    assert (changed.name, changed.comment, changed.owner, changed.recipient_profile) == (
        "vendor2",
        "d",
        "team",
        created.recipient_profile,
    )
    with pytest.raises(BadRequest) as caught:
        sdk.providers.create("vendor2", AuthenticationType.TOKEN, recipient_profile_str=json.dumps(PROFILE))
    assert caught.value.error_code == "PROVIDER_ALREADY_EXISTS"
    sdk.providers.delete("vendor2")
    assert list(sdk.providers.list()) == []
    with pytest.raises(InvalidParameterValue, match="recipient_profile_str"):
        sdk.providers.create("vendor", AuthenticationType.TOKEN)


def test_shares_of_a_provider(sdk: WorkspaceClient, workspace: Workspace) -> None:
    tables = [{"name": "orders", "schema": "sales"}, {"name": "items", "schema": "sales"}]
    shares: list[dict[str, Any]] = [
        {"name": "out", "tables": tables, "volumes": [{"name": "files", "schema": "sales"}]},
        {"name": "empty"},
    ]
    workspace.control(
        "POST", "providers", {"name": "vendor", "comment": "c", "region": "eu-west-1", "cloud": "aws", "shares": shares}
    )
    got = sdk.providers.get("vendor")
    assert (got.comment, got.region, got.cloud) == ("c", "eu-west-1", "aws")
    assert sorted(share.name or "" for share in sdk.providers.list_shares("vendor")) == ["empty", "out"]
    assets = sdk.providers.list_provider_share_assets("vendor", "out", table_max_results=1)
    assert [(table.schema, table.name, table.share) for table in assets.tables or []] == [("sales", "orders", "out")]
    assert [volume.name for volume in assets.volumes or []] == ["files"]
    assert assets.share is not None and assets.share.name == "out" and not assets.functions


def test_metastore(sdk: WorkspaceClient) -> None:
    summary = sdk.metastores.summary()
    assert summary.global_metastore_id == f"aws:us-west-2:{summary.metastore_id}"
    assert summary.delta_sharing_scope is not None and summary.delta_sharing_scope.value == "INTERNAL_AND_EXTERNAL"
    assert sdk.metastores.current().metastore_id == summary.metastore_id


def test_tables(sdk: WorkspaceClient, workspace: Workspace) -> None:
    table = sdk.tables.get("MAIN.sales.Daily", include_delta_metadata=True)
    assert (table.full_name, table.catalog_name, table.schema_name, table.name) == (
        "main.sales.daily",
        "main",
        "sales",
        "daily",
    )
    assert table.table_type is not None and table.table_type.value == "MANAGED"
    columns = [(column.name, column.position, column.partition_index) for column in table.columns or []]
    assert columns == [("day", 0, 0), ("region", 1, 1), ("amount", 2, None), ("tenant", 3, None)]
    assert (table.properties or {})["delta.enableChangeDataFeed"] == "true"
    assert sdk.tables.exists("main.sales.daily").table_exists is True
    assert sdk.tables.exists("main.sales.none").table_exists is False
    assert sdk.tables.exists("main.sales.files").table_exists is False, "a volume is no table"
    listed = {entry.name: entry.columns for entry in sdk.tables.list("main", "hr", omit_columns=True)}
    assert listed == {"people": [], "payroll": [], "people_view": []}
    workspace.control(
        "POST",
        "tables",
        {"full_name": "main.extra.t", "columns": ["a", {"name": "b", "type_name": "LONG", "partition_index": 0}]},
    )
    added = sdk.tables.get("main.extra.t").columns or []
    assert [(column.name, column.type_name.value if column.type_name else None) for column in added] == [
        ("a", "STRING"),
        ("b", "LONG"),
    ]
    workspace.control("DELETE", "tables", {"names": ["main.extra.t"]})
    assert sdk.tables.exists("main.extra.t").table_exists is False
