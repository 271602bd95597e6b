"""How much a run proves about the rate of leaks, at 95 % confidence.

Zero leaks in n exposures leave room for a rate of ``1 - 0.05^(1/n)``, about 3/n (the "rule of three"). k leaks in n
exposures bound the rate from both sides: the interval of Clopper and Pearson (Biometrika 26, 1934), which is exact for
the binomial distribution. Who finds only a share of what there is has seen only that share of the leaks, so every rate
is divided by recall.
"""

from __future__ import annotations

import math

ALPHA = 0.05
_STEPS = 200  # halvings and terms; both come to rest far earlier
_TINY = 1e-300


def upper_bound(exposures: int, recall: float = 1.0) -> float:
    """Returns the largest rate of leaks that n clean exposures leave room for at 95 % confidence, at most 1.

    Args:
        exposures: how often a leak could have shown and did not.
        recall: share of what is there that looking finds, 0 to 1.
    """
    if exposures <= 0 or recall <= 0:
        return 1.0
    rate = -math.expm1(math.log(ALPHA) / exposures)
    return min(1.0, rate / recall)


def exposures_needed(rate: float, recall: float = 1.0) -> int | None:
    """Returns how many clean exposures bound the leak rate at ``rate``; None if no number does, as nothing is found.

    Args:
        rate: the wished bound, above 0 and below 1.
        recall: share of what is there that looking finds, 0 to 1.
    """
    seen = rate * recall
    if seen <= 0:
        return None
    return 1 if seen >= 1 - ALPHA else math.ceil(math.log(ALPHA) / math.log1p(-seen))


def interval(leaks: int, exposures: int, recall: float = 1.0) -> tuple[float, float]:
    """Returns the least and the largest rate of leaks that k leaks in n exposures agree with, at 95 % confidence.

    Both ends leave out 2.5 %. Without leaks this is wider than ``upper_bound``, which leaves out 5 % on its one side.

    Args:
        leaks: exposures that leaked; more than there were exposures count as all of them.
        exposures: how often a leak could have shown.
        recall: share of what is there that looking finds, 0 to 1.
    """
    if exposures <= 0 or recall <= 0:
        return 0.0, 1.0
    k, n = min(leaks, exposures), exposures
    low = _quantile(ALPHA / 2, k, n - k + 1) if k else 0.0
    high = _quantile(1 - ALPHA / 2, k + 1, n - k) if k < n else 1.0
    return min(1.0, low / recall), min(1.0, high / recall)


def _quantile(probability: float, a: int, b: int) -> float:
    """The point below which a beta distribution has this probability, by halving."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _incomplete_beta(middle, a, b) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _incomplete_beta(x: float, a: int, b: int) -> float:
    """The regularised incomplete beta function I_x(a, b) for 0 < x < 1."""
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    if x < (a + 1) / (a + b + 2):
        return math.exp(log_front) * _continued_fraction(x, a, b) / a
    return 1 - math.exp(log_front) * _continued_fraction(1 - x, b, a) / b


def _continued_fraction(x: float, a: int, b: int) -> float:
    """Lentz's method for the fraction of DLMF 8.17.22; comes to rest after about sqrt(max(a, b)) terms."""
    c, d = 1.0, 1 / _nonzero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS + 10 * math.isqrt(max(a, b))):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _nonzero(1 + term * d)
            c = _nonzero(1 + term / c)
            value *= d * c
        if abs(d * c - 1) < 1e-14:
            break
    return value


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
