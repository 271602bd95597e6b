"""What the five tests are judged from, and how a line of theirs is written."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from checker.accounts import Settlement
from checker.figure_reports import CoverageReport, Totals
from checker.judgement_reports import Judgement, TestLine, ThresholdReport
from checker.summary import Summary
from checker.thresholds import TITLES
from config.profile import Profile
from evidence.findings import Finding, FindingKind

PASSED, CROSSED, INCONCLUSIVE, NOT_TESTED = (
    Judgement.PASSED,
    Judgement.CROSSED,
    Judgement.INCONCLUSIVE,
    Judgement.NOT_TESTED,
)


@dataclass(frozen=True)
class Facts:
    """What the five tests are judged from."""

    summary: Summary
    profile: Profile
    totals: Totals
    leaks: list[Finding]
    coverage: list[CoverageReport]
    settlement: Settlement
    thresholds: list[ThresholdReport]
    removed: Collection[int] = ()  # tenants of whom nothing could be left when the stores were read

    def leaks_of(self, *kinds: FindingKind) -> list[Finding]:
        """Returns the leaks of these kinds."""
        return [leak for leak in self.leaks if leak.kind in kinds]


def line(name: str, text: str, judgement: Judgement) -> TestLine:
    """Returns one line of a test."""
    return TestLine(name=name, judgement=judgement, text=text)


def threshold_line(facts: Facts, name: str) -> TestLine:
    """Returns how the run stood to one limit of the profile."""
    for threshold in facts.thresholds:
        if threshold.name == name:
            text = f"{threshold.measured_text} ({threshold.limit_text})"
            return line(threshold.title, text + (f": {threshold.why}" if threshold.why else ""), threshold.judgement)
    return line(TITLES[name], "the profile sets no limit", NOT_TESTED)
