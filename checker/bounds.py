"""How much a clean run proves: the 95 % upper bound on the rate of leaks.

Zero leaks in n exposures leave room for a rate of ``1 - 0.05^(1/n)``, about 3/n (the "rule of three"). Who finds only a
share of what there is has seen only that share of the leaks, so the bound is divided by recall.
"""

from __future__ import annotations

from checker.result import Bound

ALPHA = 0.05


def upper_bound(exposures: int, recall: float = 1.0) -> float:
    """Returns the largest rate of leaks that n clean exposures leave room for at 95 % confidence, at most 1.

    Args:
        exposures: how often a leak could have shown and did not.
        recall: share of what is there that looking finds, 0 to 1.
    """
    if exposures <= 0 or recall <= 0:
        return 1.0
    rate: float = 1.0 - ALPHA ** (1.0 / exposures)
    return min(1.0, rate / recall)


def weakest_first(exposures: dict[str, tuple[int, float]]) -> list[Bound]:
    """Returns a bound for each kind of exposure, the one that proves least first.

    Args:
        exposures: unit to (how many, recall).
    """
    bounds = [
        Bound(unit=unit, exposures=count, recall=round(recall, 6), upper_95=upper_bound(count, recall))
        for unit, (count, recall) in exposures.items()
    ]
    return sorted(bounds, key=lambda bound: (-bound.upper_95, bound.unit))
