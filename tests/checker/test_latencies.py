from __future__ import annotations

import pytest

from checker.latencies import Latencies, nearest_rank


def test_nearest_rank_is_the_smallest_value_that_the_share_does_not_exceed() -> None:
    ordered = [float(value) for value in range(1, 21)]
    assert nearest_rank(ordered, 0.5) == 10
    assert nearest_rank(ordered, 0.95) == 19  # 0.95 × 20 is 19.000000000000004 in some orders of evaluation
    assert nearest_rank(ordered, 0.96) == 20
    assert nearest_rank(ordered, 1.0) == 20
    assert nearest_rank([7.0], 0.01) == 7


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.01)])
def test_nearest_rank_of_nothing_or_out_of_range_is_an_error(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match=r"percentile|share"):
        nearest_rank(values, share)


def test_report_keeps_names_apart_and_sums_up_exactly() -> None:
    latencies = Latencies()
    for value in (3.0, 1.0, 2.0):
        latencies.add("reply", "chat", value)
    latencies.add("reply", "ping", 9.0)
    chat, ping = latencies.report()
    assert (chat.count, chat.mean_ms, chat.p50_ms, chat.p99_ms, chat.max_ms) == (3, 2.0, 2.0, 3.0, 3.0)
    assert (ping.name, ping.count, ping.max_ms) == ("ping", 1, 9.0)
