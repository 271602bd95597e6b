"""Requests of a run counted once more, from the raw lines of evidence and from nobody's own sums."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SIGNS_OF_LIFE = ("ping", "resume")  # their answers say nothing of anybody


@dataclass(frozen=True)
class Counts:
    """How many requests were sent, and how they ended."""

    sent: int
    answered: int
    refused: int
    unknown: int

    @property
    def adds_up(self) -> bool:
        return self.sent == self.answered + self.refused + self.unknown


def rows(folder: Path, kind: str | None = None) -> list[dict[str, Any]]:
    """Every row of evidence, or those of one kind. The line being written while we look is left out."""
    found = []
    for path in sorted((folder / "evidence").glob("*.jsonl")):
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                row = json.loads(line)
                if kind is None or row["row"] == kind:
                    found.append(row)
    return found


def by_request(folder: Path) -> Counts:
    """From one row a request. An answer that comes late has a row of its own, and its request was counted before."""
    ended = Counter(row["outcome"] for row in rows(folder, "request") if not row["late_answer"])
    return Counts(ended.total(), ended["answered"], ended["refused"], ended["unknown"])


def everybody_is_told(folder: Path, users: int) -> bool:
    """Whether all tenants of so many users had replies that tell of somebody, and half as many had conversations.

    A user may play two tenants, and one that leaves is followed by another.
    """
    started = {row["tenant"] for row in rows(folder, "tenant_started")}
    answered = [row for row in rows(folder, "request") if row["outcome"] == "answered"]
    told = {row["tenant"] for row in answered if row["operation"] not in SIGNS_OF_LIFE}
    conversed = {row["tenant"] for row in answered if row["operation"] == "chat"}
    return len(started) >= users and started <= told and len(conversed) >= users / 2


def enough_for_a_verdict(folder: Path, users: int) -> bool:
    """Whether a run of so many users has seen what a clean verdict takes: replies and conversations, a routing check,
    and a door or token found shut.
    """
    found = rows(folder)
    return (
        everybody_is_told(folder, users)
        and any(
            (row["operation"], row["outcome"]) == ("routing", "answered") for row in found if row["row"] == "request"
        )
        and any(row["row"] == "attempt" and row["outcome"] == "refused" for row in found)
    )


def by_ledger(folder: Path) -> Counts:
    """From the closed ledgers of the tenants."""
    return _added(rows(folder, "ledger"), "unknown_requests")


def by_node(folder: Path) -> Counts:
    """From the last row of each node."""
    return _added(rows(folder, "node_end"), "unknown")


def by_locust(statistics: Path) -> int:
    """From the file that ``locust --json-file`` wrote: how many requests ended, whatever the end."""
    return sum(entry["num_requests"] for entry in json.loads(statistics.read_bytes()) if entry["method"] == "reply")


def _added(ends: list[dict[str, Any]], unknown: str) -> Counts:
    names = ("sent", "answered", "refused", unknown)
    return Counts(*(sum(end[name] for end in ends) for name in names))
