from __future__ import annotations

import pytest

from target.defects.dice import Dice


@pytest.mark.parametrize(("rate", "low", "high"), [(0.0, 0, 0), (1.0, 10_000, 10_000), (0.02, 140, 260)])
def test_a_defect_strikes_as_often_as_its_rate_says(rate: float, low: int, high: int) -> None:
    dice = Dice("any", rate, 1)
    assert low <= sum(dice.strikes() for _ in range(10_000)) <= high


def test_a_seed_fixes_the_throws_of_each_defect_apart() -> None:
    def throws(name: str, seed: int) -> list[bool]:
        dice = Dice(name, 0.5, seed)
        return [dice.strikes() for _ in range(64)]

    assert throws("one", 1) == throws("one", 1)
    assert throws("one", 1) != throws("one", 2)
    assert throws("one", 1) != throws("two", 1)
