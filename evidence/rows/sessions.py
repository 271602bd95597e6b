"""Rows that speak of connections and requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


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


NOT_FRESH = "renewal: "
"""How the detail begins of what was no connection, but a token for the renewal of a login."""


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
