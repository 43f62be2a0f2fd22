"""The raw rows: generated ones, many of them spoiled, and some by hand."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from workspace.audit_rows import date_of, generate, micros

Row = dict[str, Any]

# At these, and just around them, clocks change: in Berlin, New York, on Lord Howe, in Havana and Cairo at midnight, on Apia
# a whole day is missing; the others are the ends of what anybody has to expect.
_MOMENTS = (
    *("2025-10-26T00:00:00", "2026-03-29T00:59:59.999999", "2026-03-28T23:00:00", "2025-10-25T22:00:00"),
    *("2025-11-02T05:59:59.999999", "2026-03-08T06:59:59.999999", "2025-11-02T04:00:00", "2026-03-08T05:00:00"),
    *("2026-03-08T04:59:59.999999", "2025-11-02T05:00:00", "2025-11-02T04:59:59.999999", "2025-11-02T04:30:00"),
    *("2025-10-30T20:59:59.999999", "2025-10-30T21:00:00", "2025-10-30T22:00:00", "2026-04-23T22:00:00"),
    *("2026-04-23T21:59:59.999999", "2025-10-30T20:30:00", "2025-10-04T15:29:59.999999", "2026-04-04T14:59:59.999999"),
    *("2026-04-04T15:29:59.999999", "2011-12-30T09:59:59.999999", "2011-12-30T10:00:00", "2000-02-29T12:00:00"),
    *("1999-12-31T23:59:59.999999", "2000-01-01T00:00:00", "1970-01-01T00:00:00", "1969-12-31T23:59:59.999999"),
    *("1969-12-31T23:59:59", "1968-06-15T11:11:11.111111", "2024-12-30T00:00:00", "2021-01-03T23:59:59.999999"),
    *("2100-02-28T23:59:59.999999", "2037-12-31T23:00:00", "2038-07-01T12:00:00", "2400-02-29T00:00:00"),
)
_NAMES = (
    *("o'brien", "back`tick", "back\\slash", "a_b", "aXb", "100%", "100", "Ünïcödé", "ünïcödé", "日本語", "two\nlines"),
    *("", " ", "  acme", "ACME", "acme ", "Acme", "\U0001f600", "e\u0301", "é", "\\%", "%", "_", 'say "no"', "NULL", "z" * 300),
    *("\uffee", "\U00010000", "tab\there", "--", "/* */", ":p1", "{days}"),
)


class _Hand:
    """Makes rows, each with identifiers of its own."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.numbers: Iterator[int] = itertools.count(1)

    def add(self, at: str | int, action: str, params: Row | None = None, result: Any = None, **fields: Any) -> Row:
        """A row; the result is JSON text, or something to make it of."""
        number = next(self.numbers)
        text = result if result is None or isinstance(result, str) else json.dumps(result)
        row: Row = {
            "account_id": "hand",
            "workspace_id": "0",
            "version": "2.0",
            "event_time": micros(at),
            "event_date": date_of(micros(at)),
            "source_ip_address": None,
            "user_agent": None,
            "session_id": None,
            "user_identity": None,
            "service_name": "unityCatalog",
            "action_name": action,
            "request_id": f"hand-request-{number}",
            "request_params": params,
            "response": {"status_code": 200, "error_message": None, "result": text},
            "audit_level": "ACCOUNT_LEVEL",
            "event_id": f"hand-{number:04}",
            "identity_metadata": None,
        }
        row.update(fields)
        self.rows.append(row)
        return row

    def request(self, at: int, request_id: str | None, recipient: str | None, table: str | None, **fields: Any) -> Row:
        """A recipient asks for a table."""
        params = {"recipient_name": recipient, "share": "paired", "schema": "s", "name": table}
        given = {key: value for key, value in params.items() if value is not None}
        return self.add(at, "deltaSharingQueryTable", given, request_id=request_id, **fields)

    def answer(self, at: int, request_id: str | None, recipient: str | None, table: str | None, **fields: Any) -> Row:
        """A recipient is answered."""
        result = {"numRecords": "10", "tableName": table, "scannedAddFileSize": "100"}
        params = {"recipient_name": recipient} if recipient is not None else {}
        return self.add(at, "deltaSharingQueriedTable", params, result, request_id=request_id, **fields)


