"""Causes as reports show them: which first, whom they struck, and with which of their findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from checker.finding_reports import CauseReport, FindingReport

FINDINGS_SHOWN = 5


@dataclass(frozen=True)
class ShownCause:
    """A cause with its worst findings; ``more`` findings of it are left out."""

    cause: CauseReport
    findings: list[FindingReport]
    more: int


def varied(causes: Sequence[CauseReport]) -> list[CauseReport]:
    """Returns the worst cause of each kind first: a rare kind must not drown in a frequent one."""
    first = {cause.kind: cause for cause in reversed(causes)}
    heads = [cause for cause in causes if first[cause.kind] is cause]
    return heads + [cause for cause in causes if first[cause.kind] is not cause]


def struck(cause: CauseReport) -> str:
    """Returns whom a cause struck if that is more than its example shows: ``in 1,200 pairs of 100 tenants``."""
    if cause.pairs > 1:
        return f"in {cause.pairs:,} pairs of {cause.tenants:,} tenants"
    return f"at {cause.tenants:,} tenants" if cause.findings > 1 and cause.tenants > 1 else ""


def shown(
    causes: Sequence[CauseReport], findings: Sequence[FindingReport], severity: str, limit: int
) -> list[ShownCause]:
    """Returns the first causes of a severity, each with its worst findings.

    Args:
        causes: the worst first.
        findings: those listed in the result, the worst first.
        severity: leak or suspicion.
        limit: how many causes to show at most.
    """
    by_cause: dict[str, list[FindingReport]] = defaultdict(list)
    for finding in findings:
        by_cause[finding.cause].append(finding)
    chosen = [cause for cause in causes if cause.severity == severity][:limit]
    kept = [(cause, by_cause[cause.fingerprint][:FINDINGS_SHOWN]) for cause in chosen]
    return [ShownCause(cause, own, max(0, cause.findings - len(own))) for cause, own in kept]
