"""What every defect is built on."""

from __future__ import annotations

from typing import ClassVar

from target.defects.dice import Dice
from target.seams import Foundations, Seams


class Defect(Seams):
    """Takes the place of one or more parts, in one process. ``dice`` says when to go wrong."""

    name: ClassVar[str]

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        self.dice = dice
        self.stores = stores
