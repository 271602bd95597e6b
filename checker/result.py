"""The one result of a run, from which every report is made. Its JSON Schema: ``docs/verdict.schema.json``."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Verdict(enum.StrEnum):
    """LEAKING beats INCONCLUSIVE beats ISOLATED."""

    ISOLATED = "ISOLATED"
    LEAKING = "LEAKING"
    INCONCLUSIVE = "INCONCLUSIVE"


class Judgement(enum.StrEnum):
    """How a threshold, a test or a line of a test came out. ``NOT_TESTED`` says that nothing looks at it yet."""

    PASSED = "passed"
    NOT_TESTED = "not tested"
    INCONCLUSIVE = "inconclusive"
    CROSSED = "crossed"

    @classmethod
    def worst(cls, judgements: Iterable[Judgement]) -> Judgement:
        """Returns the one that decides: crossed, inconclusive, not tested, passed, in this order; none is no pass."""
        ranked = list(cls)
        return max(judgements, key=ranked.index, default=cls.INCONCLUSIVE)


class Part(BaseModel):
    """Base of every part of the result."""

    model_config = ConfigDict(extra="forbid")


class TenantName(Part):
    """A tenant as reports name it: its number, its id in the target, and its kind."""

    number: int
    name: str
    kind: str = ""


class FindingReport(Part):
    """One violation, grouped by cause. Times are Unix seconds; ``owner`` is whose data, ``recipient`` who got it."""

    kind: str
    meaning: str
    severity: Literal["leak", "suspicion"]
    owner: TenantName | None
    recipient: TenantName | None
    group: str
    places: list[str]
    count: int
    first_at_s: float
    last_at_s: float
    excerpt: str
    detail: str
    reproduce: str
    fingerprint: str
    cause: str = Field("", description="Fingerprint of the cause in ``causes`` that it belongs to.")
    doc: str = Field("", description="Page of the project that explains its kind.")


class CauseReport(Part):
    """All findings of one kind in one group of places, whoever they struck: most likely one defect."""

    kind: str
    meaning: str
    severity: Literal["leak", "suspicion"]
    group: str
    sightings: int
    findings: int
    pairs: int = Field(
        description="Pairs of tenants (whose data, who got it) that it struck; more than 100,000 are not told apart."
    )
    tenants: int = Field(description="Tenants that it touched on either side.")
    first_at_s: float
    last_at_s: float
    example: str = Field(description="Fingerprint of its worst finding; empty if that one is not listed.")
    likely_causes: list[str]
    look_first: list[str]
    doc: str
    fingerprint: str = Field(description="The same from run to run.")


class PairReport(Part):
    """Two tenants, and how often data of one was seen at the other."""

    owner: TenantName
    recipient: TenantName
    sightings: int


class LatencyReport(Part):
    """Latency of one kind of moment in milliseconds; ``what`` is connect, first, event, reply or intended."""

    what: str
    name: str
    count: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


class OperationReport(Part):
    """Requests of one operation by how they ended. ``expected_refusals`` are refusals that were due."""

    operation: str
    sent: int
    answered: int
    refused: int
    expected_refusals: int
    unknown: int
    said: int = Field(0, description="Messages to which nothing is ever answered: neither sent nor answered here.")
    showed_own: int | None = Field(None, description="Answers that had to show own marks and did; None: none had to.")
    reasons: dict[str, int] = Field(default_factory=dict, description="Why requests were refused or unknown.")


class AccountReport(Part):
    """One tenant's account settled in one place. ``found`` is None where no amount was found."""

    tenant: TenantName
    place: str
    starting: int
    charged: int
    unknown: int
    low: int
    high: int
    found: int | None
    settled: bool
    detail: str = ""


class CoverageReport(Part):
    """What was read of one store, and what could not be."""

    store: str = Field(description="Its name in the profile.")
    kind: Literal["redis", "postgres"]
    where: str = Field(description="Host, port and database, without credentials.")
    read: bool
    units: int = Field(0, description="Keys or rows read.")
    elements: int = Field(0, description="Elements or columns read.")
    bytes: int = 0
    containers: dict[str, int] = Field(default_factory=dict, description="Units by table or by key type.")
    own_marks_expected: int = 0
    own_marks_found: int = 0
    missing: str = Field("", description="One own mark that was expected and not found.")
    recall: float | None = None
    control_planted: bool = False
    control_caught: bool = False
    unattributed: int = Field(0, description="Units with no mark and no owner: counted, never called clean.")
    earlier_runs: int = Field(0, description="Marks of other runs met.")
    left_out: dict[str, int] = Field(
        default_factory=dict,
        description="Values or keys that were not read, by the profile's word: by column or pattern.",
    )
    unreadable: dict[str, int] = Field(
        default_factory=dict,
        description="Values in tenants' places that look encrypted, or packed in a form that is not known.",
    )
    skipped: list[str] = Field(default_factory=list, description="What could not be read, and why.")
    notes: list[str] = Field(default_factory=list, description="Worth knowing; takes nothing from the reading.")
    seconds: float = 0.0

    @property
    def unit(self) -> str:
        """What one unit of it is called."""
        return "row" if self.kind == "postgres" else "key"

    @property
    def title(self) -> str:
        """The same with where it lies, as headlines say it."""
        if self.store in ("redis", "postgres"):
            return f"{'Postgres' if self.kind == 'postgres' else 'Redis'} {self.unit}"
        return f"{self.store} {self.unit}"


