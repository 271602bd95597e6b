"""When a defect strikes: a seeded coin, thrown at every opportunity."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Thing = TypeVar("Thing")


class Dice:
    """Strikes with probability ``rate``. With a seed, the sequence of throws is fixed for each defect."""

    def __init__(self, name: str, rate: float, seed: int | None) -> None:
        self._rate = rate
        self._random = random.Random(None if seed is None else f"{seed}/{name}")

    def strikes(self) -> bool:
        """Whether the defect strikes this time."""
        return self._random.random() < self._rate

    def one_of(self, things: Sequence[Thing]) -> Thing:
        """One of several, at random."""
        return self._random.choice(things)
