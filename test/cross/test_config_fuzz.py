"""Configurations that nobody wrote: what is valid says what it should, what is not is an error and no more."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from psql import Session, SqlError, literal

SECONDS = 5
TEXTS = (
    "", " ", "~", "null", "Null", "no", "true", "on", "1e3", "0x1F", "017", "2024-01-01", "12:30:45", "=", "<<", "-",
    "- a", "a: b", "a # b", "#", "*a", "&a", "!a", "!!str a", "%a", "@a", "`a", "|", ">", "'", '"', "''", "\\",
    "\\n", "{}", "[]", "?", "? a", ":", ": a", "...", "---", "\t", "\n", "\r\n", "a\nb", "a\n\n b\n", " a ",
    "trailing ", "\ttab", "\x07\x1b\x7f", "\x85\xa0", "\u2028\u2029", "\ufeff", "\ufffe\uffff", "é", "日本", "🐘",
    "\U0010fffd", "x" * 300, "long words " * 30, "\\ud83d\\ude00", '"', "it's",
)  # fmt: skip
FRAGMENTS = (
    "shares:", "recipients:", "grants:", "- ", "name: ", "tables:", "{", "}", "[", "]", ", ", ": ", "\n", "\n  ",
    "\t", "&a ", "*a", "!!x ", "<<: ", "? ", "| ", ">-\n", '"', "'", "\\", "\\u00", "\\U0001F600", "---\n", "...\n",
    "%YAML 1.1\n", "#", "~", "null", "true", "\ufeff", "\u2028", "\x85", "\r", "\x7f", "é", "🐘", "0", "9" * 30,
    "x" * 1100, "[" * 40, "{a: " * 20, "- " * 30,
)  # fmt: skip

Config = dict[str, Any]


def text(rng: random.Random) -> str:
    """Some odd text."""
    return "".join(rng.choices(TEXTS, k=rng.choice((1, 1, 1, 2, 3))))


def name(rng: random.Random, number: int) -> str:
    """A name that is possible, and no other's."""
    possible = [c for c in text(rng).lower() if c > " " and c not in "./\x7f" and c == c.lower()]
    return "".join(possible)[:200] + f"_{number}"


def configuration(rng: random.Random) -> Config:
    """A valid one."""
    shares = [name(rng, number) for number in range(rng.randrange(4))]
    recipients = [name(rng, number) for number in range(rng.randrange(4))]
    return {
        "shares": [
            {
                "name": share,
                "comment": text(rng) + "c",
                "tables": [table(rng, number) for number in range(rng.randrange(4))],
            }
            for share in shares
        ],
        "recipients": [
            {
                "name": recipient,
                "comment": text(rng) + "c",
                "properties": {text(rng) + str(number): text(rng) for number in range(rng.randrange(4))},
                "ip_access_list": ["10.0.0.0/8", "2001:db8::/32"],
            }
            for recipient in recipients
        ],
        "grants": [
            {"share": share, "recipient": recipient, "permissions": ["SELECT"]}
            for share in shares
            for recipient in recipients
        ],
    }


def table(rng: random.Random, number: int) -> Config:
    """An object of a share."""
    given: Config = {"name": f"a.b.t{number}"}
    if rng.random() < 0.5:
        given["history"] = rng.random() < 0.5
    if rng.random() < 0.5:
        given["start_version"] = rng.choice((0, 2**53 + 1, 2**63 - 1))
    if rng.random() < 0.5:
        given["partitions"] = [{"values": [{"name": text(rng) + "p", "value": text(rng)}]}]
    return given


def read_again(parsed: Any) -> Any:
    """What parse_config() returned, in the words of the configuration."""
    words = {
        "share_name": "share",
        "recipient_name": "recipient",
        "history_data_sharing_status": "history",
    }
    if isinstance(parsed, list):
        return [read_again(item) for item in parsed]
    if not isinstance(parsed, dict):
        return parsed
    return {
        words.get(key, key): value == "ENABLED" if key == "history_data_sharing_status" else read_again(value)
        for key, value in parsed.items()
        if key not in ("line", "column", "problems", "problem_count")
    }


def parse(sql: Session, config: str) -> Any:
    """The jsonb of a configuration."""
    given = literal(config)
    parsed = sql.value(f"SELECT deltashare.parse_config({given}, deltashare.config_is_json({given}))")
    assert parsed["problem_count"] == 0, (config, parsed["problems"])
    return parsed


@pytest.mark.parametrize("seed", range(40))
def test_valid_json_says_what_it_says(sql: Session, seed: int) -> None:
    """However it is laid out; and the YAML that is made of it says the same."""
    rng = random.Random(seed)
    wanted = configuration(rng)
    separators = rng.choice(((",", ":"), (", ", ": "), (" ,\t", "\t: "), ("\r\n,", "\n:\r\n")))
    config = json.dumps(
        wanted, ensure_ascii=rng.random() < 0.5, indent=rng.choice((None, 1, "\t")), separators=separators
    )
    parsed = parse(sql, rng.choice(("", "\ufeff", "\n", " \t\n")) + config)
    assert read_again(parsed) == wanted
    # an empty map and an absent one are written alike by nobody else, so they are compared as they were read
    written = sql.value(f"SELECT deltashare.config_text({literal(json.dumps(parsed))}::jsonb)")
    assert read_again(parse(sql, written)) == wanted


