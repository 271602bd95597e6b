"""What foreign keys say of rows: who holds the parents, which of the two is to blame, and what rows hold for others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from checker.ownership import Claim, Standing
from checker.postgres_catalogue import Catalogue, Table
from checker.postgres_looking import Looking
from checker.postgres_parents import Cause, Contested, Holder, Late, MapName, Parents
from checker.postgres_places import condition, identity, key_of, psql
from checker.postgres_sightings import RowSightings
from evidence.findings import Sighting

LATE_KEPT = 1_000_000


@dataclass(frozen=True, slots=True)
class Edge:
    """A foreign key as the rows use it: which cells, where their parents' holders are known, and under which names."""

    indexes: tuple[int, ...]
    name: MapName
    holders: dict[bytes, Holder]
    where: str
    target: str
    target_quoted: str
    late: bool


class Own(NamedTuple):
    """Cells by which other tables refer to the row."""

    indexes: tuple[int, ...]
    name: MapName
    holders: dict[bytes, Holder]


class Reference(NamedTuple):
    """A row's reference to a parent that somebody is known to hold."""

    edge: Edge
    key: bytes
    claim: Claim


def edges_of(table: Table, readable: Mapping[int, Table], done: Collection[int], parents: Parents) -> Iterator[Edge]:
    """Yields the foreign keys to tables that are read; one to a table that isn't finished yet is followed at the end.

    Args:
        table: whose rows refer.
        readable: the tables that are read and judged, by their root.
        done: the roots that have been read whole.
        parents: knows the holders.
    """
    for key in table.foreign_keys:
        target = readable.get(key.target)
        if target is not None:
            name = (key.target, key.target_columns)
            yield Edge(
                indexes=table.indexes(key.columns),
                name=name,
                holders=parents.map_of(name),
                where=f"column {', '.join(key.columns)}",
                target=target.label,
                target_quoted=target.quoted if target.oid == target.root else target.label,
                late=key.target not in done,
            )


def own_of(table: Table, catalogue: Catalogue, parents: Parents) -> Iterator[Own]:
    """Yields the columns by which other tables refer to this one."""
    referred = {
        key.target_columns for other in catalogue.tables for key in other.foreign_keys if key.target == table.root
    }
    for columns in sorted(referred):
        name = (table.root, columns)
        yield Own(table.indexes(columns), name, parents.map_of(name))


