"""Reads tables that several tenants share on purpose: what has arrived there, and what is left of removed tenants."""

from __future__ import annotations

from collections.abc import Iterator

from checker.names import Named
from checker.ownership import Claim, claim_of, survivor_of
from checker.postgres_catalogue import Table
from checker.postgres_copy import cells_at, unescape
from checker.postgres_looking import Looking
from checker.postgres_places import literal, psql
from evidence.views import binary_values
from evidence.written_forms import hints


class SharedTable:
    """Takes the rows of one shared table. Nobody's row is anybody's there, so nothing is misfiled.

    Args:
        table: the table.
        looking: what to look with.
        keeps: whether it keeps what is a removed tenant's on purpose.
    """

    def __init__(self, table: Table, looking: Looking, *, keeps: bool) -> None:
        self._table = table
        self._look = looking
        self._scan = looking.scan
        self._content = looking.content
        self._labels = [column.name.encode() for column in table.columns]
        self._removed = frozenset() if keeps else looking.scan.removed

    def take(self, block: bytes) -> None:
        """Looks at a block of lines, or at a part of a value."""
        keyring = self._content.keyring
        for sighted in keyring.find(block):
            if keyring.is_current(sighted):
                self._scan.own_marks.add(sighted.mark.key)
                self._survived(claim_of(sighted, block, self._where, names_place=False))
            else:
                self._scan.earlier_runs += 1
        for cell in cells_at(block, hints(block)):
            for value in (unescape(cell), *binary_values(cell)):
                decoded = self._content.decoded(
                    value, self._where, lambda: "a value in a shared table", form="as stored"
                )
                for claim in decoded.claims:
                    if claim.mark is not None:
                        self._scan.own_marks.add(claim.mark.key)
                    self._survived(claim)
        if self._removed and self._content.names:
            for named, text in self._named(block):
                self._survived(
                    Claim(named.standing, named.tenant, self._where, named.what, text, named.start, named.end)
                )

    @property
    def _where(self) -> str:
        return f"table {self._table.label}"

    def _named(self, block: bytes) -> Iterator[tuple[Named, bytes]]:
        """Names that are no marks: whole cells, and quoted ones in documents."""
        for named in self._content.names.mentions(block):
            yield named, block
        for line in block.split(b"\n"):
            for label, cell in zip(self._labels, line.split(b"\t"), strict=False):
                whole = self._content.names.whole(cell, label)
                if whole is not None:
                    yield whole, line

    def _survived(self, claim: Claim) -> None:
        if claim.tenant not in self._removed:
            return
        said = claim.text[claim.start : claim.end].decode("utf-8", "replace")
        table = self._table.quoted
        self._look.shelf.add(
            survivor_of(
                claim,
                place=f"postgres {self._table.label}",
                group=self._table.label,
                reproduce=psql(f"SELECT * FROM {table} AS row WHERE row::text LIKE {literal(f'%{said}%')}"),
                at_s=self._look.at_s,
                shared=True,
            )
        )
