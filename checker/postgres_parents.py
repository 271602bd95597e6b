"""Who holds the rows that foreign keys lead to, and whether a conflict is the row's own or its parent's.

A child tells something about its parent. When a thread is moved to another tenant, all its messages disagree with it:
that is one cause, and it lies in the thread. When one message is moved into a thread, the thread's other messages agree
with the thread: then the cause lies in the message. So conflicts with a parent of which nothing else is known yet are
held back until all its children have been read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from checker.scan import FindingShelf
from evidence.findings import Sighting

SUSPICIONS_KEPT = 20_000

MapName = tuple[int, tuple[str, ...]]
"""A table (its root's oid) and the columns by which others refer to its rows."""


class Cause(NamedTuple):
    """What further conflicts of the same origin are counted to."""

    sighting: Sighting
    suspicion: Suspicion | None = None


@dataclass(frozen=True, slots=True)
class Contested:
    """A row that shows a second tenant: who holds it, and the cause by each other tenant it shows."""

    tenant: int
    causes: dict[int, Cause]


Holder: TypeAlias = "int | Contested"  # an int is tenant * 2, plus 1 if the row is confirmed to be the tenant's


@dataclass(slots=True)
class Suspicion:
    """Children that disagree with a parent: what to report if it is the parent that was misfiled, and if not.

    Attributes:
        parent: the sighting of the parent, by each tenant that its children name.
        children: the children's own sightings with their counts, by that tenant and the children's group.
    """

    parent: dict[int, Sighting] = field(default_factory=dict)
    children: dict[tuple[int, str], tuple[Sighting, int]] = field(default_factory=dict)

    def add(self, tenant: int, child: Sighting) -> None:
        """Counts a child that names ``tenant``."""
        key = (tenant, child.group)
        first, count = self.children.get(key, (child, 0))
        self.children[key] = (first, count + 1)

    def settle(self, confirmed: bool, shelf: FindingShelf) -> None:
        """Reports the parent if all its children name one and the same other tenant, else the children."""
        blamed = next(iter(self.parent.values())) if len(self.parent) == 1 and not confirmed else None
        for sighting, count in self.children.values():
            shelf.add(blamed or sighting, count)


class Parents:
    """The holders of all rows that others refer to, by the columns they are referred to by.

    Args:
        shelf: takes what is settled.
    """

    def __init__(self, shelf: FindingShelf) -> None:
        self._shelf = shelf
        self.pending: set[MapName] = set()  # where some rows' holders will only be known at the end
        self._maps: dict[MapName, dict[bytes, Holder]] = {}
        self._suspicions: dict[tuple[MapName, bytes], Suspicion] = {}

    def map_of(self, name: MapName) -> dict[bytes, Holder]:
        """Returns the holders of a table's rows by these columns' text, to be read and filled in."""
        return self._maps.setdefault(name, {})

    def confirm(self, name: MapName, key: bytes) -> None:
        """Notes that a child of the row agrees with its holder."""
        holder = self._maps[name].get(key)
        if isinstance(holder, int):
            self._maps[name][key] = holder | 1

    def suspect(self, name: MapName, key: bytes, tenant: int, parent: Sighting, child: Sighting) -> Cause:
        """Takes the sighting of a child that disagrees with its parent.

        Args:
            name: where the parent is known.
            key: the parent's key.
            tenant: the tenant that the child names.
            parent: what to report if the parent is to blame.
            child: what to report if it isn't.

        Returns:
            What conflicts of the child's own children are counted to.
        """
        holder = self._maps[name].get(key)
        if isinstance(holder, Contested):
            cause = holder.causes.get(tenant)
            if cause is not None:
                return self.count(cause, tenant)
        suspicion = self._suspicions.get((name, key))
        confirmed = isinstance(holder, int) and bool(holder & 1)
        if confirmed or (suspicion is None and len(self._suspicions) >= SUSPICIONS_KEPT):
            return Cause(self._shelf.add(child))
        if suspicion is None:
            suspicion = self._suspicions[name, key] = Suspicion()
        suspicion.parent.setdefault(tenant, parent)
        suspicion.add(tenant, child)
        return Cause(child, suspicion)

    def count(self, cause: Cause, tenant: int) -> Cause:
        """Counts one more conflict of a known cause."""
        if cause.suspicion is None:
            self._shelf.add(cause.sighting)
        else:
            cause.suspicion.add(tenant, cause.sighting)
        return cause

    def settle(self) -> None:
        """Reports everything held back; to be called once all children have been read."""
        for (name, key), suspicion in self._suspicions.items():
            holder = self._maps[name].get(key)
            suspicion.settle(isinstance(holder, int) and bool(holder & 1), self._shelf)
        self._suspicions.clear()


class Late(NamedTuple):
    """A row with a foreign key to a row that may not have been read yet (its own table's, or in a circle of tables).

    Attributes:
        parent: where its parent will be known.
        key: its parent's key.
        tenant: who holds the row by itself, or None.
        named: whether a name says so, rather than content.
        own: where the row itself is known, and its key there.
        table: the table it lies in.
        row: the text of its own key columns, with tabs between.
    """

    parent: MapName
    key: bytes
    tenant: int | None
    named: bool
    own: tuple[tuple[MapName, bytes], ...]
    table: int
    row: bytes


def resolve_late(late: list[Late], parents: Parents) -> Iterator[tuple[Late, int]]:
    """Follows late foreign keys until nothing new is learnt.

    Yields:
        The rows whose parent's holder is known, and that holder; the rows that had none by themselves have it now.
    """
    waiting = late
    while waiting:
        still: list[Late] = []
        for row in waiting:
            holder = parents.map_of(row.parent).get(row.key)
            if holder is None:
                still.append(row)
                continue
            tenant = holder.tenant if isinstance(holder, Contested) else holder >> 1
            if row.tenant is None:
                for name, key in row.own:
                    parents.map_of(name).setdefault(key, tenant << 1)
            yield row, tenant
        if len(still) == len(waiting):
            return
        waiting = still
