from __future__ import annotations

import pytest

from checker.bounds import upper_bound, weakest_first


@pytest.mark.parametrize(("exposures", "bound"), [(1, 0.95), (140, 0.02117), (1700, 0.00176), (3_000_000, 1e-6)])
def test_bound_is_the_rule_of_three(exposures: int, bound: float) -> None:
    assert upper_bound(exposures) == pytest.approx(bound, rel=0.005)


def test_missing_recall_weakens_the_bound() -> None:
    assert upper_bound(1000, 0.5) == pytest.approx(2 * upper_bound(1000))


@pytest.mark.parametrize(("exposures", "recall"), [(0, 1.0), (100, 0.0), (1, 0.5)])
def test_what_was_not_looked_at_bounds_nothing(exposures: int, recall: float) -> None:
    assert upper_bound(exposures, recall) == 1.0


def test_the_weakest_bound_comes_first() -> None:
    bounds = weakest_first({"replies": (5000, 1.0), "sessions": (20, 1.0), "rows": (9000, 0.001)})
    assert [bound.unit for bound in bounds] == ["rows", "sessions", "replies"]
