"""Judges the rows of one table as COPY writes them: whose row, whose data, and whether its parent is to blame."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from checker.names import Named
from checker.ownership import Claim, Standing, across_runs, judge
from checker.postgres_catalogue import Table
from checker.postgres_claims import CellClaims
from checker.postgres_copy import NULL
from checker.postgres_homes import claims_of_name, pattern_of_name
from checker.postgres_large import Window
from checker.postgres_links import LATE_KEPT, Edge, Own, RowLinks
from checker.postgres_looking import Looking
from checker.postgres_owners import WHAT as OWNER
from checker.postgres_owners import OwnerColumn
from checker.postgres_sightings import RowSightings
from evidence.marks import Sighted
from evidence.written_forms import hints

# COPY doubles the backslash of a hyphen that was stored as \u002d; written plainly, the mark is recognised.
_ESCAPED_HYPHEN = re.compile(rb"\\+u002d", re.IGNORECASE)


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
        self._look = looking
        self._scan = looking.scan
        self._keyring = looking.content.keyring
        self._names = looking.content.names
        self._removed = frozenset() if keeps else looking.scan.removed
        self._home = claims_of_name(table, looking.content)
        self._group = pattern_of_name(table, looking.content) if self._home else table.label
        self._sightings = RowSightings(table, self._group, looking.at_s)
        self._links = RowLinks(table, looking, self._sightings, edges, own)
        self._owners = list(owners)
        self._opaque = {index: f"{table.label}.{c.name}" for index, c in enumerate(table.columns) if c.name in opaque}
        self._claims = CellClaims(table, looking.content, looking.scan, self._sightings, self._opaque)
        self._numbers = [index for index, column in enumerate(table.columns) if column.number]
        self.kept = {*self._sightings.key, *self._links.cells}
        told = self._home or self._links or self._owners or self._opaque
        self._always = bool(told or self._claims.binary or looking.content.names.weak)

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
        cells = line.split(b"\t")
        claims, strangers, own = self._claims.of_large(cells, large)
        mentions = sorted(self._names.mentions(line), key=lambda named: named.start)
        encoded = [*hints(line), *self._amount_starts(line)]
        holder = self._row(cells, 0, self._keyring.find(line), mentions, encoded, claims, strangers)
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
        claims, strangers = self._claims.of(cells, start, marks, mentions, encoded)
        unreadable, self._claims.unreadable = self._claims.unreadable, set()
        claims += more
        claims += self._home
        strangers += more_strangers
        claims = [*(claim for column in self._owners if (claim := column.claim(cells))), *claims]
        for index, column_name in self._opaque.items():
            if cells[index] != NULL:
                self._scan.left_out[column_name] = self._scan.left_out.get(column_name, 0) + 1
        references = self._links.references(cells, claims)
        claims += [reference.claim for reference in references]
        if not claims:
            self._scan.unattributed += not strangers
            self._links.note_late(cells, None)
            return None
        holder, foreign = judge(claims)
        assert holder is not None
        if holder.what == OWNER and any(claim.standing is Standing.NAME for claim in foreign):
            self._owners[0].contradicted += 1
        for column in unreadable:
            column_name = f"{self._group}.{column}"
            self._scan.unreadable[column_name] = self._scan.unreadable.get(column_name, 0) + 1
        if self._scan.explain:
            self._scan.belongs[self._group, f"{holder.what} in {holder.where}"] += 1
        for claim in claims:
            if claim.mark is not None and claim.tenant == holder.tenant:
                self._scan.own_marks.add(claim.mark.key)
        conflict = across_runs(holder, strangers)
        if conflict is not None:
            self._look.shelf.add(self._sightings.misfiled(cells, *conflict))
        if holder.tenant in self._removed:
            self._look.shelf.add(self._sightings.survivor(cells, holder))
        causes = {}
        for claim in foreign:
            sighting = self._sightings.misfiled(cells, holder, claim)
            causes[claim.tenant] = self._links.report(sighting, holder, claim, claims, references)
        self._links.confirm(holder, claims, references)
        self._links.register(cells, holder, claims, causes)
        for index in self._numbers:
            if len(self._look.objects) < LATE_KEPT:
                self._look.objects.setdefault(cells[index], holder.tenant)
        self._links.note_late(cells, holder)
        return holder.tenant

    def _amount_starts(self, block: bytes) -> list[int]:
        return [start for _, start, _ in self._look.content.amounts.members(block)]
