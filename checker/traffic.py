"""What went over the wire in a run, counted: requests, connections, replies, and who was loud when."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class OperationCount:
    """Requests of one operation by how they ended.

    Attributes:
        due: refusals that were to come.
        on_purpose: of unknown end because the run dropped the connection or stopped the tenant, and not open for
            longer than a stopping tenant waits.
        showed_own: answers that showed marks of the tenant's own.
        too_early: answers that could show none: asked for before anything was said for an account that nothing was
            planted for.
        late_answers: answers that came after their request had been given up.
        said: messages to which nothing is ever answered, counted apart.
    """

    answered: int = 0
    refused: int = 0
    unknown: int = 0
    due: int = 0
    on_purpose: int = 0
    showed_own: int = 0
    too_early: int = 0
    late_answers: int = 0
    said: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def sent(self) -> int:
        """Every request that ended, however it did."""
        return self.answered + self.refused + self.unknown

    @property
    def owing(self) -> int:
        """Answers that could show marks of the tenant's own."""
        return self.answered - self.too_early

    @property
    def judged(self) -> int:
        """Requests that the service had the chance to answer: all but those the run itself cut short."""
        return self.sent - self.on_purpose


@dataclass(slots=True)
class SessionCount:
    """Connections: opened, ended and failed. Times are Unix seconds."""

    sessions: int = 0
    connections: int = 0
    resumed: int = 0
    closed: int = 0
    dropped: int = 0
    lost: int = 0
    lost_reasons: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    failure_reasons: Counter[str] = field(default_factory=Counter)
    not_fresh: Counter[str] = field(default_factory=Counter)
    opened_at_s: array[float] = field(default_factory=lambda: array("d"))
    ended_at_s: array[float] = field(default_factory=lambda: array("d"))


@dataclass(slots=True)
class ReplyTimes:
    """When the last answer came, and which requests stayed without one. All times are Unix seconds.

    Attributes:
        last_answer_at_s: when the last answer, or refusal that was due, came; 0 if none did.
        last_end_at_s: when the last request ended, however it did: the end of the run as the tenants knew it.
        open_from_s, open_to_s: when each request of unknown end was sent and given up.
    """

    last_answer_at_s: float = 0.0
    last_end_at_s: float = 0.0
    open_from_s: array[float] = field(default_factory=lambda: array("d"))
    open_to_s: array[float] = field(default_factory=lambda: array("d"))

    def answered(self, at_s: float) -> None:
        """Notes an answer."""
        self.last_answer_at_s = max(self.last_answer_at_s, at_s)
        self.ended(at_s)

    def unanswered(self, sent_at_s: float, ended_at_s: float) -> None:
        """Notes a request of unknown end."""
        self.open_from_s.append(sent_at_s)
        self.open_to_s.append(ended_at_s)
        self.ended(ended_at_s)

    def ended(self, at_s: float) -> None:
        """Notes that a request ended."""
        self.last_end_at_s = max(self.last_end_at_s, at_s)


@dataclass(slots=True)
class Chats:
    """Answered chats: Unix seconds at which they were sent, by whom, and milliseconds to their first frame."""

    sent_at_s: array[float] = field(default_factory=lambda: array("d"))
    tenants: array[int] = field(default_factory=lambda: array("L"))
    first_ms: array[float] = field(default_factory=lambda: array("d"))


@dataclass(slots=True)
class LoudMoments:
    """When tenants were due to be loud, in Unix seconds, which, and whether the lot made them so (1) or not (0)."""

    at_s: array[float] = field(default_factory=lambda: array("d"))
    tenants: array[int] = field(default_factory=lambda: array("L"))
    loud: array[int] = field(default_factory=lambda: array("B"))
