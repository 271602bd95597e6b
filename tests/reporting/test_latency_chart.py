from __future__ import annotations

from checker.latencies import Latencies
from reporting.latency_chart import latency_chart


def test_positions_follow_one_logarithmic_scale() -> None:
    latencies = Latencies()
    for value in (0.05, 1.0, 1000.0):
        latencies.add("reply", "chat", value)
    chart = latency_chart(latencies.report())
    [group] = chart.groups
    [bar] = group.bars
    assert [label for _, label in chart.ticks] == ["0.1 ms", "1 ms", "10 ms", "100 ms", "1 s"]
    assert (bar.p50, bar.p95, bar.max) == (25.0, 100.0, 100.0)


def test_nothing_measured_is_no_chart() -> None:
    assert latency_chart([]).groups == []
