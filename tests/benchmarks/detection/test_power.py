from __future__ import annotations

import pytest

from benchmarks.detection.power import exposures_for, power


@pytest.mark.parametrize(("rate", "wished", "number"), [(0.02, 0.95, 149), (0.001, 0.95, 2995), (0.5, 0.5, 1)])
def test_what_it_takes_to_see_a_leak(rate: float, wished: float, number: int) -> None:
    assert exposures_for(rate, wished) == number
    assert power(rate, number) >= wished
    assert power(rate, number - 1) < wished


@pytest.mark.parametrize(
    ("rate", "exposures", "expected"), [(0.0, 100, 0.0), (1.0, 1, 1.0), (1.0, 0, 0.0), (0.3, 0, 0.0)]
)
def test_certain_and_impossible_leaks(rate: float, exposures: int, expected: float) -> None:
    assert power(rate, exposures) == expected


@pytest.mark.parametrize(("rate", "exposures"), [(-0.1, 1), (1.1, 1), (0.5, -1)])
def test_what_is_no_probability_is_refused(rate: float, exposures: int) -> None:
    with pytest.raises(ValueError, match="are no probability"):
        power(rate, exposures)


@pytest.mark.parametrize(("rate", "wished"), [(0.0, 0.5), (1.0, 0.5), (0.5, 0.0), (0.5, 1.0)])
def test_what_no_number_of_exposures_can_reach_is_refused(rate: float, wished: float) -> None:
    with pytest.raises(ValueError, match="strictly between"):
        exposures_for(rate, wished)