def _times(hand: _Hand) -> None:
    for number, moment in enumerate(_MOMENTS):
        action = ("deltaSharingQueryTable", "deltaSharingQueriedTable")[number % 2]
        hand.add(moment, action, {"recipient_name": f"time {number % 3}", "name": "t"}, {"numRecords": str(number)})


def _names(hand: _Hand) -> None:
    for number, name in enumerate(_NAMES):
        at = f"2026-06-01T10:{number:02}:00"
        params = {"recipient_name": name, "share": name, "schema": "s", "name": name, name or "empty": "key", "k'": name}
        hand.add(at, "deltaSharingQueryTable", params, user_agent=name)
        hand.add(at, "createShare", {"name": name, "Token": "secret", "bearer_TOKEN": "x", "tokens": "no secret"})
        hand.add(at, "deltaSharingQueriedTable", {"recipient_name": name}, {"numRecords": str(number), "tableName": name})
        hand.add(at, "updateRecipient", {"name": name}, service_name=name)
        hand.add(at, name)


def _numbers(hand: _Hand) -> None:
    most, least = 2**63 - 1, -(2**63)
    for number, (records, size) in enumerate(
        [(most, 1), (least, 1), (most - 1, most), (0, 0), (-1, -1), (1, least), (None, most), (2, None), (3, 5)]
        + [(n, n * 1024**3) for n in (-7, -3, -2, 7, 1000, 1536)]
    ):
        result = {"tableName": "big", "numRecords": records and str(records), "scannedAddFileSize": size and str(size)}
        hand.add(f"2026-06-02T10:{number:02}:00", "deltaSharingQueriedTable", {"recipient_name": "big"}, result)
    for number, sizes in enumerate([(most, 1, -1), (most, None, 1), (1, most, None), (least, -1, None), (None, 2, 3)]):
        keys = ("scannedAddFileSize", "scannedAddCDCFileSize", "scannedRemoveFileSize")
        result = {key: str(size) for key, size in zip(keys, sizes, strict=True) if size is not None}
        hand.add(f"2026-06-02T11:{number:02}:00", "deltaSharingQueriedTable", {"recipient_name": "sizes"}, result)
        hand.add(
            f"2026-06-02T12:{number:02}:00",
            "deltaSharingQueriedTableChanges",
            {"recipient_name": "files"},
            {"numAddFiles": sizes[0] and str(sizes[0]), "numAddCDCFiles": sizes[1] and str(sizes[1])},
        )
    for code in (None, 0, -1, 399, 400, 401, 2**31 - 1, -(2**31)):
        response = {"status_code": code, "error_message": "odd", "result": None}
        hand.add("2026-06-02T13:00:00", "deltaSharingQueryTable", {"recipient_name": "codes"}, response=response)
    for denied in ("true", "TRUE", "True", "false", "", "yes", None):
        hand.add("2026-06-02T14:00:00", "deltaSharingListShares", {"is_ip_access_denied": denied})
    for name in ("a.b.c", "b.c", "c", "", ".", "a.", ".c", "a..c", "a.b.c.d", "`a.b`.c"):
        for key in ("table_full_name", "volume_full_name"):
            hand.add("2026-06-02T15:00:00", "generateTemporaryTableCredential", {"recipient_name": "parts", key: name})


