"""The figures of a run as the result tells them: what was sent, how long it took, what was read, who took part."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from checker.reported import Part, TenantName


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


class AttemptReport(Part):
    """Attempts at one door of another tenant, or with one kind of bad token."""

    name: str
    does: str = Field(description="read, change, resume, subscribe, spend, connect, or return after the removal")
    refused: int
    granted: int
    unclear: int = Field(description="An error or no answer: no refusal.")
    not_tried: int = Field(description="The owner's own access did not succeed, so a refusal would prove nothing.")
    details: dict[str, int] = Field(default_factory=dict)


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
