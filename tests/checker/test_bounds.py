from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.bounds import ALPHA, exposures_needed, interval, upper_bound

COUNTS = st.integers(1, 5_000_000)


@pytest.mark.parametrize(("exposures", "bound"), [(1, 0.95), (140, 0.02117), (1700, 0.00176), (3_000_000, 1e-6)])
def test_bound_is_the_rule_of_three(exposures: int, bound: float) -> None:
    assert upper_bound(exposures) == pytest.approx(bound, rel=0.005)


def test_missing_recall_weakens_the_bound() -> None:
    assert upper_bound(1000, 0.5) == pytest.approx(2 * upper_bound(1000))


@pytest.mark.parametrize(("exposures", "recall"), [(0, 1.0), (100, 0.0), (1, 0.5)])
def test_what_was_not_looked_at_bounds_nothing(exposures: int, recall: float) -> None:
    assert upper_bound(exposures, recall) == 1.0


@pytest.mark.parametrize(("rate", "needed"), [(0.001, 2995), (0.02, 149), (0.05, 59), (0.95, 1), (0.99, 1)])
def test_how_many_a_wished_bound_takes(rate: float, needed: int) -> None:
    assert exposures_needed(rate) == needed


def test_looking_that_finds_nothing_never_has_enough() -> None:
    assert exposures_needed(0.001, recall=0.0) is None


@given(rate=st.floats(1e-6, 0.9), recall=st.floats(0.01, 1.0))
def test_what_is_needed_is_just_enough(rate: float, recall: float) -> None:
    needed = exposures_needed(rate, recall)
    assert needed is not None
    assert upper_bound(needed, recall) <= rate * (1 + 1e-9)
    assert needed == 1 or upper_bound(needed - 1, recall) > rate * (1 - 1e-9)


# R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 5.
@pytest.mark.parametrize(
    ("leaks", "exposures", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_the_interval_is_the_published_one(leaks: int, exposures: int, low: float, high: float) -> None:
    assert interval(leaks, exposures) == pytest.approx((low, high), abs=5e-5)


@given(data=st.data(), exposures=st.integers(1, 300))
def test_each_end_of_the_interval_leaves_out_two_and_a_half_percent(data: st.DataObject, exposures: int) -> None:
    leaks = data.draw(st.integers(0, exposures))
    low, high = interval(leaks, exposures)
    if leaks:
        assert at_least(leaks, exposures, low) == pytest.approx(ALPHA / 2, rel=1e-6)
    if leaks < exposures:
        assert 1 - at_least(leaks + 1, exposures, high) == pytest.approx(ALPHA / 2, rel=1e-6)


def at_least(k: int, n: int, rate: float) -> float:
    """The probability of k or more of n, added up."""
    return math.fsum(math.comb(n, i) * rate**i * (1 - rate) ** (n - i) for i in range(k, n + 1))


@given(data=st.data(), exposures=COUNTS)
def test_the_interval_holds_what_was_seen_at_any_size(data: st.DataObject, exposures: int) -> None:
    leaks = data.draw(st.integers(0, exposures))
    low, high = interval(leaks, exposures)
    assert 0 <= low <= leaks / exposures <= high <= 1
    assert low < high


def test_all_that_could_leak_did() -> None:
    low, high = interval(7, 7)
    assert (low, high) == pytest.approx((0.025 ** (1 / 7), 1.0))
    assert interval(9, 7) == (low, high)


def test_missing_recall_raises_both_ends() -> None:
    low, high = interval(10, 1000)
    assert interval(10, 1000, recall=0.5) == pytest.approx((2 * low, 2 * high))
    assert interval(3, 100, recall=0.0) == interval(0, 0) == (0.0, 1.0)
