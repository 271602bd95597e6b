"""What the target says about its own strikes, and whether findings name the tenants that were really concerned."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from checker.finding_reports import FindingReport


@dataclass(frozen=True)
class Strike:
    """One time a defect struck: when (Unix seconds), and the tenants concerned as far as the target knows them."""

    at_s: float
    tenants: frozenset[str]


class Agreement(enum.StrEnum):
    """How a finding's tenants agree with the strikes."""

    EXACT = "both tenants those of one strike"
    HANDED_ON = "tenants that strikes connect"
    ONE_SIDE = "one tenant that of a strike, the other not logged"
    WRONG = "no strike concerned them"
    NOT_LOGGED = "no strike names a tenant"


def read_strikes(path: Path) -> list[Strike]:
    """Returns the strikes that a target wrote down, none if it wrote no file."""
    if not path.exists():
        return []
    strikes = []
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        named = {*entry["tenants"], *([entry["asker"]] if entry["asker"] else [])}
        strikes.append(Strike(entry["at_s"], frozenset(named)))
    return strikes


class Truth:
    """The strikes of one run, as a graph of tenants."""

    def __init__(self, strikes: Iterable[Strike]) -> None:
        self._together: dict[str, set[str]] = {}
        self._group: dict[str, str] = {}
        for strike in strikes:
            for tenant in strike.tenants:
                self._together.setdefault(tenant, {tenant}).update(strike.tenants)
                self._join(tenant, next(iter(strike.tenants)))
        self._pairs = any(len(others) > 1 for others in self._together.values())

    def judge(self, finding: FindingReport) -> Agreement:
        """Returns how the finding's tenants agree with what struck.

        A leak can travel: what was misfiled with one tenant is quoted in an answer that is misfiled with the next.
        """
        if not self._together:
            return Agreement.NOT_LOGGED
        named = list({tenant.name for tenant in (finding.owner, finding.recipient) if tenant is not None})
        known = [name for name in named if name in self._together]
        if not known:
            return Agreement.WRONG
        if not self._pairs:
            return Agreement.EXACT if len(known) == len(named) == 1 else Agreement.ONE_SIDE
        if set(named) <= self._together[known[0]]:
            return Agreement.EXACT
        if len(known) == len(named) and len({self._root(name) for name in known}) == 1:
            return Agreement.HANDED_ON
        return Agreement.WRONG

    def _root(self, tenant: str) -> str:
        while (above := self._group.setdefault(tenant, tenant)) != tenant:
            tenant = above
        return tenant

    def _join(self, one: str, other: str) -> None:
        self._group[self._root(one)] = self._root(other)
