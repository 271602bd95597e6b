from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from checker.overlap import overlapping_pairs, peak

intervals = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)).map(lambda pair: (pair[0], pair[0] + pair[1])))


@given(intervals)
def test_pairs_are_those_that_a_pairwise_comparison_finds(spans: list[tuple[int, int]]) -> None:
    expected = sum(
        one[0] <= other[1] and other[0] <= one[1] for index, one in enumerate(spans) for other in spans[:index]
    )
    assert overlapping_pairs([(float(first), float(last)) for first, last in spans]) == expected


def test_tenants_one_after_the_other_never_overlap() -> None:
    assert overlapping_pairs([(float(2 * at), float(2 * at + 1)) for at in range(100)]) == 0


def test_peak_counts_what_is_open_at_once() -> None:
    assert peak([], []) == 0
    assert peak([1, 2, 3], [2.5, 4, 5]) == 2
    assert peak([1, 2], [2]) == 1  # one ends as the other begins
    assert peak([1, 2, 3], []) == 3
