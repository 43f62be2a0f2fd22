"""From rows of `system.access.audit` to rows of audit_events and audit_log, by the documented mapping, in Python alone.

What the extension has a warehouse compute is computed here a second time, from the meaning of the columns: this file knows
none of the extension's SQL.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REQUESTS = ("getActivationUrlInfo", "retrieveRecipientToken")
_ADMIN = (
    *("createShare", "updateShare", "deleteShare", "updateSharePermissions"),
    *("createRecipient", "updateRecipient", "deleteRecipient", "rotateRecipientToken", "updateMetastore"),
)
_SECRETS = ("activation_url", "activation_link", "bearer_token", "token", "sharing_code")
_LIMIT = 2**63

# What no JSON parser has to accept, and what Spark's get_json_object makes of it. Found out by trying.
NOT_QUITE_JSON: dict[str, dict[str, Any]] = {
    "{'numRecords': '1'}": {"numRecords": "1"},
    '{"numRecords": "5", "tableName": "t"} trailing': {"numRecords": "5", "tableName": "t"},
}


def _first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of a key that is there twice, Spark takes the first value that is not null."""
    value: dict[str, Any] = {}
    for key, item in pairs:
        if value.get(key) is None:
            value[key] = item
    return value


def json_object(text: str | None) -> dict[str, Any]:
    """The object that a text holds; an empty one if it holds none."""
    if text is None:
        return {}
    if text in NOT_QUITE_JSON:
        return NOT_QUITE_JSON[text]
    try:
        value = json.loads(text, object_pairs_hook=_first_wins, parse_float=_Number, parse_int=_Number, strict=False)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


class _Number(str):
    """A number as it was written."""


def as_text(value: Any) -> str | None:
    """A value of JSON as get_json_object gives it: texts without quotes, all else as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ",".join(_as_json(item) for item in value) + "]"
    return "{" + ",".join(f"{json.dumps(key)}:{_as_json(item)}" for key, item in value.items()) + "}"


def _as_json(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str) and not isinstance(value, _Number):
        return json.dumps(value, ensure_ascii=False)
    return str(as_text(value))


def big_integer(text: str | None) -> int | None:
    """A text as a bigint: blanks around, a sign, ASCII digits; what does not fit is nothing."""
    if text is None:
        return None
    digits = text.strip("".join(map(chr, range(33))) + "\x7f")
    if digits[:1] in ("+", "-"):
        sign, digits = digits[0], digits[1:]
    else:
        sign = "+"
    if not digits or not all(c in "0123456789" for c in digits):
        return None
    value = int(sign + digits)
    return value if -_LIMIT <= value < _LIMIT else None


def small(value: int | None) -> int | None:
    """What fits a bigint."""
    return value if value is not None and -_LIMIT <= value < _LIMIT else None


def moment(at: int) -> datetime:
    """A time from microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=at)


def first(*values: Any) -> Any:
    """The first that is not nothing."""
    return next((value for value in values if value is not None), None)


def name_part(name: str | None, number: int) -> str | None:
    """The last (-1) or the last but one (-2) part of a dotted name."""
    parts = name.split(".") if name is not None else []
    return parts[number] if len(parts) >= -number else None


def is_sharing(row: Row) -> bool:
    """Whether an event is about sharing."""
    action, params = row["action_name"], row["request_params"] or {}
    if row["service_name"] != "unityCatalog" or action is None:
        return False
    return (
        action.startswith("deltaSharing")
        or action in _REQUESTS
        or action in _ADMIN
        or (is_credential(action) and params.get("recipient_name") is not None)
    )


def is_credential(action: str) -> bool:
    """generateTemporaryTableCredential and its kin."""
    return action.startswith("generateTemporary") and "Credential" in action[len("generateTemporary") :]


def is_answer(action: str) -> bool:
    """Whether an event tells what a recipient was given."""
    return action.startswith("deltaSharingQueried")


def event_kind(action: str) -> str:
    """request, answer, credential or admin."""
    if is_answer(action):
        return "answer"
    if action.startswith("deltaSharing") or action in _REQUESTS:
        return "request"
    return "credential" if is_credential(action) else "admin"


