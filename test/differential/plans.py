"""What EXPLAIN tells: how much of a query the warehouse does, and whether a statement holds what a user wrote."""

from __future__ import annotations

import re
from typing import Any

_BEYOND = re.compile(r"\) AS r\d+\s*\S(?!.*\) AS r\d+)", re.DOTALL)  # something after the last table
_TEXT = re.compile(r"[eE]?'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w.:])\d{4,}(?![\w.:])")


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan's node and all below it."""
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]


def statements(plan: dict[str, Any]) -> list[str]:
    """The texts of all statements in a plan."""
    return [node["Remote SQL"] for node in nodes(plan) if "Remote SQL" in node]


def pushed(plan: dict[str, Any]) -> str:
    """whole, part or none."""
    if "Remote SQL" in plan and "Filter" not in plan:
        return "whole"
    return "part" if any(_BEYOND.search(text) for text in statements(plan)) else "none"


def leaks(sql: str, texts: list[str], known: str) -> list[str]:
    """Literals of a query that its statements hold, and that are not in what every statement holds."""
    everything = "\n".join(texts)
    found = [text for text in _TEXT.findall(sql) if len(text) > 1 and f"'{text}'" in everything and f"'{text}'" not in known]
    return found + [text for text in _NUMBER.findall(sql) if re.search(rf"(?<!\d){text}(?!\d)", everything) and text not in known]
