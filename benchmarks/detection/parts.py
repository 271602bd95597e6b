"""Which part of the oracle made a finding.

The parts are independent of one another: each looks at a frame, a reply, an attempt or a store by itself, and what one
finds does not depend on another. So what a run would have found with one part switched off is what the others found.
One exception is left out of the count: at a door that answers everybody, an attempt counts as granted because other
parts saw the other tenant's marks in the answer.
"""

from __future__ import annotations

import enum
import functools
import tomllib
from collections.abc import Iterable, Mapping

from checker.finding_reports import FindingReport
from config.load import DEFAULT_PROFILE
from config.profile import ATTEMPT

ENCODING_SIGN = "›"
LEARNT = "learnt id"


class Part(enum.StrEnum):
    """The parts of the oracle, by where they look."""

    MESSAGE_IDS = "message ids in frames"
    TENANT_NAMES = "tenant names in frames"
    CANARIES = "canaries in frames"
    BUDGET_BANDS = "budget bands in frames"
    LEARNT_IDS = "ids the service hands out"
    REPLY_ACCOUNTS = "accounts in replies"
    REFUSALS = "refusals, too early or missing"
    ATTEMPTS = "access attempts"
    REDIS_MARKS = "marks in Redis"
    POSTGRES_MARKS = "marks in Postgres"
    ENCODINGS = "encodings seen through"
    STORE_BANDS = "budget bands in stores"
    STORE_ACCOUNTS = "accounts in stores"
    REMOVED = "what outlives its tenant"


_IN_FRAMES: Mapping[str, Part] = {
    "misrouted-reply": Part.MESSAGE_IDS,
    "wrong-identity": Part.TENANT_NAMES,
    "foreign-content": Part.CANARIES,
    "foreign-budget": Part.BUDGET_BANDS,
    "shared-id": Part.LEARNT_IDS,
    "account-mismatch": Part.REPLY_ACCOUNTS,
    "refused-too-early": Part.REFUSALS,
    "not-refused": Part.REFUSALS,
    "access-granted": Part.ATTEMPTS,
}
_MARKS = {"redis": Part.REDIS_MARKS, "postgres": Part.POSTGRES_MARKS}


def part_of(finding: FindingReport) -> Part:
    """Returns the part that made the finding.

    Raises:
        ValueError: its kind belongs to no part known here.
    """
    place = next(iter(finding.places), "")
    store = place.split(" ", 1)[0]
    if finding.kind == "survived-delete":
        return Part.REMOVED
    if ENCODING_SIGN in finding.excerpt + finding.detail + place and finding.kind != "access-granted":
        return Part.ENCODINGS
    if store in _MARKS and LEARNT in finding.detail:
        return Part.LEARNT_IDS
    if store in _MARKS and finding.kind == "account-mismatch":
        return Part.STORE_ACCOUNTS
    if store in _MARKS and finding.kind == "foreign-budget":
        return Part.STORE_BANDS
    if store in _MARKS and finding.kind == "misfiled-data":
        return _MARKS[store]
    if finding.kind in _IN_FRAMES:
        return _IN_FRAMES[finding.kind]
    raise ValueError(f"no part of the oracle is known to find {finding.kind} at {place!r}; add it to {__name__}")


def seen_by(findings: Iterable[FindingReport]) -> dict[Part, int]:
    """Returns how many leaks each part found by itself; suspicions decide nothing and are left out."""
    counts: dict[Part, int] = {}
    for finding in findings:
        if finding.severity == "leak" and finding.group not in _doors_open_to_all():
            part = part_of(finding)
            counts[part] = counts.get(part, 0) + 1
    return counts


@functools.cache
def _doors_open_to_all() -> frozenset[str]:
    profile = tomllib.loads(DEFAULT_PROFILE.read_text(encoding="utf-8"))
    doors = profile["attempts"]["doors"].items()
    return frozenset(ATTEMPT + name for name, door in doors if door.get("granted_by") == "victims_marks")


def necessary(matrix: Mapping[str, Iterable[Part]]) -> dict[Part, list[str]]:
    """Returns for each part the defects that it alone sees.

    Args:
        matrix: the parts that saw each defect.
    """
    alone: dict[Part, list[str]] = {part: [] for part in Part}
    for defect, parts in matrix.items():
        seen = set(parts)
        if len(seen) == 1:
            alone[seen.pop()].append(defect)
    return alone