def only_principal(changes: str | None) -> str | None:
    """The principal of a change of permissions, if there is one change only."""
    try:
        value = json.loads(changes or "")
    except ValueError:
        return None
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict):
        return None
    return as_text(value[0].get("principal"))


def schema_name(params: Row) -> str | None:
    """The schema of the object that an event is about."""
    return first(
        params.get("schema"), name_part(params.get("table_full_name"), -2), name_part(params.get("volume_full_name"), -2)
    )


def table_name(action: str, params: Row, result: Row) -> str | None:
    """The name of the object that an event is about."""
    return first(
        as_text(result.get("tableName")),
        params.get("name") if action.startswith("deltaSharing") else None,
        name_part(params.get("table_full_name"), -1),
        name_part(params.get("volume_full_name"), -1),
    )


def bytes_offered(result: Row) -> int | None:
    """Bytes of all files that an answer names."""
    keys = ("scannedAddFileSize", "scannedAddCDCFileSize", "scannedRemoveFileSize")
    sizes = [big_integer(as_text(result.get(key))) for key in keys]
    known = [size for size in sizes if size is not None]
    total = 0
    for size in known:  # a sum that does not fit on the way is nothing
        total += size
        if small(total) is None:
            return None
    return total if known else None


def user_agent(row: Row, params: Row, result: Row) -> str | None:
    """The client's software."""
    return first(row["user_agent"], params.get("user_agent"), as_text(result.get("userAgent")))


def audit_event(row: Row) -> tuple[Any, ...]:
    """A row of audit_events, in the order of its columns."""
    action, params, response = row["action_name"], row["request_params"] or {}, row["response"] or {}
    result = json_object(response.get("result"))
    answer = result if is_answer(action) else {}
    about_share = "Share" in action and not action.startswith("deltaSharing")
    files, cdc_files = (big_integer(as_text(answer.get(key))) for key in ("numAddFiles", "numAddCDCFiles"))
    denied = params.get("is_ip_access_denied")
    return (
        moment(row["event_time"]),
        row["event_date"],
        "deltaSharing",
        event_kind(action),
        action,
        first(params.get("share_name"), params.get("share"), params.get("name") if about_share else None),
        schema_name(params),
        table_name(action, params, result),
        first(
            params.get("recipient_name"),
            params.get("name") if "Recipient" in action else None,
            only_principal(params.get("changes")) if action == "updateSharePermissions" else None,
        ),
        big_integer(as_text(answer.get("numRecords"))),
        bytes_offered(answer),
        None,
        row["source_ip_address"],
        user_agent(row, params, result),
        response.get("status_code"),
        response.get("error_message"),
        row["request_id"],
        row["event_id"],
        (row["user_identity"] or {}).get("email"),
        safe_params(row),
        first(params.get("recipient_id"), as_text(answer.get("deltaSharingRecipientId"))),
        None if files is None else small(files + (cdc_files or 0)),
        first(params.get("table_id"), as_text(answer.get("tableId"))),
        big_integer(as_text(answer.get("tableVersion"))),
        None if denied is None else denied.lower() == "true",
        row["workspace_id"],
        first(params.get("metastore_id"), as_text(result.get("metastoreId"))),
    )


def safe_params(row: Row) -> str | None:
    """The parameters of a request without secrets."""
    if row["request_params"] is None:
        return None
    return json.dumps({key: value for key, value in row["request_params"].items() if key.lower() not in _SECRETS})


def filled(value: Row | None) -> str | None:
    """A struct as JSON: without the fields that are nothing."""
    return None if value is None else json.dumps({key: item for key, item in value.items() if item is not None})


def audit_log_entry(row: Row) -> tuple[Any, ...]:
    """A row of audit_log, in the order of its columns."""
    plain = ("event_date", "event_id", "request_id", "service_name", "action_name", "audit_level", "account_id")
    more = ("workspace_id", "version", "source_ip_address", "user_agent", "session_id")
    return (
        moment(row["event_time"]),
        *(row[name] for name in plain),
        *(row[name] for name in more),
        filled(row["user_identity"]),
        safe_params(row),
        filled(row["response"]),
        filled(row["identity_metadata"]),
    )
