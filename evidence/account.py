"""One tenant's private budget, settled in bounds.

Every request ends as answered, refused or unknown. With ``b`` the starting budget, ``a`` what was charged for answered
requests and ``u`` the most that unknown ones can have cost, an amount that remains must lie in
``b - a - u <= remaining <= b - a``. While requests are in flight the same holds with those in flight counted as
unknown, and with only those answered *before this one was sent* certain to be charged already.

A state machine without clock or I/O: tests drive it with literal histories.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from evidence.findings import FindingKind


@dataclass(frozen=True, slots=True)
class Violation:
    """What the account cannot explain: which kind, and one sentence with the figures."""

    kind: FindingKind
    detail: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may remain, in units: ``low <= remaining <= high``, in steps of ``step`` below ``high`` (0: any amount)."""

    low: int
    high: int
    step: int = 0

    def explain(self, remaining: int) -> str | None:
        """Returns None if ``remaining`` is possible, else a sentence that says why not."""
        if remaining > self.high:
            return f"{remaining} remain, at most {self.high} can: {remaining - self.high} too much (not charged)"
        if remaining < self.low:
            return f"{remaining} remain, at least {self.low} must: {self.low - remaining} too little (overcharged)"
        if self.step and (self.high - remaining) % self.step:
            return (
                f"{remaining} remain, which is {self.high - remaining} below {self.high} and no sum of the charges of "
                f"{self.step} that are unknown"
            )
        return None


@dataclass(slots=True)
class _Open:
    cost: int
    answered_at_send: int


@dataclass(slots=True)
class Account:
    """What one tenant was given, was charged and may still have.

    Attributes:
        starting: the starting budget in units.
        charged: the sum charged for answered requests.
        whole_charges: whether every charge so far was the full cost or nothing, so that unknown ones are taken to be.
    """

    starting: int
    charged: int = 0
    whole_charges: bool = True
    _open: dict[str, _Open] = field(default_factory=dict)
    _unknown: dict[str, int] = field(default_factory=dict)

    @property
    def unknown(self) -> int:
        """The most that requests with an unknown end can have cost, in units."""
        return sum(self._unknown.values())

    @property
    def in_flight(self) -> int:
        """The most that requests still open can cost, in units."""
        return sum(request.cost for request in self._open.values())

    def open(self, request_id: str, cost: int) -> None:
        """Notes that a request that may cost up to ``cost`` units is being sent."""
        self._open[request_id] = _Open(cost, self.charged)

    def affords(self, cost: int) -> bool:
        """Returns whether the tenant can be sure to have ``cost`` units left, whatever the open requests cost."""
        return self.bounds().low >= cost

    def answered(self, request_id: str, charged: int, remaining: Iterable[int] = ()) -> list[Violation]:
        """Ends a request as answered.

        Args:
            request_id: the request, open or unknown (a late answer settles what was unknown).
            charged: what the reply says it was charged, or what the profile says it costs, in units.
            remaining: the remaining amounts the reply shows, in units.

        Returns:
            What the account cannot explain, empty if all is well.
        """
        request = self._open.pop(request_id, None)
        if request is None:
            cost = self._unknown.pop(request_id, None)
            if cost is None:
                return []
            request = _Open(cost, 0)
        violations: list[Violation] = []
        high = self.starting - request.answered_at_send
        # In whatever order they were charged: all that was answered together can't cost more than there was.
        left = self.starting - self.charged
        if charged > 0 and left < charged:
            violations.append(
                Violation(FindingKind.NOT_REFUSED, f"answered and charged {charged}, though at most {left} were left")
            )
        if not 0 <= charged <= request.cost:
            violations.append(
                Violation(
                    FindingKind.ACCOUNT_MISMATCH, f"charged {charged} for a request that costs at most {request.cost}"
                )
            )
        elif charged not in (0, request.cost):
            self.whole_charges = False
        bounds = Bounds(max(0, self.bounds().low - charged), high - charged)
        self.charged += charged
        for amount in remaining:
            reason = bounds.explain(amount)
            if reason is not None:
                violations.append(Violation(FindingKind.ACCOUNT_MISMATCH, reason))
        return violations

    def refused_for_budget(self, request_id: str, remaining: Iterable[int] = ()) -> list[Violation]:
        """Ends a request as refused for lack of budget; returns what the account cannot explain."""
        request = self._open.pop(request_id, None)
        if request is None:
            cost = self._unknown.pop(request_id, None)
            request = _Open(cost or 0, 0)
        violations: list[Violation] = []
        low = self.bounds().low
        if request.cost and low >= request.cost:
            violations.append(
                Violation(
                    FindingKind.REFUSED_TOO_EARLY,
                    f"refused a request of {request.cost} while at least {low} must have been left",
                )
            )
        bounds = Bounds(low, self.starting - request.answered_at_send)
        for amount in remaining:
            reason = bounds.explain(amount)
            if reason is not None:
                violations.append(Violation(FindingKind.ACCOUNT_MISMATCH, reason))
        return violations

    def refused(self, request_id: str) -> None:
        """Ends a request as refused for another reason than the budget: nothing was charged."""
        if self._open.pop(request_id, None) is None:
            self._unknown.pop(request_id, None)

    def lost(self, request_id: str) -> None:
        """Ends a request as unknown: it may have been charged or not."""
        request = self._open.pop(request_id, None)
        if request is not None and request.cost:
            self._unknown[request_id] = request.cost

    def bounds(self) -> Bounds:
        """Returns what may remain now, with what is in flight counted as unknown."""
        high = self.starting - self.charged
        costs = [*self._unknown.values(), *(request.cost for request in self._open.values() if request.cost)]
        step = math.gcd(*costs) if costs and self.whole_charges else 0
        return Bounds(max(0, high - sum(costs)), high, step)
