"""What the cells of a row claim: marks, names and amounts, as they stand there and once decoded."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Collection, Iterable, Sequence
from functools import partial

from checker.content import Content, Decoded
from checker.gathered_claims import GatheredClaims
from checker.names import Named
from checker.ownership import Claim, claim_of, note_strangers
from checker.postgres_catalogue import Table
from checker.postgres_copy import NULL, unescape
from checker.postgres_large import Window
from checker.postgres_places import label_of
from checker.postgres_sightings import RowSightings
from checker.scan import StoreScan
from evidence.marks import MarkKey, Sighted
from evidence.views import binary_values

AS_IT_IS = " "  # the path of a claim in a value that is no longer as COPY wrote it, with nothing else undone


class CellClaims:
    """Reads the claims of one table's rows.

    Args:
        table: the table.
        content: recognises marks, names and amounts, and sees through encodings.
        scan: counts bytes and marks of earlier runs.
        sightings: says where the rows lie.
        opaque: the cells that the profile says can't be read.

    Attributes:
        binary: the cells whose values are bytes, and which are decoded always.
        unreadable: names of the columns in which something could not be seen through; who reads a row takes them.
    """

    def __init__(
        self, table: Table, content: Content, scan: StoreScan, sightings: RowSightings, opaque: Collection[int]
    ) -> None:
        self._table = table
        self._content = content
        self._keyring = content.keyring
        self._names = content.names
        self._scan = scan
        self._sightings = sightings
        self._where = sightings.where
        self._labels = [label_of(table, column.name).encode() for column in table.columns] + [b"ctid"]
        self._opaque = opaque
        self.binary = [i for i, column in enumerate(table.columns) if column.binary and i not in opaque]
        self.unreadable: set[str] = set()

    def of(
        self, cells: list[bytes], start: int, marks: list[Sighted], mentions: list[Named], encoded: Sequence[int]
    ) -> tuple[list[Claim], list[Claim]]:
        """Returns the claims of this run and those of earlier ones.

        Args:
            cells: the row.
            start: where it starts in the text that the other three speak of.
            marks: its marks.
            mentions: the names in it.
            encoded: where something may be encoded.
        """
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

    def of_large(
        self, cells: list[bytes], large: Iterable[tuple[int, Iterable[Window]]]
    ) -> tuple[list[Claim], list[Claim], set[MarkKey]]:
        """Returns the claims of large values: those of this run, those of earlier ones, and all of this run's marks.

        Args:
            cells: the row, with nulls in place of its large values.
            large: the columns of its large values, and each value in windows.
        """
        gathered, strangers, earlier = GatheredClaims(), list[Claim](), 0
        for index, windows in large:
            for window in windows:
                where = self._where[index]
                place = partial(self._sightings.place, cells, where)
                decoded = self._content.decoded(window.text, where, place, whole=False)
                self._note_unreadable(index, decoded)
                for claim in decoded.claims:
                    gathered.add(claim)
                note_strangers(strangers, decoded.strangers)
                earlier += len(decoded.strangers)
                self._scan.bytes += len(window.text) if window.accept is None else window.accept
                for sighted in self._keyring.find(window.text):
                    if window.accept is not None and sighted.start >= window.accept:
                        continue
                    current = self._keyring.is_current(sighted)
                    claim = claim_of(sighted, window.text, where, names_place=False, current=current)
                    if not current:
                        earlier += 1
                        note_strangers(strangers, [claim])
                        continue
                    gathered.add(claim)
                for claim in self._content.amounts.of_members(window.text, where):
                    if window.accept is None or claim.start < window.accept:
                        gathered.add(claim)
                for named in self._names.mentions(window.text):
                    gathered.add(Claim(named.standing, named.tenant, where, named.what, window.text, *named[3:]))
        self._scan.earlier_runs += earlier
        return gathered.claims(), strangers, gathered.marks

    def _decode(self, cells: list[bytes], encoded: set[int], claims: list[Claim], strangers: list[Claim]) -> None:
        """Adds what cells say once decoded to the claims of this run and to those of earlier ones."""
        for at in sorted(encoded.difference(self.binary, self._opaque)):
            value, where = unescape(cells[at]), self._where[at]
            claims += [claim._replace(path=AS_IT_IS) for claim in self._content.amounts.of_members(value, where)]
            decoded = self._content.decoded(value, where, partial(self._sightings.place, cells, where))
            self._note_unreadable(at, decoded)
            claims += decoded.claims
            strangers += decoded.strangers
        for at in self.binary:
            for value in binary_values(cells[at]) if cells[at] != NULL else ():
                where = self._where[at]
                decoded = self._content.decoded(
                    value, where, partial(self._sightings.place, cells, where), form="bytea"
                )
                self._note_unreadable(at, decoded)
                claims += decoded.claims
                strangers += decoded.strangers

    def _note_unreadable(self, at: int, decoded: Decoded) -> None:
        if decoded.unreadable and at not in self._opaque:
            self.unreadable.add(self._table.columns[at].name)
