"""Correlation: which frame belongs to which request.

A request is known by its own id and by any number of aliases: another id it carries, the id the service gave it, a mark
in its content.

A state machine without clock or I/O. Times are seconds on whatever monotonic time line the caller uses, the same for
all calls.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field


class Outcome(enum.StrEnum):
    """How a request ended. Every request ends as exactly one of these."""

    ANSWERED = "answered"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SAID = "said"  # nothing is ever answered to it, so that it counts neither as answered nor as unknown


@dataclass(slots=True)
class Request:
    """One request of a tenant and what became of it.

    Attributes:
        request_id: the message id it carries.
        sequence: its number within the tenant.
        operation: the operation's name in the target profile.
        session: ordinal of the session it was sent on.
        cost: the most it can be charged, in units.
        intended_s: when it should have left.
        sent_s: when it left.
        deadline_s: when it is given up.
        resumable: whether the reply may still arrive on a resumed session after its connection is lost.
        canaries: sequence numbers of the prompt canaries it carries.
        events: the frames of the reply so far, as (type, arrival in seconds).
        foreign_owners: the tenants of whom the reply showed a mark or a name.
        shows_owner: whether the reply showed who the tenant is or anything of its own but what the request had said.
        told_something: whether the frame that refused it told something all the same, as GraphQL's data beside errors.
        own_marks: how many of the tenant's own stored marks the reply showed.
        answer: what was said at another's door, ids and figures taken out; empty for other requests.
        reply_by: how its reply is known, as the profile says.
        aliases: what else it is known by.
        acknowledged: whether the service has acknowledged it.
        charged: what a frame of the reply said it was charged, in units.
        remaining: the remaining amounts that settle it, in units.
    """

    request_id: str
    sequence: int
    operation: str
    session: int
    cost: int
    intended_s: float
    sent_s: float
    deadline_s: float
    resumable: bool = False
    reply_by: str = "id"
    aliases: list[str] = field(default_factory=list)
    acknowledged: bool = False
    charged: int | None = None
    remaining: list[int] = field(default_factory=list)
    canaries: list[int] = field(default_factory=list)
    events: list[tuple[str, float]] = field(default_factory=list)
    shows_owner: bool = False
    told_something: bool = False
    own_marks: int = 0
    foreign_owners: set[int] = field(default_factory=set)
    answer: str = ""
    outcome: Outcome | None = None
    reason: str = ""
    ended_s: float = 0.0

    @property
    def first_s(self) -> float | None:
        """When the first frame of the reply arrived, or None."""
        return self.events[0][1] if self.events else None


REMEMBERED = 10_000  # ended requests a session; a frame for an older one counts as unmatched


class RequestBook:
    """All requests of one session that have not ended yet, and the memory of those that have.

    Ended ids are remembered so that a duplicate or late frame is told from one that was never asked for.
    """

    def __init__(self) -> None:
        self._open: dict[str, Request] = {}
        self._ended: dict[str, Outcome] = {}
        self._given_up: dict[str, Request] = {}
        self._aliases: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Request]:
        return iter(list(self._open.values()))

    def open(self, request: Request) -> None:
        """Adds a request before it is sent, so that a reply can never overtake its entry.

        Raises:
            ValueError: a request with this id was opened before.
        """
        if request.request_id in self._open or request.request_id in self._ended:
            raise ValueError(f"request id {request.request_id} is used twice")
        self._open[request.request_id] = request
        for alias in request.aliases:
            self._know_as(alias, request)

    def add_alias(self, request: Request, alias: str) -> None:
        """Makes a request known by one more id."""
        request.aliases.append(alias)
        self._know_as(alias, request)

    def _know_as(self, alias: str, request: Request) -> None:
        self._aliases.pop(alias, None)
        self._aliases[alias] = request.request_id
        if len(self._aliases) > REMEMBERED:
            del self._aliases[next(iter(self._aliases))]

    def forget_aliases(self) -> None:
        """Forgets all aliases: ids that count from 1 on each connection mean other requests on the next one."""
        self._aliases.clear()

    def get(self, request_id: str) -> Request | None:
        """Returns the open request with this id or alias, or None."""
        return self._open.get(request_id) or self._open.get(self._aliases.get(request_id, ""))

    def known(self, request_id: str) -> str:
        """Returns the request's own id for an id or alias; what nobody is known by comes back as it is."""
        return self._aliases.get(request_id, request_id)

    def ended(self, request_id: str) -> Outcome | None:
        """Returns how the request with this id or alias ended, or None if it is open or was never opened here."""
        return self._ended.get(self.known(request_id))

    def end(self, request: Request, outcome: Outcome, at_s: float, reason: str = "") -> bool:
        """Ends an open request. Returns False if it had ended before: nothing is counted twice."""
        if self._open.pop(request.request_id, None) is None:
            return False
        self._ended[request.request_id] = outcome
        if len(self._ended) > REMEMBERED:
            oldest = next(iter(self._ended))
            del self._ended[oldest]
            self._given_up.pop(oldest, None)
        if outcome is Outcome.UNKNOWN:
            self._given_up[request.request_id] = request
        request.outcome, request.reason, request.ended_s = outcome, reason, at_s
        return True

    def given_up(self, request_id: str) -> Request | None:
        """Returns the request with this id if its end is unknown and no late answer has been taken yet, or None."""
        return self._given_up.get(self.known(request_id))

    def settle_late(self, request_id: str) -> None:
        """Notes that the late answer to a request that was given up has been taken; its outcome stays unknown."""
        self._given_up.pop(self.known(request_id), None)

    def overdue(self, now_s: float) -> list[Request]:
        """Returns the open requests whose deadline has passed."""
        return [request for request in self._open.values() if request.deadline_s <= now_s]