class ThresholdReport(Part):
    """One limit of the profile and how the run stood to it."""

    name: str = Field(description="The profile's key.")
    title: str = Field(description="The same for people.")
    judgement: Judgement
    measured: float | None
    limit: float
    unit: str
    measured_text: str
    limit_text: str
    count: int = 0
    why: str = ""


class TestLine(Part):
    """One thing a test wants: its name, which stays the same from run to run, and how it came out, with figures."""

    name: str
    judgement: Judgement
    text: str


class TestReport(Part):
    """One of the five named tests, with a line for each thing it wants."""

    name: str
    judgement: Judgement
    lines: list[TestLine]


class AttemptReport(Part):
    """Attempts at one door of another tenant, or with one kind of bad token."""

    name: str
    does: str = Field(description="read, change, resume, subscribe, spend, connect, or return after the removal")
    refused: int
    granted: int
    unclear: int = Field(description="An error or no answer: no refusal.")
    not_tried: int = Field(description="The owner's own access did not succeed, so a refusal would prove nothing.")
    details: dict[str, int] = Field(default_factory=dict)


class SuspicionReport(Part):
    """A side channel that the run's figures point to. No proof: it changes neither the verdict nor the exit code."""

    kind: str
    meaning: str
    where: str = Field(description="Doors, ids or tenants that it concerns.")
    text: str = Field(description="What was seen, with figures.")
    chance: float | None = Field(None, description="How often chance alone shows as much; None: no test was needed.")
    look_first: str
    doc: str = Field(description="Page of the project that explains its kind.")


class NodeReport(Part):
    """One load-generating process."""

    node: str
    tenants: int
    requests: int
    rows: int
    complete: bool
    control_caught: bool
    lag_p99_ms: float | None
    cpu_max_percent: float | None
    memory_max_mb: float | None


class Bound(Part):
    """What the run proves about the rate of leaks in one unit of exposure, at 95 % confidence, corrected for recall.

    Without leaks ``upper_95`` is the one-sided bound. With leaks ``lower_95`` and ``upper_95`` are the ends of the
    Clopper-Pearson interval.
    """

    unit: str
    exposures: int
    recall: float
    leaks: int | None = Field(0, description="Exposures that leaked; None: what leaked can't be told by this unit.")
    lower_95: float | None = 0.0
    upper_95: float | None
    needed: int | None = Field(None, description="Clean exposures that ``wished_bound`` takes at this recall.")
    needed_run_s: float | None = Field(
        None, description="How long a run takes to have them at this run's rate; None: time alone does not bring them."
    )
    needed_tenants: int | None = Field(None, description="How many tenants it takes, where only tenants bring more.")


class Confidence(Part):
    """What the run can't exclude, in sentences, the weakest first."""

    level: float = 0.95
    wished_bound: float
    statements: list[str] = Field(default_factory=list)
    never_happened: list[str] = Field(
        default_factory=list, description="Exposures that did not happen once: of leaks in them nothing is known."
    )


class Totals(Part):
    """The counts of the run. ``sent == answered + refused + unknown`` always."""

    tenants: int = Field(description="Tenants that were provisioned, those in reserve included.")
    tenants_started: int = Field(description="Tenants that acted.")
    sessions: int
    connections: int
    sent: int
    answered: int
    refused: int
    refused_as_due: int
    unknown: int
    unknown_on_purpose: int = Field(
        description="Of unknown end because the run itself dropped their connection or stopped their tenant."
    )
    late_answers: int = Field(description="Answers that came after their request had been given up as unknown.")
    frames: int
    frames_inspected: int
    unsolicited: int = Field(description="Frames nobody had asked for, of types that may be pushed.")
    duplicates: int = Field(description="Frames that answered a request which had been answered before.")
    unmatched: int = Field(description="Frames that belong to no request of their session.")
    overlapping_pairs: int = Field(description="Pairs of tenants whose requests overlapped in time.")
    peak_sessions: int = Field(description="Most connections open at once.")
    locust_requests: int | None
    drops_on_purpose: int
    drops_unwanted: int
    connect_failures: int
    seconds: float


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