def _pairs(hand: _Hand) -> None:
    """What may belong together, and what may not."""
    second, minute, hour = 1_000_000, 60_000_000, 3_600_000_000
    base = micros("2026-06-03T00:00:00")
    places = (base + 6 * hour * number for number in itertools.count())
    for distance in (0, 1, 999, 1000, second, minute, minute + 1, hour - 1, hour, hour + 1, -1, -second, -hour, -hour - 1):
        for same in (True, False):  # by identifier, or by nearness only
            at, number = next(places), next(hand.numbers)
            hand.request(at, f"pair-{number}", "pairs", f"t{number}")
            hand.answer(at + distance, f"pair-{number}" if same else f"other-{number}", "pairs", f"t{number}")
    # (seconds, request or answer, request identifier, further fields) of one recipient and one table each
    for story in (
        [(0, "r", "a"), (1, "r", "a"), (2, "a", "a")],
        [(0, "r", "a"), (1, "a", "a"), (2, "a", "a")],
        [(0, "r", "a"), (1, "a", "a"), (3600, "r", "a"), (3601, "a", "a")],
        [(0, "r", "a"), (1, "a", "a"), (3602, "r", "a"), (3603, "a", "a")],
        [(0, "r", "a"), (2000, "a", "a"), (4000, "r", "a")],
        [(0, "r", "a"), (3000, "a", "a"), (5000, "a", "a")],
        [(0, "r", "x"), (1, "r", "y"), (2, "a", "z"), (3, "a", "w")],
        [(0, "r", "x"), (1, "a", "z"), (2, "a", "w")],
        [(0, "a", "x"), (1, "r", "z"), (2, "a", "w")],
        [(0, "r", "x"), (10, "r", "y"), (20, "a", "y"), (30, "a", "z")],
        [(0, "r", None), (10, "a", None)],
        [(0, "r", "x"), (0, "r", "y"), (0, "a", "z")],
        [(0, "a", "x"), (0, "r", "y")],
        [(0, "r", "x", 500), (5, "a", "y")],
        [(0, "r", "x", 500), (5, "a", "x")],
        [(0, "r", "x"), (5, "r", "y", 404), (9, "a", "z")],
        [(0, "r", "x", None), (5, "a", "y", 500)],
        [(0, "r", "x", 399), (5, "a", "y")],
        [(0, "r", "x"), (1, "c", "x"), (2, "a", "x")],
        [(0, "r", "x"), (1, "c", "z"), (2, "a", "y")],
    ):
        at, number = next(places), next(hand.numbers)
        for seconds, kind, request_id, *code in story:
            fields: Row = {}
            name = None if request_id is None else f"{request_id}-{number}"
            if kind == "c":
                params = {"recipient_name": "stories", "table_full_name": f"m.s.t{number}", "share_name": "paired"}
                hand.add(at + seconds * second, "generateTemporaryTableCredential", params, request_id=name)
                continue
            row = (hand.request if kind == "r" else hand.answer)(at + seconds * second, name, "stories", f"t{number}", **fields)
            if code:
                row["response"] = {**row["response"], "status_code": code[0]}
    for recipient, table in (("other", "t"), (None, "t"), ("stories", None)):
        at, number = next(places), next(hand.numbers)
        hand.request(at, f"lone-{number}", recipient, table)
        hand.answer(at + second, f"lone-{number}", recipient, table)
        hand.request(at + hour + minute, f"lone-a-{number}", recipient, table)
        hand.answer(at + hour + minute + second, f"lone-b-{number}", recipient, table)
    at = next(places)
    hand.request(at, "crossed", "one", "crossed")
    hand.answer(at + second, "crossed", "two", "crossed")
    # over midnight, where the days of the log are cut
    at = micros("2026-05-31T23:59:59.5")
    hand.request(at, "midnight", "night", "night")
    hand.answer(at + second, "midnight", "night", "night")
    hand.request(at + 2 * hour, "midnight-1", "night", "night")
    hand.answer(at + 2 * hour + second, "midnight-2", "night", "night")


def raw_rows(seed: int, count: int) -> list[Row]:
    """All rows, as the workspace takes them."""
    hand = _Hand()
    for make in (_times, _names, _numbers, _pairs):
        make(hand)
    return generate(seed=seed, count=count, days=30, odd=True) + hand.rows
