"""Judges the rows of one table as COPY writes them: whose row, whose data, and whether its parent is to blame."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from checker.content import Content, Decoded
from checker.names import Named
from checker.ownership import (
    Claim,
    GatheredClaims,
    Standing,
    across_runs,
    claim_of,
    judge,
    shortened,
    sighting_of,
    survivor_of,
)
from checker.postgres_catalogue import Table
from checker.postgres_copy import NULL, unescape
from checker.postgres_homes import claims_of_name, pattern_of_name
from checker.postgres_large import Window
from checker.postgres_owners import WHAT as OWNER
from checker.postgres_owners import OwnerColumn
from checker.postgres_parents import Cause, Contested, Holder, Late, MapName, Parents
from checker.postgres_places import condition, identity, key_names, key_of, label_of, psql
from checker.scan import FindingShelf, StoreScan
from evidence.findings import Sighting
from evidence.marks import MarkKind, Sighted
from evidence.views import binary_values
from evidence.written_forms import hints

LATE_KEPT = 1_000_000
AS_IT_IS = " "  # the path of a claim in a value that is no longer as COPY wrote it, with nothing else undone
# COPY doubles the backslash of a hyphen that was stored as \u002d; written plainly, the mark is recognised.
_ESCAPED_HYPHEN = re.compile(rb"\\+u002d", re.IGNORECASE)


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


@dataclass(frozen=True)
class Looking:
    """What every table is looked at with."""

    scan: StoreScan
    shelf: FindingShelf
    content: Content
    parents: Parents
    late: list[Late]
    at_s: float
    objects: dict[bytes, int] = field(default_factory=dict)  # who holds the rows that refer to large objects


class RowJudge:
    """Takes the rows of one table.

    Args:
        table: the table; ``ctid`` must be its last column in the rows if it has no primary key.
        looking: what to look with.
        edges: its foreign keys that are followed.
        own: the columns by which others refer to it.
        owners: the columns that the profile calls the owner's.
        opaque: names of columns that the profile says can't be read.
        keeps: whether it keeps what is a removed tenant's on purpose.

    Attributes:
        kept: the cells that must come with the row: its keys.
    """

    def __init__(
        self,
        table: Table,
        looking: Looking,
        edges: Sequence[Edge],
        own: Sequence[Own],
        owners: Sequence[OwnerColumn] = (),
        opaque: Collection[str] = (),
        *,
        keeps: bool = False,
    ) -> None:
        self._table = table
        self._look = looking
        self._scan = looking.scan
        self._content = looking.content
        self._keyring = looking.content.keyring
        self._names = looking.content.names
        self._removed = frozenset() if keeps else looking.scan.removed
        self._edges = list(edges)
        self._own = list(own)
        self._where = [f"column {column.name}" for column in table.columns] + ["column ctid"]
        self._labels = [label_of(table, column.name).encode() for column in table.columns] + [b"ctid"]
        self._owners = list(owners)
        self._opaque = {index: f"{table.label}.{c.name}" for index, c in enumerate(table.columns) if c.name in opaque}
        self._binary = [i for i, column in enumerate(table.columns) if column.binary and i not in self._opaque]
        self._numbers = [index for index, column in enumerate(table.columns) if column.number]
        self._key = table.indexes(table.key) or (len(table.columns),)
        self._referenced = {index for own_key in own for index in own_key.indexes}
        self._followed = {index for edge in edges for index in edge.indexes}
        self.kept = {*self._key, *self._referenced, *self._followed}
        self._home = claims_of_name(table, looking.content)
        self._unreadable: set[str] = set()  # columns of the row being read
        self._group = pattern_of_name(table, looking.content) if self._home else table.label
        told = self._home or self._edges or self._owners or self._opaque
        self._always = bool(told or self._binary or looking.content.names.weak)

    def take(self, block: bytes) -> None:
        """Looks at a block of whole lines."""
        if b"u002" in block or b"U002" in block:
            block = _ESCAPED_HYPHEN.sub(b"-", block)
        marks = self._keyring.find(block)
        mentions = sorted(self._names.mentions(block), key=lambda named: named.start) if self._names else []
        strong = self._names.strong.keys()
        encoded = sorted([*hints(block), *self._amount_starts(block)])
        named = not strong.isdisjoint(block.replace(b"\n", b"\t").split(b"\t"))
        if self._always or marks or mentions or encoded or named:
            self._take_lines(block, marks, mentions, encoded, named)
        else:
            self._scan.unattributed += block.count(b"\n")

    def _take_lines(
        self, block: bytes, marks: list[Sighted], mentions: list[Named], encoded: list[int], named: bool
    ) -> None:
        """Judges the lines that hold something, given where in the block it is."""
        always, strong = self._always, self._names.strong.keys()
        start, mark, mention, hint = 0, 0, 0, 0
        lines = block.split(b"\n")
        lines.pop()
        for line in lines:
            end = start + len(line)
            first_mark, first_mention, first_hint = mark, mention, hint
            while mark < len(marks) and marks[mark].start < end:
                mark += 1
            while mention < len(mentions) and mentions[mention].start < end:
                mention += 1
            while hint < len(encoded) and encoded[hint] < end:
                hint += 1
            told = always or mark > first_mark or mention > first_mention or hint > first_hint
            if told or (named and not strong.isdisjoint(line.split(b"\t"))):
                cells, seen = line.split(b"\t"), encoded[first_hint:hint]
                self._row(cells, start, marks[first_mark:mark], mentions[first_mention:mention], seen)
            else:
                self._scan.unattributed += 1
            start = end + 1

    def take_large(self, line: bytes, large: Iterable[tuple[int, Iterable[Window]]]) -> None:
        """Looks at one row whose large values come apart from it.

        Args:
            line: the row, with nulls in place of its large values.
            large: the columns of its large values, and each value in windows.
        """
        line = line.rstrip(b"\n")
        gathered, own, strangers = GatheredClaims(), set[tuple[MarkKind, int, int]](), list[Claim]()
        key, earlier = line.split(b"\t"), 0
        for index, windows in large:
            for window in windows:
                where = self._where[index]
                place = partial(self._place, key, where)
                decoded = self._content.decoded(window.text, where, place, whole=False)
                self._note_unreadable(index, decoded)
                for claim in decoded.claims:
                    gathered.add(claim)
                    if claim.mark is not None:
                        own.add((claim.mark.kind, claim.mark.tenant, claim.mark.sequence))
                strangers += map(shortened, decoded.strangers[:1])
                earlier += len(decoded.strangers)
                self._scan.bytes += len(window.text) if window.accept is None else window.accept
                for sighted in self._keyring.find(window.text):
                    if window.accept is not None and sighted.start >= window.accept:
                        continue
                    current = self._keyring.is_current(sighted)
                    claim = claim_of(sighted, window.text, where, names_place=False, current=current)
                    if not current:
                        earlier += 1
                        strangers = strangers or [shortened(claim)]
                        continue
                    gathered.add(claim)
                    own.add((sighted.mark.kind, sighted.mark.tenant, sighted.mark.sequence))
                for named in self._names.mentions(window.text):
                    gathered.add(Claim(named.standing, named.tenant, where, named.what, window.text, *named[3:]))
        self._scan.earlier_runs += earlier
        mentions = sorted(self._names.mentions(line), key=lambda named: named.start)
        marks = self._keyring.find(line)
        encoded = [*hints(line), *self._amount_starts(line)]
        holder = self._row(line.split(b"\t"), 0, marks, mentions, encoded, gathered.claims(), strangers)
        self._scan.own_marks.update(mark for mark in own if mark[1] == holder)

    def _row(
        self,
        cells: list[bytes],
        start: int,
        marks: list[Sighted],
        mentions: list[Named],
        encoded: Sequence[int] = (),
        more: Sequence[Claim] = (),
        more_strangers: Sequence[Claim] = (),
    ) -> int | None:
        """Judges one row, with the claims of its large values if it has any, and returns who holds it."""
        claims, strangers = self._claims(cells, start, marks, mentions, encoded)
        unreadable, self._unreadable = self._unreadable, set()
        claims += more
        claims += self._home
        strangers += more_strangers
        claims = [*(claim for column in self._owners if (claim := column.claim(cells))), *claims]
        for index, column_name in self._opaque.items():
            if cells[index] != NULL:
                self._scan.left_out[column_name] = self._scan.left_out.get(column_name, 0) + 1
        parents = self._parent_claims(cells, claims) if self._edges else []
        claims += [claim for _, _, claim in parents]
        if not claims:
            self._scan.unattributed += not strangers
            self._note_late(cells, None)
            return None
        holder, foreign = judge(claims)
        assert holder is not None
        if holder.what == OWNER and any(claim.standing is Standing.NAME for claim in foreign):
            self._owners[0].contradicted += 1
        for column_name in unreadable:
            self._scan.unreadable[column_name] = self._scan.unreadable.get(column_name, 0) + 1
        if self._scan.explain:
            self._scan.belongs[self._group, f"{holder.what} in {holder.where}"] += 1
        for claim in claims:
            if claim.mark is not None and claim.tenant == holder.tenant:
                self._scan.own_marks.add((claim.mark.kind, claim.mark.tenant, claim.mark.sequence))
        conflict = across_runs(holder, strangers)
        if conflict is not None:
            self._look.shelf.add(self._sighting(cells, *conflict))
        if holder.tenant in self._removed:
            self._look.shelf.add(self._survivor(cells, holder))
        causes = {claim.tenant: self._report(cells, holder, claim, claims, parents) for claim in foreign}
        for edge, key, claim in parents:
            own_word = any(c.tenant == claim.tenant and c.standing is not Standing.PARENT for c in claims)
            if own_word and claim.tenant == holder.tenant and not _is_confirmed(edge.holders[key]):
                self._look.parents.confirm(edge.name, key)
        self._register(cells, holder, claims, causes)
        for index in self._numbers:
            if len(self._look.objects) < LATE_KEPT:
                self._look.objects.setdefault(cells[index], holder.tenant)
        self._note_late(cells, holder)
        return holder.tenant

    def _amount_starts(self, block: bytes) -> list[int]:
        return [start for _, start, _ in self._content.amounts.members(block)]

    def _claims(
        self, cells: list[bytes], start: int, marks: list[Sighted], mentions: list[Named], encoded: Sequence[int]
    ) -> tuple[list[Claim], list[Claim]]:
        """The claims of this run and those of earlier ones."""
        keyring, names = self._keyring, self._names
        claims: list[Claim] = []
        strangers: list[Claim] = []
        starts = list(itertools.accumulate([len(cell) + 1 for cell in cells], initial=start))
        for sighted in marks:
            at, current = bisect.bisect_right(starts, sighted.start) - 1, keyring.is_current(sighted)
            claim = claim_of(sighted, cells[at], self._where[at], starts[at], names_place=False, current=current)
            (claims if current else strangers).append(claim)
        if names:
            known = names.weak or not names.strong.keys().isdisjoint(cells)
            for at, cell in enumerate(cells) if known else ():
                named = names.whole(cell, self._labels[at])
                if named is not None:
                    where = self._where[at]
                    claims.append(Claim(named.standing, named.tenant, where, named.what, cell, 0, len(cell)))
            for named in mentions:
                at = bisect.bisect_right(starts, named.start) - 1
                begin, end = named.start - starts[at], named.end - starts[at]
                claims.append(Claim(named.standing, named.tenant, self._where[at], named.what, cells[at], begin, end))
        self._decode(cells, {bisect.bisect_right(starts, hint) - 1 for hint in encoded}, claims, strangers)
        self._scan.earlier_runs += len(strangers)
        return claims, strangers

    def _decode(self, cells: list[bytes], encoded: set[int], claims: list[Claim], strangers: list[Claim]) -> None:
        """Adds what cells say once decoded to the claims of this run and to those of earlier ones."""
        for at in sorted(encoded.difference(self._binary, self._opaque)):
            value, where = unescape(cells[at]), self._where[at]
            claims += [claim._replace(path=AS_IT_IS) for claim in self._content.amounts.of_members(value, where)]
            decoded = self._content.decoded(value, where, partial(self._place, cells, where))
            self._note_unreadable(at, decoded)
            claims += decoded.claims
            strangers += decoded.strangers
        for at in self._binary:
            for value in binary_values(cells[at]) if cells[at] != NULL else ():
                where = self._where[at]
                decoded = self._content.decoded(value, where, partial(self._place, cells, where), form="bytea")
                self._note_unreadable(at, decoded)
                claims += decoded.claims
                strangers += decoded.strangers

    def _note_unreadable(self, at: int, decoded: Decoded) -> None:
        if decoded.unreadable and at not in self._opaque:
            self._unreadable.add(f"{self._group}.{self._table.columns[at].name}")

    def _place(self, cells: list[bytes], where: str) -> str:
        row, names = b"\t".join(cells[index] for index in self._key), key_names(self._table)
        return f"postgres {self._table.label} {identity(names, row)} {where}"

    def _parent_claims(self, cells: list[bytes], claims: list[Claim]) -> list[tuple[Edge, bytes, Claim]]:
        """A cell that names a tenant by itself needs no parent for that."""
        named = {claim.where for claim in claims if claim.standing is Standing.NAME}
        found: list[tuple[Edge, bytes, Claim]] = []
        for edge in self._edges:
            if edge.late or any(self._where[index] in named for index in edge.indexes):
                continue
            key = key_of(cells, edge.indexes)
            holder = edge.holders.get(key) if key is not None else None
            if holder is not None and key is not None:
                tenant = holder.tenant if isinstance(holder, Contested) else holder >> 1
                what = f"reference to {edge.target}"
                found.append((edge, key, Claim(Standing.PARENT, tenant, edge.where, what, key, 0, len(key))))
        return found

    def _report(
        self,
        cells: list[bytes],
        holder: Claim,
        foreign: Claim,
        claims: list[Claim],
        parents: list[tuple[Edge, bytes, Claim]],
    ) -> Cause:
        """Decides whether the conflict is the row's own or that of one of its parents, and has it counted there."""
        look = self._look
        sighting = self._sighting(cells, holder, foreign)
        for edge, key, claim in parents:
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
                parent = self._parent_sighting(edge, key, accused, witness, sighting)
                return look.parents.suspect(edge.name, key, witness, parent, sighting)
        return Cause(look.shelf.add(sighting))

    def _register(self, cells: list[bytes], holder: Claim, claims: list[Claim], causes: dict[int, Cause]) -> None:
        """Makes the row known to those that refer to it."""
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
        return len(places) > 1 or any(self._where[index] in places for index in self._referenced - self._followed)

    def _note_late(self, cells: list[bytes], holder: Claim | None) -> None:
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
            row = b"\t".join(cells[index] for index in self._key)
            late.append(Late(edge.name, key, holder.tenant if holder else None, named, own, self._table.oid, row))

    def _sighting(self, cells: list[bytes], holder: Claim, foreign: Claim) -> Sighting:
        return sighting_of(
            _readable(holder),
            _readable(foreign),
            place=self._place(cells, foreign.where),
            group=self._group,
            reproduce=self._command(cells, holder, foreign),
            at_s=self._look.at_s,
        )

    def _survivor(self, cells: list[bytes], holder: Claim) -> Sighting:
        return survivor_of(
            _readable(holder),
            place=self._place(cells, holder.where),
            group=self._group,
            reproduce=self._command(cells, holder),
            at_s=self._look.at_s,
        )

    def _command(self, cells: list[bytes], *claims: Claim) -> str:
        """The exact read command for the columns that the claims stand in."""
        row, names = b"\t".join(cells[index] for index in self._key), key_names(self._table)
        shown = {claim.where.removeprefix("column ") for claim in claims}
        columns = ", ".join(column.quoted for column in self._table.columns if column.name in shown) or "*"
        return psql(f"SELECT {columns} FROM {self._table.quoted} WHERE {condition(names, row)}")

    def _parent_sighting(self, edge: Edge, key: bytes, accused: int, witness: int, child: Sighting) -> Sighting:
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


def _readable(claim: Claim) -> Claim:
    """The same claim in the value that COPY escaped; what has been decoded is readable already."""
    if claim.path:
        return claim._replace(path=claim.path.strip())
    before, mark = unescape(claim.text[: claim.start]), claim.text[claim.start : claim.end]
    text = before + mark + unescape(claim.text[claim.end :])
    return claim._replace(text=text, start=len(before), end=len(before) + len(mark))
