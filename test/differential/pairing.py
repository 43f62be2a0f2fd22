"""From rows of `system.access.audit` to rows of usage: which answer belongs to which request, in Python alone.

First, the request identifier: it counts where, within an hour, one request and one answer of a recipient have it and no
other event does, seen from both. Second, of what is left: an answer that follows a request of the same recipient for the
same table within a minute, with none between; a request that failed has no answer.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from flatten import (
    big_integer, bytes_offered, as_text, first, is_answer, is_credential, json_object, moment, schema_name, table_name,
    user_agent,
)  # fmt: skip

Row = dict[str, Any]
_HOUR = 3_600_000_000
_MINUTE = 60_000_000


@dataclass
class Event:
    """A request, an answer or a credential."""

    raw: Row
    kind: str
    at: int
    recipient: str | None
    table: str | None
    status: int | None
    rows: int | None
    bytes: int | None
    partner: Event | None = None
    pairing: str | None = None


def usage(rows: list[Row]) -> list[tuple[Any, ...]]:
    """All rows of usage."""
    events = [_event(row) for row in rows if _is_query(row)]
    _pair_by_id(events)
    _pair_nearest(events)
    return [_usage_row(event) for event in events if event.kind != "answer" or event.partner is None]


def _is_query(row: Row) -> bool:
    action, params = row["action_name"], row["request_params"] or {}
    if row["service_name"] != "unityCatalog" or action is None:
        return False
    return (
        action in ("deltaSharingQueryTable", "deltaSharingQueryTableChanges")
        or is_answer(action)
        or (is_credential(action) and params.get("recipient_name") is not None)
    )


def _event(row: Row) -> Event:
    action, params, response = row["action_name"], row["request_params"] or {}, row["response"] or {}
    result = json_object(response.get("result"))
    answer = result if is_answer(action) else {}
    return Event(
        raw=row,
        kind="answer" if is_answer(action) else "request" if action.startswith("deltaSharing") else "credential",
        at=row["event_time"],
        recipient=params.get("recipient_name"),
        table=table_name(action, params, result),
        status=response.get("status_code"),
        rows=big_integer(as_text(answer.get("numRecords"))),
        bytes=bytes_offered(answer),
    )


def _pair_by_id(events: list[Event]) -> None:
    groups: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        if event.kind != "credential" and event.recipient is not None and event.raw["request_id"] is not None:
            groups[event.recipient, event.raw["request_id"]].append(event)
    for group in groups.values():
        for request in (event for event in group if event.kind == "request"):
            near = [event for event in group if abs(event.at - request.at) <= _HOUR]
            answers = [event for event in near if event.kind == "answer"]
            if len(near) != 2 or len(answers) != 1:
                continue
            answer = answers[0]
            if sum(abs(event.at - answer.at) <= _HOUR for event in group) == 2:
                _pair(request, answer, "request_id")


def _pair_nearest(events: list[Event]) -> None:
    groups: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        left = event.kind != "credential" and event.partner is None
        failed = event.kind == "request" and event.status is not None and event.status >= 400
        if left and not failed and event.recipient is not None and event.table is not None:
            groups[event.recipient, event.table].append(event)
    for group in groups.values():
        group.sort(key=lambda e: (e.at, e.kind != "request", e.raw["event_id"] is not None, e.raw["event_id"] or ""))
        for one, other in zip(group, group[1:], strict=False):
            if one.kind == "request" and other.kind == "answer" and other.at - one.at <= _MINUTE:
                _pair(one, other, "nearest")


def _pair(request: Event, answer: Event, how: str) -> None:
    request.partner, answer.partner = answer, request
    request.pairing = answer.pairing = how


def _usage_row(event: Event) -> tuple[Any, ...]:
    """In the order of the table's columns."""
    row, params = event.raw, event.raw["request_params"] or {}
    result = json_object((row["response"] or {}).get("result"))
    told = event.partner if event.kind == "request" else event  # the event that tells what was read
    alone = {"request": "no_answer", "answer": "no_request", "credential": "not_needed"}[event.kind]
    duration = None
    if event.pairing == "request_id" and event.partner is not None and event.partner.at >= event.at:
        duration = (event.partner.at - event.at) // 1000
    return (
        moment(event.at),
        row["event_date"],
        event.recipient,
        first(params.get("share_name"), params.get("share")),
        schema_name(params),
        event.table,
        row["action_name"],
        event.pairing or alone,
        told and moment(told.at),
        told and told.rows,
        told and told.bytes,
        duration,
        event.status,
        (row["response"] or {}).get("error_message"),
        row["source_ip_address"],
        user_agent(row, params, result),
        row["request_id"],
        row["event_id"] if event.kind == "request" else None,
        told and told.raw["event_id"],
    )
