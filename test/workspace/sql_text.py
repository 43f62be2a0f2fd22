"""What has to be known of a statement's text without understanding it: parameter markers, names of system tables, and
whether it may create a view."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What no marker and no name can stand in: comments, texts, and then names in backticks.
_OPAQUE = r"--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_BACKTICKED = r"`(?:[^`]|``)*`"
_MARKER = re.compile(rf"(?:{_OPAQUE}|{_BACKTICKED}|::)|(?<![\w\])]):(?P<name>[A-Za-z_]\w*)", re.DOTALL)
_PART = r"(?:`(?:[^`]|``)*`|\w+)"
_SYSTEM_TABLE = re.compile(
    rf"(?P<opaque>{_OPAQUE})"
    rf"|(?<![\w`.])(?P<name>(?:`system`|system)\s*\.\s*(?P<schema>{_PART})\s*\.\s*(?P<table>{_PART}))"
    rf"|{_BACKTICKED}",
    re.DOTALL | re.IGNORECASE,
)


def parameter_markers(text: str) -> set[str]:
    """The names that stand as `:name` in a statement, outside of texts, comments and quoted names."""
    return {found["name"] for found in _MARKER.finditer(text) if found["name"]}


def creates_view(text: str) -> bool:
    """Whether a statement may be a CREATE VIEW; only a parser knows."""
    lower = text.lower()
    return "create" in lower and "view" in lower


def _plain(part: str) -> str:
    return part.strip("`").lower()


def _system_names(text: str) -> Iterator[re.Match[str]]:
    return (found for found in _SYSTEM_TABLE.finditer(text) if found["name"])


def system_tables(text: str) -> set[tuple[str, str]]:
    """The (schema, table) of every name in catalog `system`, in lower case."""
    return {(_plain(found["schema"]), _plain(found["table"])) for found in _system_names(text)}


def view_name(schema: str, table: str) -> str:
    """The temporary view that stands for a table of catalog `system`."""
    return f"system_{schema}_{table}"


def with_views(text: str) -> str:
    """The text with each name in catalog `system` replaced by its view, of the same length: positions stay."""

    def replace(found: re.Match[str]) -> str:
        if not found["name"]:
            return found[0]
        return view_name(_plain(found["schema"]), _plain(found["table"])).ljust(len(found[0]))

    return _SYSTEM_TABLE.sub(replace, text)


def with_tables(message: str, text: str) -> str:
    """An error message about `with_views(text)`, with the names that `text` has."""
    for schema, table in system_tables(text):
        view = view_name(schema, table)
        message = message.replace(f"`{view}`", f"`system`.`{schema}`.`{table}`")
        message = re.sub(rf"(?<![\w`]){re.escape(view)}(?!\w)", f"system.{schema}.{table}", message)
    return message
