"""Random queries from a small grammar: mostly what is sent, with something that is not among it now and then."""

from __future__ import annotations

import random
from collections.abc import Iterator

from corpus import Case

_ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana", "EST5EDT")
_TEXTS = {
    "audit_events": ("recipient_name", "share_name", "table_name", "schema_name", "event_kind", "action_name", "user_agent"),
    "audit_log": ("service_name", "action_name", "audit_level", "workspace_id", "session_id"),
    "usage": ("recipient_name", "share_name", "table_name", "pairing", "action_name", "source_ip"),
}
_INTEGERS = {
    "audit_events": ("rows_returned", "bytes_transferred", "files_returned", "table_version", "status_code"),
    "audit_log": (),
    "usage": ("rows_returned", "bytes_transferred", "query_duration_ms", "status_code"),
}
_TIMES = {
    "audit_events": ("request_time",),
    "audit_log": ("event_time",),
    "usage": ("request_time", "answer_time"),
}
_TABLES = ("audit_events", "audit_events", "audit_events", "usage", "usage", "audit_log")
_VALUES = (
    *("acme", "globex", "initech", "sales", "hr", "orders", "request", "answer", "nearest", "unityCatalog", "0", ""),
    *("o''brien", "back\\slash", "a_b", "100%", "Ünïcödé", "日本語", "deltaSharingQueryTable", "NULL", "ACCOUNT_LEVEL"),
)
_PATTERNS = ("a%", "%e", "_c%", "%\\_%", "%a%e%", "", "%", "%''%", "日%", "%delta%", "no\\%", "____", "%Credential%")
_NUMBERS = ("0", "1", "-1", "7", "100", "200", "403", "1000", "123456", "5000000000", "9223372036854775807", "2.5", "1000.0")
_MOMENTS = (
    *("2026-06-01", "2026-05-20 12:34:56.789", "2026-06-14 23:59:59.999999", "2026-03-29 02:30", "2025-11-02 00:30"),
    *("1970-01-01", "2026-06-10 00:00+05:45", "infinity", "-infinity", "2100-01-01"),
)
_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
_UNITS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
_FIELDS = ("hour", "minute", "dow", "isodow", "day", "doy", "week", "month", "quarter", "year", "second")


