"""How likely a leak of a given rate is to be seen at all."""

from __future__ import annotations

import math


def power(rate: float, exposures: int) -> float:
    """Returns the probability that a leak of ``rate`` an exposure strikes at least once: 1 − (1 − p)^n.

    Raises:
        ValueError: the rate is no probability, or the number of exposures is negative.
    """
    if not 0 <= rate <= 1 or exposures < 0:
        raise ValueError(f"a rate of {rate} and {exposures} exposures are no probability and no count")
    return 1.0 if rate == 1 and exposures else -math.expm1(exposures * math.log1p(-rate)) if rate < 1 else 0.0


def exposures_for(rate: float, wished_power: float) -> int:
    """Returns how many exposures it takes to see a leak of ``rate`` with probability ``wished_power``.

    Raises:
        ValueError: either is not strictly between 0 and 1.
    """
    if not (0 < rate < 1 and 0 < wished_power < 1):
        raise ValueError(f"rate {rate} and power {wished_power} must lie strictly between 0 and 1")
    return math.ceil(math.log1p(-wished_power) / math.log1p(-rate))
