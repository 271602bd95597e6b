"""The claims of one place that is too large to be read at once."""

from __future__ import annotations

from checker.ownership import Claim, shortened, tells
from evidence.marks import MarkKey


class GatheredClaims:
    """Keeps the best and the most telling claim of each tenant, and the marks.

    Args:
        kept: how many tenants' claims to keep. Further ones are counted in ``left_out``.

    Attributes:
        marks: every mark that was claimed by.
    """

    def __init__(self, kept: int = 10_000) -> None:
        self._kept = kept
        self._best: dict[int, Claim] = {}
        self._telling: dict[int, Claim] = {}
        self.left_out = 0
        self.marks: set[MarkKey] = set()

    def add(self, claim: Claim) -> None:
        """Keeps the claim if it says more than those of its tenant kept so far."""
        if claim.mark is not None:
            self.marks.add(claim.mark.key)
        best = self._best.get(claim.tenant)
        if best is None:
            if len(self._best) >= self._kept:
                self.left_out += 1
                return
            self._best[claim.tenant] = self._telling[claim.tenant] = shortened(claim)
            return
        if claim.standing < best.standing:
            self._best[claim.tenant] = shortened(claim)
        if tells(claim) > tells(self._telling[claim.tenant]):
            self._telling[claim.tenant] = shortened(claim)

    def claims(self) -> list[Claim]:
        """Returns what was kept, in the order in which the tenants were met."""
        return [claim for tenant in self._best for claim in (self._best[tenant], self._telling[tenant])]
