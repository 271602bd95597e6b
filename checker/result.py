"""The one result of a run, from which every report is made. Its JSON Schema: ``docs/verdict.schema.json``."""

from __future__ import annotations

import enum
from typing import Literal

from pydantic import Field

from checker.figure_reports import (
    AccountReport,
    AttemptReport,
    CoverageReport,
    LatencyReport,
    NodeReport,
    OperationReport,
    Totals,
)
from checker.finding_reports import CauseReport, FindingReport, PairReport, SuspicionReport
from checker.judgement_reports import Bound, Confidence, TestReport, ThresholdReport
from checker.reported import Part


class Verdict(enum.StrEnum):
    """LEAKING beats INCONCLUSIVE beats ISOLATED."""

    ISOLATED = "ISOLATED"
    LEAKING = "LEAKING"
    INCONCLUSIVE = "INCONCLUSIVE"


class Result(Part):
    """Everything a report can say."""

    format: Literal[1] = 1
    run_id: str
    target: str
    profile_path: str
    verdict: Verdict
    exit_code: Literal[0, 1, 3]
    headline: str = Field(description="One sentence for the first line of every report.")
    reasons: list[str] = Field(
        description="Why the verdict is not ISOLATED, or limits were crossed: the weightiest first."
    )
    believe: list[str] = Field(description="Why the verdict can be believed: what was looked at, with figures.")
    not_covered: list[str] = Field(
        default_factory=list, description="What the verdict does not speak of, by the profile's word, and why."
    )
    started_at_s: float
    ended_at_s: float | None
    topology: str
    totals: Totals
    notes: list[str] = Field(description="What is worth knowing and did not decide the verdict.")
    stopped_by: str
    causes: list[CauseReport] = Field(
        default_factory=list, description="The findings by what most likely caused them, the worst first; at most 200."
    )
    pairs: list[PairReport] = Field(
        default_factory=list, description="Who leaked to whom, the most frequent first; at most 1,000."
    )
    pairs_total: int = Field(0, description="All pairs, those left out of the list included.")
    findings: list[FindingReport] = Field(
        description="The worst and most frequent first, some of every cause; at most 500 of them."
    )
    findings_total: int = Field(description="All findings, those left out of the list included.")
    suspicions_total: int = Field(0, description="Findings that are suspicions: shown apart, they decide nothing.")
    suspicions: list[SuspicionReport] = Field(
        default_factory=list, description="Side channels: shown apart, they decide nothing."
    )
    sightings_total: int = Field(description="How often anything was seen that belongs to another tenant.")
    latencies: list[LatencyReport]
    operations: list[OperationReport]
    accounts: list[AccountReport]
    accounts_settled: int
    accounts_unsettled: int
    coverage: list[CoverageReport]
    thresholds: list[ThresholdReport]
    tests: list[TestReport]
    attempts: list[AttemptReport]
    nodes: list[NodeReport]
    bounds: list[Bound] = Field(description="The one that proves least first.")
    confidence: Confidence
    exposures: dict[str, int]
    checker_seconds: float = 0.0
