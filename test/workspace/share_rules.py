"""What may be in a share: the rules for adding, changing and removing data objects."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from .catalog import Table
from .errors import ApiError, denied, exists, invalid, missing
from .state import OBJECT_TYPES, TABLE_LIKE, WITH_TEXT_ALIAS, Share, SharedObject, State
from .validate import boolean, filled_text, int64, list_of, one_of, record, text

BUILT_IN_KEYS = ("databricks.accountId", "databricks.metastoreId", "databricks.name")
MAX_UPDATES = 100
_PARTITION_VALUE = record(
    {"name": filled_text, "op": one_of("EQUAL", "LIKE"), "value": text, "recipient_property_key": filled_text},
    required=("name", "op"),
)
DATA_OBJECT = record(
    {
        "name": filled_text,
        "data_object_type": one_of(*OBJECT_TYPES),
        "shared_as": text,
        "string_shared_as": text,
        "comment": text,
        "partitions": list_of(record({"values": list_of(_PARTITION_VALUE)}, required=("values",))),
        "cdf_enabled": boolean,
        "history_data_sharing_status": one_of("ENABLED", "DISABLED"),
        "start_version": int64,
        "content": text,
        # of replies; a client that sends an object back as it came is not refused
        "status": text,
        "added_at": int64,
        "added_by": text,
        "global_distribution_status": record({"eligible": boolean, "status": text}),
    },
    required=("name", "data_object_type"),
)
UPDATES = list_of(
    record(
        {"action": one_of("ADD", "REMOVE", "UPDATE"), "data_object": DATA_OBJECT}, required=("action", "data_object")
    ),
    MAX_UPDATES,
)


def apply_updates(
    state: State, share: Share, updates: list[dict[str, Any]], by: str, *, partial: bool, merge: bool
) -> None:
    """Carry out the updates of one PATCH: all or, if `partial`, those before the first that fails."""
    objects = dict(share.objects)
    now = state.stamp()
    try:
        for update in updates:
            _apply_one(state, objects, update["action"], update["data_object"], by, now, merge)
    except ApiError:
        if partial:
            share.objects = objects
        raise
    share.objects = objects


def _apply_one(
    state: State, objects: dict[str, SharedObject], action: str, given: dict[str, Any], by: str, now: int, merge: bool
) -> None:
    key = given["name"].lower()
    present = objects.get(key)
    if action == "ADD":
        if present is not None:
            raise exists("RESOURCE", f"Shared {_noun(given)} '{key}' already exists.")
        objects[key] = _checked(state, objects, SharedObject(key, given["data_object_type"], now, by), given)
        return
    if present is None:
        raise missing("RESOURCE", key)
    if present.data_object_type != given["data_object_type"]:
        raise invalid(f"'{key}' is shared as {present.data_object_type}, not {given['data_object_type']}")
    if action == "REMOVE":
        del objects[key]
        return
    objects[key] = _checked(state, objects, _changed(present, given, merge), given)


def _changed(present: SharedObject, given: dict[str, Any], merge: bool) -> SharedObject:
    """The object before an UPDATE is laid over it. Its alias stays: it cannot be changed in place."""
    for alias in ("shared_as", "string_shared_as"):
        old = getattr(present, alias)
        if given.get(alias) and given[alias] != old:
            raise invalid(f"{alias} of '{present.name}' cannot be changed")
    if merge:
        entry = dataclasses.replace(present)
        if "cdf_enabled" in given:
            entry.history_data_sharing_status = None
        return entry
    return SharedObject(
        present.name,
        present.data_object_type,
        present.added_at,
        present.added_by,
        shared_as=present.shared_as,
        string_shared_as=present.string_shared_as,
        start_version=present.start_version,
        content=present.content,
        source_id=present.source_id,
        extra=present.extra,
    )


def _checked(
    state: State, objects: dict[str, SharedObject], entry: SharedObject, given: dict[str, Any]
) -> SharedObject:
    """Lay the given fields over an entry and refuse what cannot be shared like that."""
    if given.get("shared_as") == "" or given.get("string_shared_as") == "":
        raise invalid("shared_as: must not be empty; leave it out")
    if "cdf_enabled" in given and "history_data_sharing_status" in given:
        raise invalid("cdf_enabled and history_data_sharing_status exclude each other")
    for name in (
        "comment",
        "partitions",
        "cdf_enabled",
        "history_data_sharing_status",
        "start_version",
        "content",
        "shared_as",
        "string_shared_as",
    ):
        if name in given:
            setattr(entry, name, given[name])
    if entry.data_object_type == "NOTEBOOK_FILE":
        _check_notebook(entry)
    elif entry.data_object_type == "SCHEMA":
        _check_schema(state, entry)
    else:
        table = _source(state, entry)
        entry.source_id = entry.source_id or table.table_id()
        if entry.data_object_type in TABLE_LIKE:
            _check_table(entry, table)
        else:
            _refuse_table_fields(entry)
    _fill_alias(entry)
    _check_unique(objects, entry)
    return entry


def _source(state: State, entry: SharedObject) -> Table:
    """The catalog's entry, of the right type and readable by the share's owner."""
    kind = "TABLE" if entry.data_object_type in TABLE_LIKE else entry.data_object_type
    table = state.catalog.find(entry.name)
    if table is None:
        raise missing(kind, entry.name)
    if table.shared_type is None:
        raise invalid(f"'{entry.name}' is a {table.table_type}, which cannot be shared")
    if table.shared_type != entry.data_object_type:
        raise invalid(f"'{entry.name}' is a {table.shared_type}, not a {entry.data_object_type}")
    if not table.owner_has_select:
        raise denied(f"User does not have SELECT on {kind.capitalize()} '{entry.name}'.")
    return table


def _check_table(entry: SharedObject, table: Table) -> None:
    if entry.string_shared_as is not None:
        raise invalid(f"string_shared_as is not for a {entry.data_object_type}; use shared_as")
    if entry.content is not None:
        raise invalid("content is for notebooks only")
    if table.row_filter or any("mask" in column for column in table.columns):
        raise invalid(f"'{entry.name}' has a row filter or a column mask and cannot be shared")
    if entry.partitions:
        _check_partitions(entry, table)
    if entry.data_object_type != "TABLE":
        return
    if entry.cdf_enabled is None and entry.history_data_sharing_status is None:
        entry.history_data_sharing_status = "DISABLED"
    with_history = entry.history_data_sharing_status == "ENABLED"
    if not with_history and (table.deletion_vectors or table.column_mapping):
        raise invalid(f"'{entry.name}' uses deletion vectors or column mapping and can only be shared with history")
    if entry.start_version is not None and not 0 <= entry.start_version <= table.current_version:
        raise invalid(
            f"start_version: {entry.start_version} is not between 0 and the current version {table.current_version}"
        )
    if entry.start_version is None and (with_history or entry.cdf_enabled):
        entry.start_version = table.current_version


def _check_partitions(entry: SharedObject, table: Table) -> None:
    """A filter names partition columns and compares each with a value, a recipient's property, or NULL."""
    if entry.data_object_type != "TABLE":
        raise invalid(f"partitions: not for a {entry.data_object_type}")
    if table.liquid_clustering:
        raise invalid(f"'{entry.name}' is liquid clustered and cannot be shared with a partition filter")
    columns = [name.lower() for name in table.partition_columns]
    for value in (value for partition in entry.partitions or () for value in partition["values"]):
        if value["name"].lower() not in columns:
            raise invalid(f"partitions: '{value['name']}' is not a partition column of '{entry.name}'")
        if "value" in value and "recipient_property_key" in value:
            raise invalid("partitions: value and recipient_property_key exclude each other")
        if value["op"] == "LIKE" and "value" not in value and "recipient_property_key" not in value:
            raise invalid("partitions: LIKE needs a value")
        property_key = value.get("recipient_property_key", "")
        if property_key.startswith("databricks.") and property_key not in BUILT_IN_KEYS:
            raise invalid(f"partitions: '{property_key}' is not a property")


