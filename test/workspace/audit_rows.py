"""Rows of `system.access.audit` as a platform writes them about sharing, and as one hopes it never does.

Pure Python and deterministic: `generate(seed=1, count=1000)` is a list of rows, each a dict with all columns of the
table. `event_time` is microseconds since 1970 UTC, `event_date` a text.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]

DEFAULT_NOW = "2026-06-15T12:00:00Z"
DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ACCOUNT = "00000000-0000-4000-8000-000000000001"
_WORKSPACE = "1234567890123456"
_METASTORE = "19a84bee-54bc-43a2-87de-023d0ec16016"
_AGENTS = (
    "Delta-Sharing-Spark/3.1.0 java/17.0.9 scala/2.12.18",
    "Delta-Sharing-Python/1.1.1 pandas/2.2.0 PyArrow/15.0.0 Python/3.11.6",
    "Databricks-Delta-Sharing/15.4",
    "PowerBI",
    None,
)
_USERS = ("alice@example.com", "bob@example.com", "Zoë.Müller@example.com", "3f0a8b1c-service-principal")
_ADDRESSES = ("203.0.113.7", "198.51.100.23", "2001:db8::17", "10.1.2.3", "0.0.0.0", None)

# Just before, at, and just after clocks change: Europe/Berlin, America/New_York, Australia/Lord_Howe (by half an hour).
_CHANGES = (
    "2025-10-26T01:00:00",
    "2026-03-29T01:00:00",
    "2025-11-02T06:00:00",
    "2026-03-08T07:00:00",
    "2025-10-04T15:30:00",
    "2026-04-04T15:00:00",
)
_BIG = ("9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "1" + "0" * 30)
_NO_NUMBERS = ("", " ", "abc", "1.5", "1e3", "0x10", "-1", "+7", " 42 ", "007", "NaN", "٣", "1_000", "null", "true")
_TEXTS = (
    "",
    " ",
    "it's",
    'say "no"',
    "back`tick",
    "back\\slash",
    "line\nfeed\r\n\ttab",
    "100%",
    "a_b",
    "%",
    "\\%",
    "Ünïcödé",
    "ß",
    "日本語",
    "\U0001f600 emoji",
    "e\u0301 combining",
    "\u202eright to left",
    "a\u2028b\u0085c",
    "\x01\x1f\x7f",
    "NULL",
    "$.path",
    "O'Reilly; DROP TABLE x --",
    "x" * 10_000,
)
_BROKEN_RESULTS = (
    "",
    " ",
    "{",
    "null",
    "[]",
    "[1,2]",
    '"text"',
    "17",
    "{}",
    '{"numRecords": "1"',
    "{'numRecords': '1'}",
    "not JSON",
    '{"numRecords": null, "tableName": null}',
    '{"numRecords": {"a": 1}, "tableName": ["t"]}',
    '{"numRecords": "1", "numRecords": "2", "tableName": "twice"}',
    '{"NUMRECORDS": "1", "tablename": "case"}',
    '{"numRecords": 12, "scannedAddFileSize": 3.5, "tableName": true}',
    '{"numRecords": "5", "tableName": "caf\\u00e9 \\ud83d\\ude00 \\n"} ',
    '{"numRecords": "5", "tableName": "t"} trailing',
)


def micros(value: str | int) -> int:
    """A time as microseconds since 1970; a text is ISO 8601 and UTC if it has no offset."""
    if isinstance(value, int):
        return value
    moment = datetime.fromisoformat(value)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return (moment - _EPOCH) // timedelta(microseconds=1)


def date_of(event_time: int) -> str:
    """The UTC date of a time in microseconds."""
    return (_EPOCH + timedelta(microseconds=event_time)).date().isoformat()


def generate(
    seed: int = 1,
    count: int = 1000,
    days: float = 30,
    now: str | int = DEFAULT_NOW,
    shares: Sequence[str] = ("sales", "finance", "hr"),
    recipients: Sequence[str] = ("acme", "globex", "initech", "umbrella"),
    tables: Sequence[str] = ("main.sales.orders", "main.sales.customers", "main.finance.ledger", "main.hr.people"),
    odd: bool = False,
) -> list[Row]:
    """`count` rows of the last `days`, in the order of arrival, which is nearly that of their times."""
    maker = _Maker(random.Random(seed), shares, recipients, tables)
    end = micros(now)
    span = max(1, int(days * DAY_US))
    times = sorted(maker.rng.randrange(span) for _ in range(count))
    rows: list[Row] = []
    for offset in times:
        if len(rows) >= count:
            break
        rows.extend(maker.events(end - span + offset))
    del rows[count:]
    if odd:
        _make_odd(maker.rng, rows)
    return rows


class _Maker:
    """Makes the events of one moment."""

    def __init__(
        self, rng: random.Random, shares: Sequence[str], recipients: Sequence[str], tables: Sequence[str]
    ):
        self.rng = rng
        self.shares, self.recipients, self.tables = list(shares), list(recipients), list(tables)
        self.ids = {name: self.uuid() for name in [*self.shares, *self.recipients, *self.tables]}
        kinds: list[tuple[int, Callable[[int], Iterator[Row]]]] = [
            (40, self._query),
            (12, self._metadata),
            (16, self._credential),
            (10, self._provider),
            (2, self._permissions),
            (2, self._future),
            (8, self._unrelated),
        ]
        self.weights = [weight for weight, _ in kinds]
        self.kinds = [kind for _, kind in kinds]

    def uuid(self) -> str:
        """An identifier."""
        text = f"{self.rng.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    def events(self, at: int) -> Iterator[Row]:
        """What happened at one moment: one event, or a query with its answer."""
        return self.rng.choices(self.kinds, self.weights)[0](at)

    def row(self, at: int, action: str, params: dict[str, Any] | None, **fields: Any) -> Row:
        """An event of a recipient; fields change what is usual."""
        value: Row = {
            "account_id": _ACCOUNT,
            "workspace_id": "0",
            "version": "2.0",
            "event_time": at,
            "event_date": date_of(at),
            "source_ip_address": self.rng.choice(_ADDRESSES),
            "user_agent": None,
            "session_id": None,
            "user_identity": None,
            "service_name": "unityCatalog",
            "action_name": action,
            "request_id": self.uuid(),
            "request_params": params,
            "response": {"status_code": 200, "error_message": None, "result": None},
            "audit_level": "ACCOUNT_LEVEL",
            "event_id": self.uuid(),
            "identity_metadata": None,
        }
        value.update(fields)
        return value

    def _by_user(self) -> dict[str, Any]:
        """Fields of an event by one of our own users."""
        user = self.rng.choice(_USERS)
        return {
            "workspace_id": _WORKSPACE,
            "user_identity": {"email": user, "subject_name": None},
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
            "session_id": self.uuid(),
            "audit_level": "WORKSPACE_LEVEL",
            "identity_metadata": {"run_by": user, "run_as": user, "acting_resource": None},
        }

    def _recipient_params(self) -> dict[str, Any]:
        recipient = self.rng.choice(self.recipients)
        params = {"recipient_name": recipient, "metastore_id": _METASTORE, "is_ip_access_denied": "false"}
        if self.rng.random() < 0.3:
            params["recipient_id"] = self.ids[recipient]
            params["recipient_authentication_type"] = self.rng.choice(("TOKEN", "DATABRICKS"))
        return params

    def _query(self, at: int) -> Iterator[Row]:
        rng = self.rng
        changes = "Changes" if rng.random() < 0.2 else ""
        table = rng.choice(self.tables)
        schema, name = table.split(".")[-2:]
        share, agent = rng.choice(self.shares), rng.choice(_AGENTS)
        params = self._recipient_params() | {"share": share, "schema": schema, "name": name}
        if agent:
            params["user_agent"] = agent
        if rng.random() < 0.2:
            params |= {"share_name": share, "share_id": self.ids[share], "workspace_id": _WORKSPACE}
        if rng.random() < 0.3:
            params["limitHints"] = f"Some({rng.randrange(1, 10_000)})"
        request = self.row(at, f"deltaSharingQueryTable{changes}", params)
        refused = rng.random()
        if refused < 0.08:
            denied = refused < 0.04
            params["is_ip_access_denied"] = "true" if denied else "false"
            code, message = (
                (403, "PERMISSION_DENIED: The request is not from an allowed IP address.")
                if denied
                else (404, f"RESOURCE_DOES_NOT_EXIST: Shared table '{share}.{schema}.{name}' does not exist.")
            )
            request["response"] = {"status_code": code, "error_message": message, "result": None}
            yield request
            return
        yield request
        answer = {"recipient_name": params["recipient_name"]}
        if rng.random() < 0.2:
            answer["metastore_id"] = _METASTORE
        same = {"request_id": request["request_id"]} if rng.random() < 0.8 else {}
        yield self.row(
            at + rng.randrange(2_000, 9_000_000),
            f"deltaSharingQueriedTable{changes}",
            answer,
            source_ip_address=request["source_ip_address"],
            response={
                "status_code": 200,
                "error_message": None,
                "result": self._result(table, agent, bool(changes), params),
            },
            **same,
        )

    def _result(self, table: str, agent: str | None, changes: bool, params: dict[str, Any]) -> str:
        rng, number = self.rng, self.rng.randrange
        files = number(1, 400)
        value = {
            "numRecords": str(number(10 ** number(1, 9))),
            "tableName": table.split(".")[-1],
            "tableId": self.ids[table],
            "tableVersion": str(number(500)),
            "path": f"s3://bucket/{table.replace('.', '/')}/_delta_log",
            "activeAddFiles": str(files),
            "numAddFiles": str(files),
            "numSeenAddFiles": str(files),
            "scannedAddFileSize": str(number(10 ** number(3, 12))),
            "limitHint": params.get("limitHints", "None"),
            "earlyTermination": "false",
            "deltaSharingPartitionFilteringAccessed": "false",
            "deltaSharingRecipientId": self.ids[params["recipient_name"]] if rng.random() < 0.8 else "REDACTED",
            "deltaSharingRecipientIdHash": f"{rng.getrandbits(64):016x}",
            "metastoreId": _METASTORE,
            "checkpointBytes": str(number(10**6)),
            "jsonLogFileNum": str(number(20)),
        }
        if changes:
            value["numAddCDCFiles"] = str(number(50))
            value["scannedAddCDCFileSize"] = str(number(10**9))
            value["numRemoveFiles"] = str(number(50))
            value["scannedRemoveFileSize"] = str(number(10**9))
        if agent:
            value["userAgent"] = agent
        return json.dumps(value, ensure_ascii=False)

    def _metadata(self, at: int) -> Iterator[Row]:
        rng = self.rng
        action = rng.choice(
            ("ListShares", "ListSchemas", "ListTables", "ListAllTables", "GetTableVersion", "GetTableMetadata")
        )
        params = self._recipient_params() | {"options": "{}"}
        if action != "ListShares":
            params["share"] = rng.choice(self.shares)
        if action in ("ListTables", "GetTableVersion", "GetTableMetadata"):
            params["schema"], params["name"] = rng.choice(self.tables).split(".")[-2:]
            if action == "ListTables":
                del params["name"]
        yield self.row(at, f"deltaSharing{action}", params)

    def _credential(self, at: int) -> Iterator[Row]:
        rng = self.rng
        ending = "s" if rng.random() < 0.3 else ""
        params: dict[str, Any] = {
            "operation": "READ",
            "credential_type": "StorageCredential",
            "is_permissions_enforcing_client": "false",
            "metastore_id": _METASTORE,
        }
        table = rng.choice(self.tables)
        shown = table if rng.random() < 0.8 else table.split(".")[-1]
        volume = rng.random() < 0.15
        if volume:
            params |= {"volume_full_name": f"main.files.{shown.split('.')[-1]}", "volume_id": self.ids[table]}
        else:
            params |= {"table_full_name": shown, "table_id": self.ids[table], "table_url": f"s3://bucket/{table}"}
        action = f"generateTemporary{'Volume' if volume else 'Table'}Credential{ending}"
        if rng.random() < 0.4:  # one of our own: nothing of sharing
            yield self.row(at, action, params, **self._by_user())
            return
        share, recipient = rng.choice(self.shares), rng.choice(self.recipients)
        params |= {
            "recipient_name": recipient,
            "recipient_id": self.ids[recipient],
            "share_name": share,
            "share_id": self.ids[share],
            "share_owner": rng.choice(_USERS),
        }
        yield self.row(at, action, params)

    def _provider(self, at: int) -> Iterator[Row]:
        rng = self.rng
        share, recipient, table = rng.choice(self.shares), rng.choice(self.recipients), rng.choice(self.tables)
        added = json.dumps([{"action": "ADD", "data_object": {"name": table, "data_object_type": "TABLE"}}])
        action, params = rng.choice(
            (
                ("createShare", {"name": share, "comment": "for a partner"}),
                ("updateShare", {"name": share, "updates": added}),
                ("deleteShare", {"name": share}),
                ("getShare", {"name": share, "include_shared_data": "true"}),
                ("listShares", {}),
                ("getSharePermissions", {"name": share}),
                ("createRecipient", {"name": recipient, "authentication_type": "TOKEN"}),
                ("updateRecipient", {"name": recipient, "comment": "renewed"}),
                ("deleteRecipient", {"name": recipient}),
                ("getRecipient", {"name": recipient}),
                ("getRecipientSharePermissions", {"name": recipient}),
                ("rotateRecipientToken", {"name": recipient, "existing_token_expire_in_seconds": "0"}),
                ("getActivationUrlInfo", {"recipient_name": recipient, "is_ip_access_denied": "false"}),
                ("retrieveRecipientToken", {"recipient_name": recipient, "is_ip_access_denied": "false"}),
                (
                    "updateMetastore",
                    {
                        "delta_sharing_scope": "INTERNAL_AND_EXTERNAL",
                        "delta_sharing_recipient_token_lifetime_in_seconds": "7776000",
                    },
                ),
            )
        )
        who = {} if "recipient_name" in params else self._by_user()
        row = self.row(at, action, params | {"metastore_id": _METASTORE}, **who)
        if rng.random() < 0.07:
            row["response"] = {
                "status_code": 403,
                "error_message": f"PERMISSION_DENIED: User does not own Share '{share}'.",
                "result": None,
            }
        yield row

    def _permissions(self, at: int) -> Iterator[Row]:
        rng = self.rng
        changes = [
            {"principal": recipient, rng.choice(("add", "remove")): ["SELECT"]}
            for recipient in rng.sample(self.recipients, rng.randrange(1, min(3, len(self.recipients)) + 1))
        ]
        params = {"name": rng.choice(self.shares), "changes": json.dumps(changes), "metastore_id": _METASTORE}
        yield self.row(at, "updateSharePermissions", params, **self._by_user())

    def _future(self, at: int) -> Iterator[Row]:
        action = self.rng.choice(("deltaSharingQueryModelVersion", "deltaSharingStreamTable", "deltaSharing"))
        params = self._recipient_params() | {"share": self.rng.choice(self.shares), "new_key": "new value"}
        yield self.row(at, action, params)

    def _unrelated(self, at: int) -> Iterator[Row]:
        rng = self.rng
        service, action, params = rng.choice(
            (
                ("clusters", "create", {"cluster_name": "etl"}),
                ("notebook", "runCommand", {"notebookId": "17", "commandText": "SELECT 1"}),
                ("accounts", "tokenLogin", {"user": rng.choice(_USERS)}),
                ("unityCatalog", "getTable", {"full_name_arg": rng.choice(self.tables)}),
                ("unityCatalog", "getCatalog", {"name_arg": "main"}),
                ("deltaPipelines", "startUpdate", {"pipeline_id": "p"}),
                ("jobs", "deltaSharingQueryTable", {"share": rng.choice(self.shares), "recipient_name": "nobody"}),
            )
        )
        yield self.row(at, action, params, service_name=service, **self._by_user())


def _make_odd(rng: random.Random, rows: list[Row]) -> None:
    """Spoil a good part of the rows."""
    if not rows:
        return
    for index, row in enumerate(rows):
        if rng.random() < 0.5:
            for spoil in rng.choices(_SPOILERS, k=rng.randrange(1, 3)):
                spoil(rng, row)
        if index and rng.random() < 0.03:
            row["event_id"] = rows[rng.randrange(index)]["event_id"]
    for _ in range(len(rows) // 50):  # what arrived late
        one, other = rng.randrange(len(rows)), rng.randrange(len(rows))
        rows[one], rows[other] = rows[other], rows[one]


def _spoil_result(rng: random.Random, row: Row) -> None:
    if row["response"] is not None:
        row["response"]["result"] = rng.choice((None, *_BROKEN_RESULTS))


def _spoil_numbers(rng: random.Random, row: Row) -> None:
    result = (row["response"] or {}).get("result")
    try:
        value = json.loads(result or "")
    except ValueError:
        return
    if isinstance(value, dict):
        keys = ("numRecords", "scannedAddFileSize", "scannedAddCDCFileSize", "scannedRemoveFileSize", "numAddFiles")
        for key in rng.sample(keys, 2):
            chosen = rng.choice((*_BIG, *_NO_NUMBERS, None))
            value[key] = chosen
        row["response"]["result"] = json.dumps(value, ensure_ascii=rng.random() < 0.5)


def _drop_result_key(rng: random.Random, row: Row) -> None:
    result = (row["response"] or {}).get("result")
    try:
        value = json.loads(result or "")
    except ValueError:
        return
    if isinstance(value, dict) and value:
        del value[rng.choice(list(value))]
        row["response"]["result"] = json.dumps(value)


def _spoil_parameter(rng: random.Random, row: Row) -> None:
    if row["request_params"]:
        key = rng.choice(list(row["request_params"]))
        row["request_params"][key] = rng.choice((*_TEXTS, None))


def _drop_parameter(rng: random.Random, row: Row) -> None:
    if row["request_params"]:
        del row["request_params"][rng.choice(list(row["request_params"]))]


def _empty_out(rng: random.Random, row: Row) -> None:
    name = rng.choice(
        ("request_params", "response", "user_identity", "identity_metadata", "request_id", "user_agent", "account_id")
        + ("source_ip_address", "workspace_id", "session_id", "audit_level", "version", "event_id")
    )
    row[name] = {} if name == "request_params" and rng.random() < 0.5 else None


def _spoil_text(rng: random.Random, row: Row) -> None:
    name = rng.choice(("source_ip_address", "user_agent", "request_id", "session_id", "workspace_id"))
    row[name] = rng.choice(_TEXTS)


def _spoil_error(rng: random.Random, row: Row) -> None:
    row["response"] = {
        "status_code": rng.choice((None, 0, -1, 200, 400, 403, 429, 500, 2**31 - 1)),
        "error_message": rng.choice((None, *_TEXTS, "INTERNAL_ERROR: x", "lower: y", "A_B: C_D: z")),
        "result": (row["response"] or {}).get("result"),
    }


def _spoil_time(rng: random.Random, row: Row) -> None:
    at = micros(rng.choice(_CHANGES)) + rng.choice((-3_600_000_000, -1_000_000, -1, 0, 1, 999_999, 1_800_000_000))
    row["event_time"], row["event_date"] = at, date_of(at)


def _at_midnight(rng: random.Random, row: Row) -> None:
    """The ends of a day, in UTC and elsewhere."""
    day = row["event_time"] // DAY_US * DAY_US
    at = day + rng.choice((-1, 0, 1, DAY_US - 1, 20_700_000_000, 20_699_999_999))
    row["event_time"], row["event_date"] = at, date_of(at)


def _spoil_changes(rng: random.Random, row: Row) -> None:
    if row["request_params"] and "changes" in row["request_params"]:
        row["request_params"]["changes"] = rng.choice(
            ("", "[]", "{}", "[{}]", "not JSON", '[{"principal": null}]', '[{"principal": "x"}, 3]', None)
        )


_SPOILERS = (
    _spoil_result,
    _spoil_numbers,
    _spoil_numbers,
    _drop_result_key,
    _spoil_parameter,
    _drop_parameter,
    _empty_out,
    _spoil_text,
    _spoil_error,
    _spoil_time,
    _at_midnight,
    _spoil_changes,
)
