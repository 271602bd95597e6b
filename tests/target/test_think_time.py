from __future__ import annotations

from statistics import median

from target.think_time import ThinkTime


def test_the_median_is_the_one_asked_for() -> None:
    think = ThinkTime(40.0, 1)
    assert 37 < median(think.next_ms() for _ in range(5_000)) < 43


def test_a_seed_fixes_the_times() -> None:
    one, two, other = ThinkTime(40.0, 1), ThinkTime(40.0, 1), ThinkTime(40.0, 2)
    times = [one.next_ms() for _ in range(5)]
    assert times == [two.next_ms() for _ in range(5)]
    assert times != [other.next_ms() for _ in range(5)]


def test_no_median_means_no_wait() -> None:
    assert ThinkTime(0, 1).next_ms() == 0
