"""Many shares, recipients and grants at once, for tests of size."""

from __future__ import annotations

from .catalog import Table
from .errors import invalid
from .recipient_rules import YEAR_MS
from .state import Recipient, Share, SharedObject, State, Token

BY = "seed@example.com"


def seed(
    state: State,
    *,
    shares: int = 10,
    grants: int = 1,
    recipients: int | None = None,
    objects: int = 0,
    prefix: str = "seed",
) -> dict[str, int]:
    """`shares` shares, each granted to `grants` of `recipients` recipients and holding `objects` tables.

    Names are {prefix}_share_00000 and {prefix}_recipient_00000; share i is granted to recipients i, i+1, ...
    """
    total = recipients if recipients is not None else max(grants, 1)
    if min(shares, grants, objects, total) < 0 or grants > total:
        raise invalid("seed: counts must not be negative, and grants not above recipients")
    now = state.stamp()
    tables = [f"{prefix}.tables.t{number:05d}" for number in range(objects)]
    for name in tables:
        state.catalog.add(Table(name, columns=[]))
    made = [_recipient(state, f"{prefix}_recipient_{number:05d}", now) for number in range(total)]
    for number in range(shares):
        share = Share(state.new_key(), f"{prefix}_share_{number:05d}", BY, now, BY, now, BY, comment=f"share {number}")
        share.objects = {name: _object(name, now) for name in tables}
        share.grants = {made[(number + step) % total].principal_id: {"SELECT"} for step in range(grants)}
        if share.name in state.shares:
            raise invalid(f"seed: share '{share.name}' is there already")
        state.shares[share.name] = share
    return {"shares": shares, "recipients": total, "grants": shares * grants, "objects": shares * objects}


def _recipient(state: State, name: str, now: int) -> Recipient:
    present = state.recipients.get(name)
    if present is not None:
        return present
    recipient = Recipient(state.new_principal_id(), state.new_uuid(), name, "TOKEN", BY, now, BY, now, BY)
    code = f"{state.rng.getrandbits(256):064x}"
    recipient.tokens.append(Token(state.new_uuid(), code, now + YEAR_MS // 2, now, BY, now, BY))
    state.by_activation[code] = recipient
    state.add_recipient(recipient)
    return recipient


def _object(name: str, now: int) -> SharedObject:
    alias = ".".join(name.split(".")[1:])
    return SharedObject(name, "TABLE", now, BY, shared_as=alias, history_data_sharing_status="DISABLED")
