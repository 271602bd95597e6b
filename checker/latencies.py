"""Latencies, kept whole and summed up exactly: nearest-rank percentiles, no buckets."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

from checker.figure_reports import LatencyReport


def nearest_rank(ordered: Sequence[float], share: float) -> float:
    """Returns the smallest value that at least ``share`` of the values do not exceed.

    Args:
        ordered: the values, ascending, at least one.
        share: above 0, at most 1.

    Raises:
        ValueError: there are no values, or the share is out of range.
    """
    if not ordered:
        raise ValueError("no values, no percentile")
    if not 0 < share <= 1:
        raise ValueError(f"share {share} is outside (0, 1]")
    # What floating point adds to 0.95 × 20 must not push the rank up by one.
    return ordered[max(1, math.ceil(share * len(ordered) - 1e-9)) - 1]


class Latencies:
    """Collects milliseconds by (what, name) and sums them up: eight bytes a value, and no value is lost."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], array[float]] = {}

    def add(self, what: str, name: str, value_ms: float) -> None:
        """Adds one latency in milliseconds."""
        values = self._values.get((what, name))
        if values is None:
            values = self._values[what, name] = array("d")
        values.append(value_ms)

    def report(self) -> list[LatencyReport]:
        """Returns one line a (what, name), in the order in which they were first met."""
        return [_sum_up(what, name, values) for (what, name), values in self._values.items()]


def _sum_up(what: str, name: str, values: array[float]) -> LatencyReport:
    ordered = sorted(values)
    return LatencyReport(
        what=what,
        name=name,
        count=len(ordered),
        mean_ms=round(math.fsum(ordered) / len(ordered), 3),
        p50_ms=round(nearest_rank(ordered, 0.50), 3),
        p95_ms=round(nearest_rank(ordered, 0.95), 3),
        p99_ms=round(nearest_rank(ordered, 0.99), 3),
        max_ms=round(ordered[-1], 3),
    )
