"""Do refusals say what exists? What intruders were told about real ids, against what they were told about made-up ones.

Each attempt at a door is one of several questions asked in an order drawn by lot: one names what is another tenant's,
the others what never existed. If the answers don't depend on what exists, each of them might as well have been the one
about the real thing. That is the null hypothesis, and a permutation within each attempt tests it exactly, whatever the
answers hold and however noisy they are.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from checker.figures import count
from checker.finding_reports import SuspicionReport
from checker.suspicion_kinds import SuspicionKind, suspicion
from evidence.records import DoorAnswers

RARER_THAN = 0.01
"""What chance does more often than this is no suspicion."""
PERMUTATIONS = 1_999
PER_DOOR = 100
"""More attempts at one door make the test no better, only slower."""
_SHOWN = 120

Answers = Sequence[tuple[str, ...]]  # what was told in each attempt, the answer about the real thing first


def existence_told(answers: Mapping[str, Sequence[DoorAnswers]], seed: str) -> list[SuspicionReport]:
    """Returns one suspicion that names the doors at which answers tell what exists; none if chance explains them.

    Args:
        answers: what intruders were told, by door.
        seed: of the permutations, so that the same evidence is judged the same.
    """
    told = {
        door: [(row.real, *row.made_up) for row in rows[:PER_DOOR] if row.made_up] for door, rows in answers.items()
    }
    # A door with one answer for everything tells nothing, and adds nothing in any permutation.
    telling = {door: tries for door, tries in sorted(told.items()) if len({said for one in tries for said in one}) > 1}
    if not telling:
        return []
    seen = sum(_difference(tries) for tries in telling.values())
    draw = random.Random(seed)
    as_far = sum(
        sum(_difference([_shuffled(one, draw) for one in tries]) for tries in telling.values()) >= seen - 1e-9
        for _ in range(PERMUTATIONS)
    )
    chance = (1 + as_far) / (1 + PERMUTATIONS)
    if chance > RARER_THAN:
        return []
    doors = [door for door, tries in telling.items() if _difference(tries) > len(tries) / 2] or list(telling)
    return [_report(doors, telling, chance)]


def _shuffled(one: tuple[str, ...], draw: random.Random) -> tuple[str, ...]:
    first = draw.randrange(len(one))
    return (one[first], *one[:first], *one[first + 1 :])


def _difference(tries: Answers) -> float:
    """How far answers about the real are from those about the made-up: the total variation distance, times tries."""
    real = Counter(one[0] for one in tries)
    made_up = Counter(said for one in tries for said in one[1:])
    each = len(tries) / max(1, sum(made_up.values()))
    return sum(abs(real[said] - made_up[said] * each) for said in {*real, *made_up}) / 2


def _report(doors: list[str], telling: Mapping[str, Answers], chance: float) -> SuspicionReport:
    door = doors[0]
    real = Counter(one[0] for one in telling[door]).most_common(1)[0][0]
    made_up = Counter(said for one in telling[door] for said in one[1:]).most_common(1)[0][0]
    tries = sum(len(telling[name]) for name in doors)
    named = ", ".join(doors)
    return suspicion(
        SuspicionKind.EXISTENCE_TOLD,
        where=f"the door{'s' if len(doors) > 1 else ''} {named}",
        text=(
            f"{count(tries, 'attempt')} at {named} were answered differently from made-up ids asked for at the same "
            f"time; at {door} mostly {real[:_SHOWN]} for what exists and {made_up[:_SHOWN]} for what does not"
        ),
        chance=chance,
    )
