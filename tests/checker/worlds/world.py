"""What a hand-written store is: how it is filled, how its tenants are called, and leaks with known answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from checker.scan import StoreScan
from evidence.budgets import BudgetBands
from evidence.findings import FindingKind
from evidence.naming import Naming, naming_of
from tests.checker.store_worlds import KEY, A, B, C, World, thread

D = 4
TENANTS = (A, B, C, D)
EVERYBODY = tuple(range(2 * 8))  # two of each family of slugs
BANDS = BudgetBands(KEY)
UUIDS = naming_of("uuid", KEY)
SLUGS = naming_of("slug", KEY)
INTEGERS = naming_of("integer", KEY)
MAILS = naming_of("email", KEY)

Answer = tuple[int, int, str]
"""Whose data, where it lay, the group of places."""


@dataclass(frozen=True)
class Leak:
    """Something put where it doesn't belong, and exactly what must be found then."""

    name: str
    steps: Any
    answers: Sequence[Answer]
    kind: FindingKind = FindingKind.MISFILED_DATA
    path: str = ""


@dataclass(frozen=True)
class Store:
    """A store of somebody else's design.

    Attributes:
        name: how its tenants are kept apart.
        clean: fills it: SQL statements, or a function of a Redis client.
        leaks: each put into the clean store alone.
        naming: how its tenants are called.
        tenants: who they are.
        shared: what is declared as shared on purpose.
        unattributed: units that nobody can be named for, in the clean store.
        learnt: whether the service's thread ids are known to the run.
        fields: JSON members that hold remaining amounts.
    """

    name: str
    clean: Any
    leaks: Sequence[Leak] = ()
    naming: Naming = UUIDS
    tenants: Sequence[int] = TENANTS
    shared: Sequence[str] = ()
    unattributed: int = 0
    learnt: bool = False
    fields: Sequence[str] = ()
    budgets: Sequence[Any] = ()
    extra: Mapping[str, int] = field(default_factory=dict)

    def world(self) -> World:
        """The roster of the run that made it."""
        names = {number: self.naming.name(number) for number in self.tenants}
        learnt = {thread(number): number for number in self.tenants} if self.learnt else {}
        return World(names, dict(self.extra), learnt)


def answers(scan: StoreScan) -> list[Answer]:
    """What was found, without counts."""
    found = []
    for finding in scan.findings:
        assert finding.owner is not None and finding.recipient is not None
        found.append((finding.owner, finding.recipient, finding.group))
    return sorted(found)


def cases(stores: Sequence[Store]) -> list[tuple[Store, Leak]]:
    """Every leak with its store."""
    return [(store, leak) for store in stores for leak in store.leaks]


def case_name(value: object) -> str:
    """What pytest calls a store or a leak."""
    return str(getattr(value, "name", value))
