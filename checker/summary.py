"""What the evidence of a run says, added up: the data that everything else is judged from.

``checker.summarise`` fills it in one pass over the rows. It is plain data: no file, no clock, no store.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field

from checker.finding_table import FindingTable
from checker.latencies import Latencies
from checker.leaking_frames import LeakingFrames
from checker.retention import Write
from checker.stranger_table import StrangerTable
from checker.traffic import Chats, LoudMoments, OperationCount, ReplyTimes, SessionCount
from evidence.records import (
    ControlCaught,
    DoorAnswers,
    Gap,
    HealthAnswer,
    IdLearnt,
    NodeEnded,
    NodeStarted,
    OwnerShutOut,
    TenantLedger,
    TenantProvisioned,
    TenantRemoved,
    TenantStarted,
)
from evidence.runfolder import RunHeader


@dataclass(slots=True)
class TenantHistory:
    """What became of one tenant.

    Attributes:
        answered, refused, unknown: its requests by how they ended.
        answers: the answered ones by operation.
        connect_ms: how long its very first connection took, from asking for a token to the upgrade.
        first_chat: (Unix seconds it left, milliseconds to its first frame or None) of the first chat that got a frame,
            or of the first at all if none did.
        first_at_s, last_at_s: when its first request left and when it last had one open.
        stored: sequence numbers of the prompt canaries of answered requests, by operation.
        said_at_s: when the first of its operations that write was answered, by operation, in Unix seconds.
        undecided: sequence numbers of the requests that ended unknown, to tell late answers from new ones.
    """

    provisioned: TenantProvisioned | None = None
    started: TenantStarted | None = None
    ledger: TenantLedger | None = None
    answered: int = 0
    refused: int = 0
    unknown: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    late_answers: int = 0
    connections: int = 0
    connect_ms: float | None = None
    first_chat: tuple[float, float | None] | None = None
    first_at_s: float | None = None
    last_at_s: float = 0.0
    stored: dict[str, array[int]] = field(default_factory=dict)
    said_at_s: dict[str, float] = field(default_factory=dict)
    undecided: set[int] = field(default_factory=set)

    @property
    def sent(self) -> int:
        """Every request that ended, however it did."""
        return self.answered + self.refused + self.unknown

    @property
    def acted(self) -> bool:
        """Whether it began to act; one that was only provisioned did not."""
        return self.started is not None or bool(self.sent or self.connections)

    @property
    def startup_ms(self) -> float | None:
        """From asking for a token to the first frame of the first chat, in milliseconds; None if not seen whole."""
        if self.connect_ms is None or self.first_chat is None or self.first_chat[1] is None:
            return None
        return self.connect_ms + self.first_chat[1]


@dataclass(slots=True)
class NodeHistory:
    """What one load-generating process wrote down.

    Attributes:
        lines: lines of its file, damaged ones included.
        lines_before_end: those before its last row.
        requests: requests that ended, by its rows.
        late_s: for how long its event loop was later than the profile allows, of ``watched_s``.
        lag_ms, cpu_percent, memory_mb: a value a second.
    """

    node: str
    started: NodeStarted | None = None
    ended: NodeEnded | None = None
    lines: int = 0
    lines_before_end: int = 0
    damaged: int = 0
    tenants: int = 0
    requests: int = 0
    controls: list[ControlCaught] = field(default_factory=list)
    late_s: float = 0.0
    watched_s: float = 0.0
    lag_ms: array[float] = field(default_factory=lambda: array("d"))
    cpu_percent: array[float] = field(default_factory=lambda: array("d"))
    memory_mb: array[float] = field(default_factory=lambda: array("d"))


@dataclass(slots=True)
class LearntIds:
    """Ids that the service handed out, and to whom.

    Attributes:
        owners: (thing, id) to when, where and by whom it was learnt first.
        shared: (thing, id) that more than one tenant learnt.
        count: ids by thing.
        names: ids by which tenants go, controls among them, by tenant.
    """

    owners: dict[tuple[str, str], IdLearnt] = field(default_factory=dict)
    shared: set[tuple[str, str]] = field(default_factory=set)
    count: Counter[str] = field(default_factory=Counter)
    names: dict[int, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class AttemptCount:
    """What came of the attempts at one door, or with one kind of bad token.

    Attributes:
        does: read, change, resume, subscribe, spend, connect or return.
        outcomes: how often refused, granted, unclear and not_tried.
        details: refusals' codes and why attempts were not tried.
    """

    does: str
    outcomes: Counter[str] = field(default_factory=Counter)
    details: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Summary:
    """All of it.

    ``tenants`` leaves planted controls out; they stand in ``controls``. ``departures`` holds the last word about each
    tenant whose removal was begun in the run, whatever came of it. ``known`` counts what was seen of operations that
    leak by the profile's word. ``token_fingerprints`` are those of tokens that tenants have shown. ``writes`` holds
    requests by tenant where a store keeps what they left for a while only.
    """

    header: RunHeader
    tenants: dict[int, TenantHistory] = field(default_factory=dict)
    controls: dict[int, TenantProvisioned] = field(default_factory=dict)
    departures: dict[int, TenantRemoved] = field(default_factory=dict)
    nodes: dict[str, NodeHistory] = field(default_factory=dict)
    operations: dict[str, OperationCount] = field(default_factory=dict)
    sessions: SessionCount = field(default_factory=SessionCount)
    replies: ReplyTimes = field(default_factory=ReplyTimes)
    learnt: LearntIds = field(default_factory=LearntIds)
    live: FindingTable = field(default_factory=FindingTable)
    strangers: StrangerTable = field(default_factory=StrangerTable)
    leaking: LeakingFrames = field(default_factory=LeakingFrames)
    latencies: Latencies = field(default_factory=Latencies)
    exposures: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    attempts: dict[str, AttemptCount] = field(default_factory=dict)
    door_answers: dict[str, list[DoorAnswers]] = field(default_factory=dict)
    shut_out: list[OwnerShutOut] = field(default_factory=list)
    chats: Chats = field(default_factory=Chats)
    loud_moments: LoudMoments = field(default_factory=LoudMoments)
    gaps: list[Gap] = field(default_factory=list)
    health: dict[str, list[HealthAnswer]] = field(default_factory=dict)
    token_fingerprints: set[str] = field(default_factory=set)
    writes: dict[int, list[Write]] = field(default_factory=dict)
    rows: int = 0
    damaged: int = 0
    damaged_example: str = ""

    @property
    def answered(self) -> int:
        """Requests that were answered."""
        return sum(count.answered for count in self.operations.values())

    @property
    def sent(self) -> int:
        """Requests that ended, however they did."""
        return sum(count.sent for count in self.operations.values())

    @property
    def frames_inspected(self) -> int:
        """Frames that the live oracle looked at."""
        return sum(tenant.ledger.frames_inspected for tenant in self.tenants.values() if tenant.ledger)

    @property
    def acted(self) -> dict[int, TenantHistory]:
        """The tenants that acted. The others were provisioned in advance and nobody played them."""
        return {number: tenant for number, tenant in self.tenants.items() if tenant.acted}

    def history(self, tenant: int) -> TenantHistory:
        """Returns what became of a tenant; it is filled in by who adds to the summary."""
        history = self.tenants.get(tenant)
        if history is None:
            history = self.tenants[tenant] = TenantHistory()
        return history

    def numbers(self) -> dict[str, int]:
        """Returns every tenant's number by its id in the target, those of live controls among them."""
        rows = [history.provisioned for history in self.tenants.values()] + list(self.controls.values())
        return {row.name: row.tenant for row in rows if row is not None}

    def name(self, tenant: int) -> str:
        """Returns the tenant's id in the target, or its number in words if the evidence does not name it."""
        history = self.tenants.get(tenant)
        provisioned = history.provisioned if history else self.controls.get(tenant)
        return provisioned.name if provisioned else f"tenant number {tenant}"
