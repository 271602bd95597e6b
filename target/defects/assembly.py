"""From the names of defects to the faulty parts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from target.defects.choice import DefectChoice
from target.defects.defect import Defect
from target.defects.dice import Dice
from target.defects.witness import Witness, Witnessed
from target.seams import Foundations, Seams


def seams_of(
    choices: Iterable[DefectChoice], seed: int | None, stores: Foundations, log: str | None = None
) -> list[Seams]:
    """The seams of the chosen defects, in the order given; none for an honest service. ``log`` is where strikes go."""
    asked = list(choices)
    if not asked:
        return []
    witness = Witness(Path(log)) if log else None
    makers = defects()
    seams: list[Seams] = [Witnessed(witness)] if witness else []
    return seams + [makers[choice.name](Dice(choice.name, choice.rate, seed, witness), stores) for choice in asked]


def defects() -> dict[str, type[Defect]]:
    """Every defect by name."""
    from target.defects import (  # an honest service loads none of them
        access,
        ambient,
        availability,
        balances,
        budgets,
        caches,
        database,
        errors,
        fan_out,
        lifecycle,
        resumption,
        state,
        tokens,
        transport,
    )

    families = (
        transport, tokens, ambient, caches, database, state, budgets, balances, resumption, fan_out, errors, lifecycle,
        access, availability,
    )  # fmt: skip
    return {defect.name: defect for family in families for defect in family.DEFECTS}
