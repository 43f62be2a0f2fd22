"""From the data model to the API's JSON: absent fields are left out, and what only the platform knows is filled in."""

from __future__ import annotations

from typing import Any

from .catalog import Table
from .state import TABLE_LIKE, FederationPolicy, Provider, Recipient, Share, SharedObject, State, Token


def present(**values: Any) -> dict[str, Any]:
    """Only the fields that have a value."""
    return {name: value for name, value in values.items() if value is not None}


def share_info(state: State, share: Share, with_objects: bool = False) -> dict[str, Any]:
    """ShareInfo. Lists never carry objects."""
    value = present(
        name=share.name,
        owner=share.owner,
        comment=share.comment,
        storage_root=share.storage_root,
        storage_location=f"{share.storage_root}/{share.key}" if share.storage_root else None,
        replication_config=share.replication_config,
        serverless_budget_policy_id=share.serverless_budget_policy_id,
        created_at=share.created_at,
        created_by=share.created_by,
        updated_at=share.updated_at,
        updated_by=share.updated_by,
    )
    if with_objects and share.objects:
        objects = [shared_object(state, entry) for entry in share.objects.values()]
        state.rng.shuffle(objects)
        value["objects"] = objects
    return value


def shared_object(state: State, entry: SharedObject) -> dict[str, Any]:
    """SharedDataObject. Notebook content is never returned."""
    value = present(
        name=entry.name,
        data_object_type=entry.data_object_type,
        added_at=entry.added_at,
        added_by=entry.added_by,
        comment=entry.comment,
        shared_as=entry.shared_as,
        string_shared_as=entry.string_shared_as,
        partitions=entry.partitions,
        cdf_enabled=entry.cdf_enabled,
        history_data_sharing_status=entry.history_data_sharing_status,
        start_version=entry.start_version,
        status="ACTIVE",
    )
    if entry.data_object_type in TABLE_LIKE:
        table = state.catalog.find(entry.name)
        if table is None or not table.owner_has_select or entry.source_id not in (None, table.table_id()):
            value["status"] = "PERMISSION_DENIED"
    if entry.data_object_type == "TABLE":
        value["global_distribution_status"] = {"eligible": False, "status": "DISABLED"}
    return {**value, **entry.extra}


def recipient_info(state: State, recipient: Recipient) -> dict[str, Any]:
    """RecipientInfo, with the reserved properties and the deprecated top-level activation link."""
    cloud, region, metastore = _split_global_id(recipient.data_recipient_global_metastore_id)
    value = present(
        id=recipient.id,
        name=recipient.name,
        authentication_type=recipient.authentication_type,
        owner=recipient.owner,
        comment=recipient.comment,
        data_recipient_global_metastore_id=recipient.data_recipient_global_metastore_id,
        sharing_code=recipient.sharing_code,
        expiration_time=recipient.expiration_time,
        ip_access_list=None if recipient.ip_access_list is None else {"allowed_ip_addresses": recipient.ip_access_list},
        properties_kvpairs={"properties": recipient_properties(recipient)},
        email=recipient.email,
        allowed_acceptance_types=recipient.allowed_acceptance_types,
        allowed_data_recipient_global_metastore_ids=recipient.allowed_data_recipient_global_metastore_ids,
        activated=recipient.activated,
        cloud=cloud,
        region=region,
        metastore_id=metastore,
        created_at=recipient.created_at,
        created_by=recipient.created_by,
        updated_at=recipient.updated_at,
        updated_by=recipient.updated_by,
    )
    if recipient.authentication_type == "TOKEN":
        value["tokens"] = [token_info(state, token) for token in recipient.tokens]
        links = [entry["activation_url"] for entry in value["tokens"] if "activation_url" in entry]
        if links:
            value["activation_url"] = links[-1]
        state.rng.shuffle(value["tokens"])
    return {**value, **recipient.extra}


def recipient_properties(recipient: Recipient) -> dict[str, str]:
    """The properties, with those that the platform adds."""
    properties = {**recipient.properties, "databricks.name": recipient.name}
    _, _, metastore = _split_global_id(recipient.data_recipient_global_metastore_id)
    if metastore:
        properties["databricks.metastoreId"] = metastore
        properties["databricks.accountId"] = "00000000-0000-4000-8000-000000000001"
    return properties


def token_info(state: State, token: Token) -> dict[str, Any]:
    """RecipientTokenInfo; the bearer token itself is never returned."""
    return present(
        id=token.id,
        activation_url=state.activation_url(token.activation_code) if token.activation_code else None,
        expiration_time=token.expiration_time,
        created_at=token.created_at,
        created_by=token.created_by,
        updated_at=token.updated_at,
        updated_by=token.updated_by,
    )


def federation_policy(policy: FederationPolicy) -> dict[str, Any]:
    """FederationPolicy."""
    return present(**vars(policy))


def provider_info(provider: Provider) -> dict[str, Any]:
    """ProviderInfo."""
    return present(**{name: value for name, value in vars(provider).items() if name != "assets"})


def assignment(state: State, principal_id: int, privileges: set[str]) -> dict[str, Any]:
    """One entry of a grants list; a deleted recipient has an empty principal."""
    recipient = state.by_principal.get(principal_id)
    return {
        "principal": recipient.name if recipient else "",
        "principal_id": principal_id,
        "privileges": sorted(privileges),
    }


def table_info(
    table: Table,
    metastore_id: str,
    omit_columns: bool = False,
    omit_properties: bool = False,
    delta_metadata: bool = False,
    in_list: bool = False,
) -> dict[str, Any]:
    """TableInfo. Lists do not say what a view reads."""
    catalog, schema, name = table.parts()
    properties = dict(table.properties)
    if table.data_source_format == "DELTA" and table.shared_type == "TABLE":
        properties.setdefault("delta.enableChangeDataFeed", str(table.change_data_feed).lower())
        properties.setdefault("delta.enableDeletionVectors", str(table.deletion_vectors).lower())
        properties.setdefault("delta.columnMapping.mode", "name" if table.column_mapping else "none")
    return present(
        full_name=table.full_name,
        catalog_name=catalog,
        schema_name=schema,
        name=name,
        table_id=table.table_id(),
        table_type=table.table_type,
        data_source_format=table.data_source_format,
        owner=table.owner,
        comment=table.comment,
        metastore_id=metastore_id,
        columns=None if omit_columns else table.columns,
        properties=None if omit_properties else properties,
        row_filter=table.row_filter,
        view_definition=table.view_definition,
        view_dependencies=None if in_list else _dependencies(table),
        storage_location=f"s3://test-bucket/{table.full_name}" if table.shared_type == "TABLE" else None,
        delta_runtime_properties_kvpairs={"delta_runtime_properties": {}} if delta_metadata else None,
        created_at=table.created_at,
        created_by=table.created_by or table.owner,
        updated_at=table.updated_at,
        updated_by=table.updated_by or table.owner,
    )


def _dependencies(table: Table) -> dict[str, Any] | None:
    """DependencyList."""
    if table.dependencies is None:
        return None
    return {"dependencies": [{"table": {"table_full_name": name}} for name in table.dependencies]}


def _split_global_id(global_id: str | None) -> tuple[str | None, str | None, str | None]:
    if global_id is None:
        return None, None, None
    cloud, region, metastore = global_id.split(":")
    return cloud, region, metastore