def mutate(rng: random.Random, config: str) -> str:
    """A text in which something was cut, doubled, moved or put in."""
    for _ in range(rng.randrange(1, 8)):
        start = rng.randrange(len(config) + 1)
        end = min(len(config), start + rng.choice((0, 1, 1, 2, 5, 20, 200)))
        put = rng.choice((rng.choice(FRAGMENTS), rng.choice(TEXTS), "", config[start:end] * 2))
        config = config[:start] + put + config[end:]
    return config.replace("\x00", "")


def test_what_is_not_valid_is_an_error(sql: Session) -> None:
    """No crash, no hang, no other error, whatever becomes of a configuration."""
    sql.run(
        """CREATE FUNCTION outcome(config text) RETURNS text LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM deltashare.declared_config(config, true);
            RETURN '00000';
        EXCEPTION WHEN OTHERS THEN
            RETURN CASE WHEN SQLERRM LIKE 'configuration %' THEN SQLSTATE ELSE SQLSTATE || ' ' || SQLERRM END;
        END $$"""
    )
    rng = random.Random(time.time_ns())
    seen: set[str] = set()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        valid = configuration(rng)
        base = json.dumps(valid, ensure_ascii=False, indent=rng.choice((None, 2)))
        if rng.random() < 0.7:
            base = sql.value(
                f"SELECT deltashare.config_text(deltashare.parse_config({literal(base)}, true))"
            )
        texts = [mutate(rng, base) for _ in range(20)]
        outcomes = sql.values(f"SELECT outcome(config) FROM unnest({literal(texts)}) config")
        for config, outcome in zip(texts, outcomes, strict=True):
            assert outcome in ("00000", "22023", "42601", "54000"), (outcome, config)
            seen.add(outcome)
    sql.run("DROP FUNCTION outcome(text)")
    assert seen >= {"00000", "22023", "42601"}


def resident_kb(pid: int) -> int:
    """Memory of a process."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found.group(1))


def test_errors_leave_no_memory_behind(sql: Session) -> None:
    """However reading or writing ends, what libyaml holds goes: a megabyte of it would show."""
    long = "k" * 1_000_000
    wrong = [
        f"shares: [{{name: x, comment: {long}",
        f'shares: [{{name: x, comment: "{long}\\q"}}]',
        f"shares: [{{name: x, comment: {long}}}]\n---\n",
        f"shares: [{{name: x, comment: {long}}}, {'[' * 20}",
        f"shares: [{{name: x, comment: {long}\x01}}]",
        f"shares: [{{name: x, comment: {long}}}, &a x, *a, !b y]",
    ]

    def fail() -> None:
        for config in wrong:
            assert sql.error(f"SELECT deltashare.declared_config({literal(config)}, true)").sqlstate in (
                "22023",
                "42601",
                "54000",
            )
        sql.error(f"SELECT deltashare.config_text('{{\"shares\": [{{\"name\": \"{long}\"}}, {{\"name\": {{}}}}]}}')")

    pid = sql.value("SELECT pg_backend_pid()")
    for _ in range(3):
        fail()
    before = resident_kb(pid)
    for _ in range(10):
        fail()
    assert resident_kb(pid) - before < 8_000


def test_a_long_plan_is_cancelled_at_once(sql: Session, new_session: Callable[[], Session]) -> None:
    """Wherever it is."""
    other = new_session()
    pid = sql.value("SELECT pg_backend_pid()")
    tables = "".join(f"  - a.b.t{number}\n" for number in range(100_000))
    config = literal(f"shares:\n- name: x\n  tables:\n{tables}")
    statement = f"SELECT count(*) FROM deltashare.plan_config({config})"
    for delay in (0.02, 0.1, 0.3, 0.7, 1.2):
        sql.start(statement)
        time.sleep(delay)
        asked = time.monotonic()
        other.run(f"SELECT pg_cancel_backend({pid})")
        try:
            sql.finish()
        except SqlError as error:
            assert error.sqlstate == "57014"
        assert time.monotonic() - asked < 1  # 0.1, on a machine that does nothing else


def test_another_encoding(sql: Session) -> None:
    """In a database of another encoding a text is the same, and a character that it lacks is told with its place."""
    with closing(Session("postgres")) as administrator:
        administrator.run("CREATE DATABASE narrow TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
        try:
            with closing(Session("narrow")) as narrow:
                narrow.run("CREATE EXTENSION deltashare_fdw; CREATE SERVER here FOREIGN DATA WRAPPER deltashare_fdw")
                for config in (
                    'shares: [{name: größe, comment: "é \\u00e9 \\N"}]',
                    '{"shares": [{"name": "größe", "comment": "é \\u00e9 \\u0085"}]}',
                ):
                    (row,) = narrow.call("plan_config", config)
                    assert (row["share_name"], row["new"]) == ("größe", {"comment": "é é \x85"})
                narrow.call("apply_config", config)
                assert narrow.call("plan_config", narrow.value("SELECT deltashare.export_config()"), prune=True) == []
                error = narrow.error("SELECT deltashare.plan_config('shares: [{name: x, comment: \"\\u4e2d\"}]')")
                assert error.sqlstate == "22P05" and "configuration, line 1, column 29" in error.text, error
        finally:
            administrator.run("DROP DATABASE narrow WITH (FORCE)")