class RowLinks:
    """Follows the foreign keys of one table's rows, and notes who holds them for those that refer to them.

    Args:
        table: the table.
        looking: what to look with.
        sightings: says where the rows lie.
        edges: its foreign keys that are followed.
        own: the columns by which others refer to it.

    Attributes:
        cells: the cells that it needs of a row.
    """

    def __init__(
        self, table: Table, looking: Looking, sightings: RowSightings, edges: Sequence[Edge], own: Sequence[Own]
    ) -> None:
        self._table = table
        self._look = looking
        self._sightings = sightings
        self._edges = edges
        self._own = own
        referenced = {index for own_key in own for index in own_key.indexes}
        followed = {index for edge in edges for index in edge.indexes}
        self.cells = referenced | followed
        self._called = {sightings.where[index] for index in referenced - followed}

    def __bool__(self) -> bool:
        """Whether the table has foreign keys that are followed."""
        return bool(self._edges)

    def references(self, cells: list[bytes], claims: list[Claim]) -> list[Reference]:
        """Returns what a row refers to. A cell that names a tenant by itself needs no parent for that."""
        if not self._edges:
            return []
        named = {claim.where for claim in claims if claim.standing is Standing.NAME}
        found: list[Reference] = []
        for edge in self._edges:
            if edge.late or any(self._sightings.where[index] in named for index in edge.indexes):
                continue
            key = key_of(cells, edge.indexes)
            holder = edge.holders.get(key) if key is not None else None
            if holder is not None and key is not None:
                tenant = holder.tenant if isinstance(holder, Contested) else holder >> 1
                what = f"reference to {edge.target}"
                found.append(Reference(edge, key, Claim(Standing.PARENT, tenant, edge.where, what, key, 0, len(key))))
        return found

    def report(
        self, sighting: Sighting, holder: Claim, foreign: Claim, claims: list[Claim], references: Sequence[Reference]
    ) -> Cause:
        """Decides whether a conflict is the row's own or that of one of its parents, and has it counted there."""
        look = self._look
        for edge, key, claim in references:
            accused, witness = claim.tenant, foreign.tenant
            if accused == foreign.tenant:
                witness = holder.tenant
            elif accused != holder.tenant:
                continue
            if any(c.tenant == accused and c.standing is not Standing.PARENT for c in claims):
                continue  # the row itself names this tenant too: the conflict does not come from the parent alone
            known = edge.holders[key]
            if isinstance(known, Contested) and witness in known.causes:
                return look.parents.count(known.causes[witness], witness)
            if isinstance(known, int) and not known & 1:
                parent = _parent_sighting(edge, key, accused, witness, sighting)
                return look.parents.suspect(edge.name, key, witness, parent, sighting)
        return Cause(look.shelf.add(sighting))

    def confirm(self, holder: Claim, claims: list[Claim], references: Sequence[Reference]) -> None:
        """Confirms the parents of a row that says by itself that it is the same tenant's."""
        for edge, key, claim in references:
            own_word = any(c.tenant == claim.tenant and c.standing is not Standing.PARENT for c in claims)
            if own_word and claim.tenant == holder.tenant and not _is_confirmed(edge.holders[key]):
                self._look.parents.confirm(edge.name, key)

    def register(self, cells: list[bytes], holder: Claim, claims: list[Claim], causes: dict[int, Cause]) -> None:
        """Makes a row known to those that refer to it."""
        if not self._own:
            return
        known: Holder
        if causes:
            known = Contested(holder.tenant, causes)
        else:
            known = holder.tenant << 1 | self._speaks_for_itself(claims)
        for own in self._own:
            key = key_of(cells, own.indexes)
            if key is not None:
                own.holders[key] = known

    def _speaks_for_itself(self, claims: list[Claim]) -> bool:
        """Whether the row says twice whose it is, or once by what it is itself called."""
        places = {claim.where for claim in claims}
        return len(places) > 1 or not self._called.isdisjoint(places)

    def note_late(self, cells: list[bytes], holder: Claim | None) -> None:
        """Remembers foreign keys whose parent, or whose parent's holder, may only be known at the end."""
        parents, late = self._look.parents, self._look.late
        for edge in self._edges:
            key = key_of(cells, edge.indexes) if edge.late or edge.name in parents.pending else None
            if key is None or (not edge.late and key in edge.holders) or (holder is None and not self._own):
                continue
            if len(late) >= LATE_KEPT:
                return
            own = tuple((own.name, own_key) for own in self._own if (own_key := key_of(cells, own.indexes)) is not None)
            if holder is None:
                parents.pending.update(name for name, _ in own)
            named = holder is not None and holder.standing in (Standing.NAME, Standing.ALIAS)
            row = self._sightings.key_of(cells)
            late.append(Late(edge.name, key, holder.tenant if holder else None, named, own, self._table.oid, row))


def _parent_sighting(edge: Edge, key: bytes, accused: int, witness: int, child: Sighting) -> Sighting:
    names = edge.name[1]
    return Sighting(
        kind=child.kind,
        owner=witness,
        recipient=accused,
        place=f"postgres {edge.target} {identity(names, key)}",
        group=edge.target,
        at_s=child.at_s,
        excerpt=child.excerpt,
        reproduce=psql(f"SELECT * FROM {edge.target_quoted} WHERE {condition(names, key)}"),
        severity=child.severity,
        detail=f"the row is that of tenant {accused}, and every row that refers to it names tenant {witness}; the "
        f"first: {child.place}",
    )


def _is_confirmed(holder: Holder) -> bool:
    return not isinstance(holder, int) or bool(holder & 1)
