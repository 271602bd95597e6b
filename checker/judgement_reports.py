"""How limits and tests came out, and what a run without leaks proves, as the result tells them."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from pydantic import Field

from checker.reported import Part


class Judgement(enum.StrEnum):
    """How a threshold, a test or a line of a test came out. ``NOT_TESTED`` says that nothing looks at it yet."""

    PASSED = "passed"
    NOT_TESTED = "not tested"
    INCONCLUSIVE = "inconclusive"
    CROSSED = "crossed"

    @classmethod
    def worst(cls, judgements: Iterable[Judgement]) -> Judgement:
        """Returns the one that decides: crossed, inconclusive, not tested, passed, in this order; none is no pass."""
        ranked = list(cls)
        return max(judgements, key=ranked.index, default=cls.INCONCLUSIVE)


class ThresholdReport(Part):
    """One limit of the profile and how the run stood to it."""

    name: str = Field(description="The profile's key.")
    title: str = Field(description="The same for people.")
    judgement: Judgement
    measured: float | None
    limit: float
    unit: str
    measured_text: str
    limit_text: str
    count: int = 0
    why: str = ""


class TestLine(Part):
    """One thing a test wants: its name, which stays the same from run to run, and how it came out, with figures."""

    name: str
    judgement: Judgement
    text: str


class TestReport(Part):
    """One of the five named tests, with a line for each thing it wants."""

    name: str
    judgement: Judgement
    lines: list[TestLine]


class Bound(Part):
    """What the run proves about the rate of leaks in one unit of exposure, at 95 % confidence, corrected for recall.

    Without leaks ``upper_95`` is the one-sided bound. With leaks ``lower_95`` and ``upper_95`` are the ends of the
    Clopper-Pearson interval.
    """

    unit: str
    exposures: int
    recall: float
    leaks: int | None = Field(0, description="Exposures that leaked; None: what leaked can't be told by this unit.")
    lower_95: float | None = 0.0
    upper_95: float | None
    needed: int | None = Field(None, description="Clean exposures that ``wished_bound`` takes at this recall.")
    needed_run_s: float | None = Field(
        None, description="How long a run takes to have them at this run's rate; None: time alone does not bring them."
    )
    needed_tenants: int | None = Field(None, description="How many tenants it takes, where only tenants bring more.")


class Confidence(Part):
    """What the run can't exclude, in sentences, the weakest first."""

    level: float = 0.95
    wished_bound: float
    statements: list[str] = Field(default_factory=list)
    never_happened: list[str] = Field(
        default_factory=list, description="Exposures that did not happen once: of leaks in them nothing is known."
    )
