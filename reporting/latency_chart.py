"""Latencies as bars on one logarithmic scale: where half, 95 % and 99 % of the values lie, and the longest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from checker.figure_reports import LatencyReport

WHAT = {
    "connect": "Connecting",
    "first": "First frame of the reply",
    "event": "Agent events",
    "reply": "Whole reply, from when the message left",
    "intended": "Whole reply, from when the message should have left",
}
_SHORTEST_MS = 0.1


@dataclass(frozen=True)
class Bar:
    """One line of the chart; positions are percent of its width."""

    line: LatencyReport
    p50: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True)
class Group:
    """The lines of one kind of moment."""

    title: str
    bars: list[Bar]


@dataclass(frozen=True)
class LatencyChart:
    """All lines by kind, and the ticks of their common scale as (position in percent, label)."""

    groups: list[Group]
    ticks: list[tuple[float, str]]


def latency_chart(latencies: Sequence[LatencyReport]) -> LatencyChart:
    """Returns the chart of these latencies."""
    longest = max((line.max_ms for line in latencies), default=1.0)
    decades = max(1, math.ceil(math.log10(max(longest, 1.0) / _SHORTEST_MS) - 1e-9))

    def position(ms: float) -> float:
        return round(min(100.0, 100.0 * math.log10(max(ms, _SHORTEST_MS) / _SHORTEST_MS) / decades), 2)

    groups = []
    for what, title in WHAT.items():
        lines = [line for line in latencies if line.what == what]
        bars = [
            Bar(line, position(line.p50_ms), position(line.p95_ms), position(line.p99_ms), position(line.max_ms))
            for line in lines
        ]
        if bars:
            groups.append(Group(title, bars))
    ticks = [(round(100.0 * step / decades, 2), _label(_SHORTEST_MS * 10**step)) for step in range(decades + 1)]
    return LatencyChart(groups, ticks)


def _label(ms: float) -> str:
    return f"{ms:g} ms" if ms < 1000 else f"{ms / 1000:g} s"
