"""The rows of evidence: what each node wrote down while the run lasted.

A row is one JSON object a line, with its ``row`` type first. Every figure of a report is counted from these rows.
Times ``*_at_s`` are Unix seconds; durations are milliseconds.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import ClassVar

import orjson

from evidence.findings import FindingKind, Severity, Sighting

FRAMES_CUT = "frames_cut"
"""The exposure that counts frames too large to be seen through whole."""


class EvidenceError(Exception):
    """Evidence can't be used. Subclasses say how.

    EvidenceError
    ├── RowDamaged        a line of evidence is no row we know
    └── RunFolderError    the run folder is missing, incomplete or of another version
    """


class RowDamaged(EvidenceError):
    """A line of evidence could not be read; the message names the reason."""


@dataclass(frozen=True, slots=True)
class NodeStarted:
    """A process that runs users has joined the run."""

    row: ClassVar[str] = "node"
    node: str
    worker_index: int
    host: str
    pid: int
    at_s: float
    locust: str
    python: str
    time_source: str


@dataclass(frozen=True, slots=True)
class TenantProvisioned:
    """A tenant (or a half of a planted control) is being created in the target and its stores; the last such row of it
    counts.

    Attributes:
        tenant: its number.
        name: its id in the target.
        aliases: other names it goes by (an e-mail address).
        budget: its starting budget in units.
        short: whether the budget was made to run out.
        planted: canary sequence numbers by kind name that were written into each store.
        control: whether it is part of a planted control.
        values: what fills the placeholders of its removal, beside its name; no secret is among them.
        begun: how many of the profile's steps that ask for one tenant at a time have been begun,
        done: and how many have succeeded.
        existed: whether it is an account that was there before the run, and stays.
    """

    row: ClassVar[str] = "tenant"
    tenant: int
    name: str
    node: str
    at_s: float
    budget: int
    short: bool = False
    control: bool = False
    aliases: list[str] = field(default_factory=list)
    planted: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, str | int] = field(default_factory=dict)
    begun: int = 0
    done: int = 0
    existed: bool = False


@dataclass(frozen=True, slots=True)
class TenantStarted:
    """A tenant began to act: which kind of Locust user it is and how many sessions it holds.

    Attributes:
        follows: the tenant whose place it took, since that one had left for good; None for the first of a user.
    """

    row: ClassVar[str] = "tenant_started"
    tenant: int
    user_class: str
    sessions: int
    at_s: float
    follows: int | None = None


@dataclass(frozen=True, slots=True)
class TenantRemoved:
    """A tenant that had acted is being removed from the target while the run goes on; the last such row of it counts.

    Attributes:
        outcome: begun (written down before anything is done), removed, or failed.
        things: how many rows and keys the removal itself took, cascades not counted.
        detail: why it failed.
    """

    row: ClassVar[str] = "tenant_removed"
    tenant: int
    at_s: float
    outcome: str
    things: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A connection of a session was opened (again).

    Attributes:
        session: ordinal of the session within the tenant.
        connection: ordinal of the connection within the session, 0 for the first.
        resumed: whether it took up a dropped session.
    """

    row: ClassVar[str] = "session_opened"
    tenant: int
    session: int
    connection: int
    at_s: float
    auth_ms: float | None
    tcp_ms: float
    tls_ms: float | None
    upgrade_ms: float
    total_ms: float
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """A connection ended: ``closed`` by us at the end, ``dropped`` by us on purpose, ``lost`` otherwise."""

    row: ClassVar[str] = "session_ended"
    tenant: int
    session: int
    connection: int
    at_s: float
    how: str
    code: int | None = None
    reason: str = ""
    in_flight: int = 0
    frames: int = 0


