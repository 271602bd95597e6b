"""When requests should leave: a schedule that does not wait for replies (an open model).

Every tenant starts at a random phase, and gaps are exponential, so that tenants do not march in step. A slot that was
missed is not dropped: the request leaves late, and its latency is also taken from when it should have left.
"""

from __future__ import annotations

import random


class Pace:
    """The intended send times of one tenant.

    Args:
        rate: requests a second on average.
        source: the tenant's own random numbers.
        now_s: the present, on the time line the caller uses.
    """

    def __init__(self, rate: float, source: random.Random, now_s: float) -> None:
        self._rate = rate
        self._random = source
        self._due_s = now_s + source.random() / rate

    @property
    def due_s(self) -> float:
        """When the next request should leave."""
        return self._due_s

    def postpone(self, seconds: float) -> None:
        """Shifts the schedule by a pause of the tenant's own: nothing should have left meanwhile."""
        self._due_s += seconds

    def advance(self) -> None:
        """Goes on to the next slot."""
        self._due_s += self._random.expovariate(self._rate)
