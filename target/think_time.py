"""How long an agent thinks: a seeded log-normal time for each step."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable

SIGMA = 0.4  # the 95th percentile is about 1.9 times the median


class ThinkTime:
    """Waits for a random time whose median is ``median_ms`` milliseconds; 0 does not wait.

    The sequence of times is fixed by the seed. Which step of which run gets which depends on the order of events.
    """

    def __init__(
        self, median_ms: float, seed: int | None, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._median_ms = median_ms
        self._random = random.Random(seed)
        self._sleep = sleep

    def next_ms(self) -> float:
        """The next time in milliseconds."""
        if self._median_ms <= 0:
            return 0.0
        return self._random.lognormvariate(math.log(self._median_ms), SIGMA)

    async def pause(self) -> None:
        """Think."""
        await self._sleep(self.next_ms() / 1000)
