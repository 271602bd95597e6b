from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from users.allowance import HELD_S, Allowance


def test_what_was_not_sent_may_be_sent_later_and_no_more() -> None:
    allowance = Allowance(2, 100.0)
    assert sum(allowance.take(100.0) for _ in range(50)) == 2 * HELD_S
    assert not allowance.take(100.4)
    assert allowance.take(100.5)
    assert sum(allowance.take(1000.0) for _ in range(50)) == 2 * HELD_S


def test_a_rate_below_one_a_second_lets_something_through() -> None:
    allowance = Allowance(0.1, 0.0)
    assert allowance.take(0.0) and not allowance.take(9.0) and allowance.take(10.0)


@given(st.floats(0.1, 50), st.lists(st.floats(0, 1), min_size=1, max_size=300))
def test_no_stretch_of_time_sees_more_than_it_may(rate: float, pauses: list[float]) -> None:
    allowance, now_s, taken = Allowance(rate, 0.0), 0.0, 0
    for pause_s in pauses:
        now_s += pause_s
        taken += allowance.take(now_s)
        assert taken <= max(1.0, rate * HELD_S) + rate * now_s + 1e-6