class _Maker:
    """Makes expressions over one table."""

    def __init__(self, rng: random.Random, table: str, alias: str = ""):
        self.rng, self.table, self.alias = rng, table, alias

    def column(self, columns: tuple[str, ...]) -> str:
        return self.alias + self.rng.choice(columns)

    def text(self, depth: int = 1) -> str:
        choice = self.rng.random()
        column = self.column(_TEXTS[self.table])
        if depth == 0 or choice < 0.6:
            return column
        other = self.text(depth - 1)
        if choice < 0.7:
            return f"coalesce({column}, {other}, '{self.rng.choice(_VALUES)}')"
        if choice < 0.8:
            return f"({column} || '/' || {other})"
        if choice < 0.88:
            return f"nullif({column}, '{self.rng.choice(_VALUES)}')"
        if choice < 0.95:
            return f"CASE WHEN {self.condition(depth - 1)} THEN {column} ELSE {other} END"
        return f"({self.alias}request_params ->> 'share')" if self.table != "usage" else f"lower({column})"

    def integer(self, depth: int = 1) -> str:
        choice = self.rng.random()
        columns = _INTEGERS[self.table]
        if not columns or choice < 0.1:
            return f"length({self.text(0)})"
        column = self.column(columns)
        if depth == 0 or choice < 0.55:
            return column
        if choice < 0.65:
            return f"coalesce({column}, {self.rng.choice(('0', '-1', '9223372036854775807'))})"
        if choice < 0.75:
            return f"({column}::bigint / {self.rng.choice(('7', '100', '1073741824'))})"
        if choice < 0.82:
            return f"({column}::bigint % {self.rng.choice(('2', '10', '1000'))})"
        if choice < 0.88:
            # what overflows is an error, but not where another condition comes first
            return f"({column}::bigint % 1000000 {self.rng.choice('+-*')} {self.rng.choice(('1', '3', '1000'))}::bigint)"
        if choice < 0.94:
            return f"{self.rng.choice(('greatest', 'least'))}({column}::bigint, {self.column(columns)}::bigint)"
        return f"CASE WHEN {self.condition(depth - 1)} THEN {column}::bigint ELSE 0::bigint END"

    def time(self) -> str:
        """A text that is a time, day or timestamp."""
        column = self.column(_TIMES[self.table])
        return self.rng.choice(
            (
                *(column, column, f"{self.alias}event_date", f"{column}::date", f"{column}::timestamp"),
                f"date_trunc('{self.rng.choice(_UNITS)}', {column})",
                f"date_trunc('{self.rng.choice(_UNITS)}', {column}::timestamp)",
                f"date_trunc('{self.rng.choice(_UNITS)}', {self.alias}event_date)",
                f"({column} AT TIME ZONE '{self.rng.choice(_ZONES)}')",
                f"({column} + interval '{self.rng.choice(('1 hour', '90 minutes', '1 day'))}')",
                f"({self.alias}event_date - {self.rng.randrange(40)})",
            )
        )

    def condition(self, depth: int = 2) -> str:
        rng = self.rng
        if depth > 0 and rng.random() < 0.45:
            joined = f" {rng.choice(('AND', 'OR'))} ".join(self.condition(depth - 1) for _ in range(rng.randrange(2, 4)))
            return f"({joined})" if rng.random() < 0.7 else f"NOT ({joined})"
        kind = rng.randrange(14)
        if kind < 2:
            return f"{self.text()} {rng.choice(('=', '<>'))} '{rng.choice(_VALUES)}'"
        if kind == 2:
            return f"{self.text()} {rng.choice(('LIKE', 'NOT LIKE'))} '{rng.choice(_PATTERNS)}'"
        if kind == 3:
            values = ", ".join(rng.choice((f"'{rng.choice(_VALUES)}'",) * 9 + ("NULL",)) for _ in range(rng.choice((2, 3, 25))))
            return f"{self.text()} {rng.choice(('IN', 'NOT IN'))} ({values})"
        if kind == 4:
            return f"{self.text()} COLLATE \"C\" {rng.choice(_COMPARISONS)} '{rng.choice(_VALUES)}'"
        if kind < 7:
            return f"{self.integer()} {rng.choice(_COMPARISONS)} {rng.choice(_NUMBERS)}"
        if kind == 7:
            values = ", ".join(rng.choice(_NUMBERS[:-2]) for _ in range(rng.choice((2, 3, 25))))
            return f"{self.integer()} {rng.choice(('IN', 'NOT IN'))} ({values})"
        if kind < 10:
            return f"{self.time()} {rng.choice(_COMPARISONS)} '{rng.choice(_MOMENTS)}'::{rng.choice(('timestamptz', 'date', 'timestamp'))}"
        if kind == 10:
            return f"extract({rng.choice(_FIELDS)} FROM {self.column(_TIMES[self.table])}) {rng.choice(_COMPARISONS)} {rng.randrange(40)}"
        if kind == 11:
            return f"{rng.choice((self.text, self.integer, self.time))()} IS {rng.choice(('', 'NOT '))}NULL"
        if kind == 12:
            return f"{self.text()} IS {rng.choice(('', 'NOT '))}DISTINCT FROM {rng.choice((self.text(0), 'NULL', chr(39) + 'acme' + chr(39)))}"
        return f"({self.integer()} > {rng.choice(_NUMBERS)}) IS {rng.choice(('', 'NOT '))}{rng.choice(('TRUE', 'FALSE', 'UNKNOWN'))}"

    def key(self) -> str:
        """What may be grouped by."""
        return self.rng.choice(
            (
                self.text,
                self.text,
                self.time,
                self.integer,
                lambda: f"extract({self.rng.choice(_FIELDS)} FROM {self.column(_TIMES[self.table])})",
                lambda: f"({self.condition(0)})",
            )
        )()

    def aggregate(self) -> str:
        rng = self.rng
        number = self.column(_INTEGERS[self.table]) if _INTEGERS[self.table] else f"length({self.text(0)})"
        call = rng.choice(
            (
                *("count(*)", "count(*)", f"count({self.text(0)})", f"count(DISTINCT {self.text(0)})", f"sum({number})"),
                *(f"avg({number})", f"min({number})", f"max({self.column(_TIMES[self.table])})", f"min({self.time()})"),
                *(f"stddev({number} % 1000003)", f"var_pop({number} % 1009)", f"sum(DISTINCT {number})", f"bool_or({self.condition(0)})"),
                *(f"max({self.text(0)} COLLATE \"C\")", f"bool_and({self.condition(0)})", f"sum({self.integer()})"),
            )
        )
        return f"{call} FILTER (WHERE {self.condition(1)})" if rng.random() < 0.2 else call