@dataclass(frozen=True, slots=True)
class ConnectFailed:
    """A connection could not be opened; ``stage`` is auth, resolve, tcp, tls or upgrade."""

    row: ClassVar[str] = "connect_failed"
    tenant: int
    session: int
    at_s: float
    stage: str
    status: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class RequestEnded:
    """A request has ended.

    Attributes:
        sequence: its number within the tenant; message ids carry it.
        outcome: answered, refused, unknown, or said (nothing is ever answered to it).
        reason: why it was refused or is unknown; empty when answered.
        expected: whether this outcome was due (a refusal for lack of budget that was to come, say).
        sent_at_s: Unix time it left.
        ended_at_s: Unix time it ended, one way or another.
        late_ms: how much later than intended it left.
        first_ms: from leaving to the first frame of the reply.
        reply_ms: from leaving to the final frame.
        events: milliseconds from leaving to each event, as [type, ms] in order.
        frames: frames of the reply.
        charged: what it was charged, in units, as far as known.
        canaries: sequence numbers of prompt canaries it carried.
        own_marks: how many of the tenant's own marks its reply showed.
    """

    row: ClassVar[str] = "request"
    tenant: int
    session: int
    sequence: int
    operation: str
    outcome: str
    sent_at_s: float
    late_ms: float
    reason: str = ""
    expected: bool = True
    first_ms: float | None = None
    reply_ms: float | None = None
    events: list[list[str | float]] = field(default_factory=list)
    frames: int = 0
    charged: int = 0
    canaries: list[int] = field(default_factory=list)
    own_marks: int = 0
    late_answer: bool = False
    ended_at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SightingSeen:
    """The live oracle saw what belongs to somebody else (fields as in ``Sighting``)."""

    row: ClassVar[str] = "sighting"
    kind: str
    owner: int | None
    recipient: int | None
    place: str
    group: str
    at_s: float
    excerpt: str
    severity: str
    detail: str

    @classmethod
    def of(cls, sighting: Sighting) -> SightingSeen:
        """Returns the row for a sighting."""
        return cls(
            str(sighting.kind),
            sighting.owner,
            sighting.recipient,
            sighting.place,
            sighting.group,
            sighting.at_s,
            sighting.excerpt,
            str(sighting.severity),
            sighting.detail,
        )

    def sighting(self) -> Sighting:
        """Returns the sighting this row stands for."""
        return Sighting(
            FindingKind(self.kind),
            self.owner,
            self.recipient,
            self.place,
            self.group,
            self.at_s,
            self.excerpt,
            "",
            Severity(self.severity),
            self.detail,
        )


@dataclass(frozen=True, slots=True)
class IdLearnt:
    """The service handed out an id (a thread, an agent, a session) to this tenant."""

    row: ClassVar[str] = "learnt"
    tenant: int
    thing: str
    value: str


@dataclass(frozen=True, slots=True)
class TenantLedger:
    """A tenant's closed account and counts, as its node knew them at the end."""

    row: ClassVar[str] = "ledger"
    tenant: int
    starting: int
    charged: int
    unknown: int
    low: int
    high: int
    step: int
    sent: int
    answered: int
    refused: int
    unknown_requests: int
    frames: int
    frames_inspected: int
    unsolicited: int
    duplicates: int
    unmatched: int


