"""Queries to compare: files of queries/, one theme each.

A query ends with a line that ends in `;`. What is special about it is said before, on lines of their own:

    --@ zones Europe/Berlin UTC       once in each of these session time zones
    --@ ordered                       the order of the rows counts: ORDER BY leaves no choice
    --@ push whole                    (or part, none) how much the plan must have the warehouse do
    --@ error 22                      must fail on both sides, the SQLSTATE beginning so
    --@ prepare text, bigint          a prepared statement with parameters of these types,
    --@ with 'a', 1                   executed with these (any number of lines), by a custom and by a generic plan
    --@ set enable_hashjoin = off     a setting (any number of lines)

`--@@` in the place of `--@` is for the rest of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_FOLDER = Path(__file__).parent / "queries"
DEFAULT_ZONE = "Europe/Berlin"


@dataclass(frozen=True)
class Case:
    """One execution of one query."""

    theme: str
    name: str
    sql: str
    zone: str = DEFAULT_ZONE
    ordered: bool = False
    push: str | None = None
    error: str | None = None
    types: str | None = None
    arguments: str | None = None
    mode: str = "auto"
    settings: tuple[str, ...] = ()
    may_fail: bool = False


@dataclass
class _About:
    """What has been said about the next query."""

    words: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)

    def say(self, line: str) -> None:
        key, _, value = line.partition(" ")
        if key in ("with", "set"):
            self.lists.setdefault(key, []).append(value)
        elif key in ("zones", "ordered", "push", "error", "prepare"):
            self.words[key] = value
        else:
            raise ValueError(f"unknown directive: {line}")


def written_cases() -> Iterator[Case]:
    """All cases of the folder."""
    for path in sorted(_FOLDER.glob("*.sql")):
        yield from _cases_of(path)


def _cases_of(path: Path) -> Iterator[Case]:
    always, about = _About(), _About()
    lines: list[str] = []
    start = 0
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if line.startswith("--@@ "):
            always.say(line[5:])
        elif line.startswith("--@ "):
            about.say(line[4:])
        elif lines or (line.strip() and not line.startswith("--")):
            start = start or number
            lines.append(line)
            if line.endswith(";"):
                yield from _variants(path.stem, start, "\n".join(lines)[:-1], always, about)
                lines, about, start = [], _About(), 0
    if lines:
        raise ValueError(f"{path}: the last query does not end")


def _variants(theme: str, line: int, sql: str, always: _About, about: _About) -> Iterator[Case]:
    words = always.words | about.words
    settings = tuple(always.lists.get("set", []) + about.lists.get("set", []))
    zones = words.get("zones", DEFAULT_ZONE).split()
    common = {
        "theme": theme,
        "sql": sql,
        "ordered": "ordered" in words,
        "push": words.get("push"),
        "error": words.get("error"),
        "settings": settings,
    }
    for zone in zones:
        suffix = f" {zone}" if len(zones) > 1 else ""
        if "prepare" not in words:
            yield Case(name=f"{theme}:{line}{suffix}", zone=zone, **common)  # type: ignore[arg-type]
            continue
        for count, arguments in enumerate(about.lists["with"], 1):
            for mode in ("force_custom_plan", "force_generic_plan"):
                yield Case(
                    name=f"{theme}:{line}{suffix} {mode[6:]} {count}",
                    zone=zone,
                    types=words["prepare"],
                    arguments=arguments,
                    mode=mode,
                    **common,  # type: ignore[arg-type]
                )