def _check_schema(state: State, entry: SharedObject) -> None:
    if entry.name not in state.catalog.schemas:
        raise missing("SCHEMA", entry.name)
    if entry.shared_as is not None or entry.string_shared_as is not None:
        raise invalid("a schema has no alias here")
    if (
        entry.partitions
        or entry.cdf_enabled is not None
        or entry.start_version is not None
        or entry.content is not None
    ):
        raise invalid("partitions, cdf_enabled, start_version and content are not for a SCHEMA")
    if entry.history_data_sharing_status == "DISABLED":
        raise invalid("a schema is always shared with history")
    entry.history_data_sharing_status = "ENABLED"


def _check_notebook(entry: SharedObject) -> None:
    _refuse_table_fields(entry, content_allowed=True)
    if entry.content is None:
        raise invalid("content: a notebook needs it")


def _refuse_table_fields(entry: SharedObject, content_allowed: bool = False) -> None:
    if entry.shared_as is not None:
        raise invalid(f"shared_as is not for a {entry.data_object_type}; use string_shared_as")
    if (
        entry.partitions
        or entry.cdf_enabled is not None
        or entry.history_data_sharing_status is not None
        or entry.start_version is not None
    ):
        raise invalid(f"partitions, history and start_version are not for a {entry.data_object_type}")
    if entry.content is not None and not content_allowed:
        raise invalid("content is for notebooks only")


def _fill_alias(entry: SharedObject) -> None:
    """Check the alias, or take schema and name for it."""
    default = ".".join(entry.name.split(".")[-2:])
    if entry.data_object_type in TABLE_LIKE:
        entry.shared_as = entry.shared_as or default
        if entry.shared_as != default and not re.fullmatch(r"[A-Za-z0-9_]+\.[A-Za-z0-9_]+", entry.shared_as):
            raise invalid(f"shared_as: '{entry.shared_as}' is not schema.table of letters, digits and underscores")
    elif entry.data_object_type in WITH_TEXT_ALIAS:
        entry.string_shared_as = entry.string_shared_as or default


def _check_unique(objects: dict[str, SharedObject], entry: SharedObject) -> None:
    alias = entry.shared_as or entry.string_shared_as
    for other in objects.values():
        taken = other.shared_as or other.string_shared_as
        if alias and taken and other.name != entry.name and taken.lower() == alias.lower():
            raise exists("RESOURCE", f"Shared {_noun(vars(entry))} '{alias}' already exists.")


def _noun(given: dict[str, Any]) -> str:
    return (
        "Table"
        if given["data_object_type"] in TABLE_LIKE
        else str(given["data_object_type"]).replace("_", " ").capitalize()
    )