@dataclass(frozen=True, slots=True)
class Exposures:
    """How often the node did what makes leaks show, by name (replies, drops, resumes, …)."""

    row: ClassVar[str] = "exposures"
    node: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class GeneratorSample:
    """The load generator's own state over the last second.

    Attributes:
        lag_max_ms: the longest the event loop came late.
        lag_mean_ms: how late it came on average.
        late_s: seconds of this sample in which the event loop was later than the profile allows.
        span_s: how long the sample is.
        cpu_percent: of one core.
        memory_mb: resident memory.
        users: tenants acting.
        in_flight: requests open.
    """

    row: ClassVar[str] = "generator"
    node: str
    at_s: float
    lag_max_ms: float
    lag_mean_ms: float
    cpu_percent: float
    memory_mb: float
    users: int
    in_flight: int
    late_s: float = 0.0
    span_s: float = 1.0


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    """What a health check of the target answered."""

    row: ClassVar[str] = "health"
    name: str
    at_s: float
    ok: bool
    latency_ms: float | None
    detail: str = ""
    pool_in_use: int | None = None
    pool_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that should have been seen, done or reported was not; ``fatal`` ones end the run."""

    row: ClassVar[str] = "gap"
    node: str
    at_s: float
    what: str
    fatal: bool = False


RETURN = "return after removal"
"""What the attempt of a removed tenant to come back is called."""


@dataclass(frozen=True, slots=True)
class AccessAttempt:
    """A tenant tried another's door, or a token that must be refused.

    Attributes:
        name: the door's name in the profile, ``token: `` and what was wrong with it, or ``RETURN``.
        does: read, change, resume, subscribe, spend, connect, or return (of a removed tenant, its own victim).
        outcome: refused, granted, unclear (an error or no answer is no refusal), or not_tried (the owner's own access
            did not succeed, so that a refusal would have proved nothing).
        detail: the refusal's code, or why it was not tried.
    """

    row: ClassVar[str] = "attempt"
    tenant: int
    victim: int
    name: str
    does: str
    outcome: str
    at_s: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DoorAnswers:
    """What one intruder was told at one door: asking for what is another's, and for things that never existed.

    Attributes:
        door: the door's name in the profile.
        real: the answer about what exists, ids and figures taken out.
        made_up: the answers about what does not, asked at the same time in an order drawn by lot.
    """

    row: ClassVar[str] = "door_answers"
    tenant: int
    victim: int
    door: str
    at_s: float
    real: str
    made_up: list[str]


@dataclass(frozen=True, slots=True)
class OwnerShutOut:
    """An owner was refused at its own door right after another tenant had tried it, and let in right before."""

    row: ClassVar[str] = "shut_out"
    tenant: int
    by: int
    door: str
    at_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class LoudMoment:
    """A tenant was due to be loud, and drew by lot whether it was: many chats at once, or one."""

    row: ClassVar[str] = "loud_moment"
    tenant: int
    at_s: float
    loud: bool


@dataclass(frozen=True, slots=True)
class ControlCaught:
    """The live control was planted through the target and seen (or not) by this node's oracle."""

    row: ClassVar[str] = "control"
    node: str
    at_s: float
    caught: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NodeEnded:
    """A node's last row: how many rows it wrote before this one, and its requests by outcome."""

    row: ClassVar[str] = "node_end"
    node: str
    at_s: float
    rows: int
    sent: int
    answered: int
    refused: int
    unknown: int


Row = (
    NodeStarted | TenantProvisioned | TenantStarted | TenantRemoved | SessionOpened | SessionEnded | ConnectFailed
    | RequestEnded | SightingSeen | IdLearnt | TenantLedger | Exposures | GeneratorSample | HealthAnswer | Gap
    | AccessAttempt | DoorAnswers | OwnerShutOut | LoudMoment | ControlCaught | NodeEnded
)  # fmt: skip
_TYPES: dict[str, type[Row]] = {row.row: row for row in Row.__args__}


def encode(row: Row) -> bytes:
    """Returns the row as one line of JSON with its line feed."""
    values = {name: getattr(row, name) for name in _FIELDS[type(row)]}
    return orjson.dumps({"row": row.row, **values}) + b"\n"


def decode(line: bytes) -> Row:
    """Returns the row that a line holds.

    Raises:
        RowDamaged: the line is no JSON object, of an unknown type, or its fields do not fit.
    """
    try:
        values = orjson.loads(line)
        return _TYPES[values.pop("row")](**values)
    except orjson.JSONDecodeError as error:
        raise RowDamaged(f"not JSON: {error}") from None
    except (KeyError, AttributeError):
        raise RowDamaged("no known row type") from None
    except TypeError as error:
        raise RowDamaged(f"fields do not fit: {error}") from None


_FIELDS: dict[type, tuple[str, ...]] = {
    row: tuple(item.name for item in dataclasses.fields(row)) for row in _TYPES.values()
}
