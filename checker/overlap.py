"""What happened at the same time: pairs of tenants, and the most sessions open at once. Sweeps, never pairwise."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence


def overlapping_pairs(intervals: Sequence[tuple[float, float]]) -> int:
    """Returns how many pairs of intervals share a moment; touching ends do. Costs n log n.

    Args:
        intervals: (first, last) of each tenant, in seconds.
    """
    starts = sorted(first for first, _ in intervals)
    # Of two intervals that overlap, each begins before the other ends: met twice. Of two that don't, only one does: met
    # once. And each meets itself.
    met = sum(bisect.bisect_right(starts, last) for _, last in intervals)
    n = len(intervals)
    return met - n * (n + 1) // 2


def peak(starts: Iterable[float], ends: Iterable[float]) -> int:
    """Returns the largest number open at once, given when each was opened and ended, in seconds."""
    moments = [(at, 1) for at in starts] + [(at, -1) for at in ends]
    moments.sort()  # at the same moment what ends, ends first
    most = now = 0
    for _, change in moments:
        now += change
        most = max(most, now)
    return most