def _grouped(rng: random.Random) -> tuple[str, bool]:
    maker = _Maker(rng, rng.choice(_TABLES))
    keys = [maker.key() for _ in range(rng.randrange(0, 3))]
    values = [maker.aggregate() for _ in range(rng.randrange(1, 4))]
    sql = f"SELECT {', '.join(keys + values)} FROM {maker.table}"
    if rng.random() < 0.7:
        sql += f" WHERE {maker.condition()}"
    if keys:
        sql += f" GROUP BY {', '.join(str(number + 1) for number in range(len(keys)))}"
    if rng.random() < 0.35:
        sql += f" HAVING {maker.aggregate().replace('bool_', 'count(*) > 0 OR bool_')} IS NOT NULL AND count(*) {rng.choice(_COMPARISONS)} {rng.randrange(6)}"
    return sql, False


def _ordered(rng: random.Random) -> tuple[str, bool]:
    maker = _Maker(rng, rng.choice(_TABLES))
    shown = [
        rng.choice((maker.time, maker.integer, lambda: f"{maker.text()} COLLATE \"C\""))() for _ in range(rng.randrange(1, 3))
    ]
    sql = f"SELECT {rng.choice(('', '', 'DISTINCT '))}{', '.join(shown)} FROM {maker.table}"
    if rng.random() < 0.7:
        sql += f" WHERE {maker.condition()}"
    order = [
        f"{number + 1} {rng.choice(('', 'ASC', 'DESC'))} {rng.choice(('', 'NULLS FIRST', 'NULLS LAST'))}" for number in range(len(shown))
    ]
    sql += f" ORDER BY {', '.join(order)}"
    if rng.random() < 0.7:
        sql += f" LIMIT {rng.choice((1, 10, 100))}"
    if rng.random() < 0.3:
        sql += f" OFFSET {rng.choice((0, 1, 20))}"
    return sql, True


def _plain(rng: random.Random) -> tuple[str, bool]:
    maker = _Maker(rng, rng.choice(_TABLES))
    shown = rng.choice(("*", f"{maker.text()}, {maker.integer()}", maker.time(), "event_date"))
    return f"SELECT {shown} FROM {maker.table} WHERE {maker.condition(3)}", False


def _joined(rng: random.Random) -> tuple[str, bool]:
    one, other = (_Maker(rng, rng.choice(("audit_events", "usage")), f"{alias}.") for alias in "ab")
    kind = rng.choice(("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"))
    on = "a.request_id = b.request_id"
    if rng.random() < 0.5 and kind != "FULL JOIN":
        on += f" AND {rng.choice((one, other)).condition(1)}"
    keys = rng.choice((one, other)).key()
    sql = f"FROM {one.table} a {kind} {other.table} b ON {on} WHERE {rng.choice((one, other)).condition(1)}"
    if rng.random() < 0.5:
        return f"SELECT {keys}, {one.aggregate()}, {other.aggregate()} {sql} GROUP BY 1", False
    return f"SELECT {one.text()}, {other.integer()}, {keys} {sql}", False


def random_cases(seed: int, count: int) -> Iterator[Case]:
    """The same ones for the same seed. What fails has to fail on both sides."""
    rng = random.Random(seed)
    for number in range(count):
        make = rng.choices((_plain, _grouped, _ordered, _joined), (4, 5, 3, 2))[0]
        sql, ordered = make(rng)
        yield Case(
            theme="random", name=f"random:{seed}:{number}", sql=sql, zone=rng.choice(_ZONES), ordered=ordered, may_fail=True
        )
