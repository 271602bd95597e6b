"""How many requests may still be sent: the limit of the profile as a bucket that fills at its rate."""

from __future__ import annotations

HELD_S = 5.0
"""What was not sent in so many seconds may be sent later: tenants come in bursts."""


class Allowance:
    """A bucket of requests; any ``t`` seconds see at most ``rate * (t + HELD_S)`` of them.

    A state machine without a clock: times are seconds on whatever line the caller uses.

    Args:
        rate: requests a second.
        now_s: when it begins, full.
    """

    def __init__(self, rate: float, now_s: float) -> None:
        self._rate = rate
        self._most = max(1.0, rate * HELD_S)
        self._left = self._most
        self._at_s = now_s

    def take(self, now_s: float) -> bool:
        """Takes one request out; returns False if there is none left."""
        self._left = min(self._most, self._left + (now_s - self._at_s) * self._rate)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True
