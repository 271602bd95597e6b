"""When a defect strikes: a seeded coin, thrown at every opportunity."""

from __future__ import annotations

import random
from uuid import UUID

from target.defects.witness import Witness


class Dice:
    """Strikes with probability ``rate``. With a seed, the sequence of throws is fixed for each defect."""

    def __init__(self, name: str, rate: float, seed: int | None, witness: Witness | None = None) -> None:
        self._name = name
        self._rate = rate
        self._witness = witness
        self._random = random.Random(None if seed is None else f"{seed}/{name}")

    def strikes(self, *tenants: UUID) -> bool:
        """Whether the defect strikes this time. ``tenants`` are those concerned, beside the one that asks."""
        struck = self._random.random() < self._rate
        if struck and self._witness is not None:
            self._witness.struck(self._name, *tenants)
        return struck
