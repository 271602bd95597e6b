"""The kinds of suspicion: side channels, through which a tenant learns of others or takes from them without their data.

None of them is proof, none changes the verdict or the exit code. ``docs/suspicions/`` has a page for each.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from checker.finding_reports import SuspicionReport

FOLDER = "docs/suspicions"


@dataclass(frozen=True, slots=True)
class SuspicionGuide:
    """What a report says of a kind of suspicion.

    Attributes:
        meaning: what was seen, in one sentence.
        first: what to look at first.
    """

    meaning: str
    first: str


class SuspicionKind(enum.StrEnum):
    """What was seen; the names are stable."""

    EXISTENCE_TOLD = "existence-told"
    GUESSABLE_IDS = "guessable-ids"
    NOISY_NEIGHBOUR = "noisy-neighbour"
    OWNER_SHUT_OUT = "owner-shut-out"

    @property
    def meaning(self) -> str:
        """One sentence that says what was seen."""
        return _GUIDES[self].meaning

    @property
    def look_first(self) -> str:
        """One sentence that says what to look at first."""
        return _GUIDES[self].first

    @property
    def doc(self) -> str:
        """The page of the project that explains it."""
        return f"{FOLDER}/{self.value}.md"


_GUIDES: dict[SuspicionKind, SuspicionGuide] = {
    SuspicionKind.EXISTENCE_TOLD: SuspicionGuide(
        "A refusal says whether what was asked for exists: it differs for another tenant's id and for one made up.",
        "Ask for another tenant's id and for a made-up one by hand and compare code, text and headers.",
    ),
    SuspicionKind.GUESSABLE_IDS: SuspicionGuide(
        "From an id that the service handed out to one tenant, ids of others can be guessed.",
        "Look how the id is made: a counter, a time stamp and a short random part are no secret.",
    ),
    SuspicionKind.NOISY_NEIGHBOUR: SuspicionGuide(
        "Tenants waited longer when one other tenant was loud.",
        "Look for a queue, lock or pool that all tenants share without a share for each.",
    ),
    SuspicionKind.OWNER_SHUT_OUT: SuspicionGuide(
        "An owner was refused at its own door right after another tenant had tried it.",
        "Look for a cache of refusals, or a lock, whose key lacks the tenant that asked.",
    ),
}


def suspicion(kind: SuspicionKind, where: str, text: str, chance: float | None = None) -> SuspicionReport:
    """Returns a suspicion for the result.

    Args:
        kind: what was seen.
        where: doors, ids or tenants that it concerns.
        text: what was seen, with figures.
        chance: how often chance alone shows as much; None if no test was needed.
    """
    return SuspicionReport(
        kind=kind.value,
        meaning=kind.meaning,
        where=where,
        text=text,
        chance=chance,
        look_first=kind.look_first,
        doc=kind.doc,
    )
