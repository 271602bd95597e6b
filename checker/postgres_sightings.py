"""What is said of a Postgres row: where it lies, what is wrong with it, and how to see it again."""

from __future__ import annotations

from checker.ownership import Claim, sighting_of, survivor_of
from checker.postgres_catalogue import Table
from checker.postgres_copy import unescape
from checker.postgres_places import condition, identity, key_names, psql
from evidence.findings import Sighting


class RowSightings:
    """Makes the sightings of one table's rows.

    Args:
        table: the table; ``ctid`` must be its last column in the rows if it has no primary key.
        group: what its sightings are grouped under.
        at_s: Unix time of the scan.

    Attributes:
        where: what each cell of a row is called.
        key: the cells that tell rows apart.
    """

    def __init__(self, table: Table, group: str, at_s: float) -> None:
        self._table = table
        self._group = group
        self._at_s = at_s
        self.where = [f"column {column.name}" for column in table.columns] + ["column ctid"]
        self.key = table.indexes(table.key) or (len(table.columns),)

    def key_of(self, cells: list[bytes]) -> bytes:
        """Returns the text of the cells that tell the row from others."""
        return b"\t".join(cells[index] for index in self.key)

    def place(self, cells: list[bytes], where: str) -> str:
        """Returns where a cell of a row lies, for people."""
        return f"postgres {self._table.label} {identity(key_names(self._table), self.key_of(cells))} {where}"

    def misfiled(self, cells: list[bytes], holder: Claim, foreign: Claim) -> Sighting:
        """Returns the sighting of another's data in a row."""
        return sighting_of(
            _readable(holder),
            _readable(foreign),
            place=self.place(cells, foreign.where),
            group=self._group,
            reproduce=self._command(cells, holder, foreign),
            at_s=self._at_s,
        )

    def survivor(self, cells: list[bytes], holder: Claim) -> Sighting:
        """Returns the sighting of a row whose tenant was removed."""
        return survivor_of(
            _readable(holder),
            place=self.place(cells, holder.where),
            group=self._group,
            reproduce=self._command(cells, holder),
            at_s=self._at_s,
        )

    def _command(self, cells: list[bytes], *claims: Claim) -> str:
        """The exact read command for the columns that the claims stand in."""
        shown = {claim.where.removeprefix("column ") for claim in claims}
        columns = ", ".join(column.quoted for column in self._table.columns if column.name in shown) or "*"
        where = condition(key_names(self._table), self.key_of(cells))
        return psql(f"SELECT {columns} FROM {self._table.quoted} WHERE {where}")


def _readable(claim: Claim) -> Claim:
    """The same claim in the value that COPY escaped; what has been decoded is readable already."""
    if claim.path:
        return claim._replace(path=claim.path.strip())
    before, mark = unescape(claim.text[: claim.start]), claim.text[claim.start : claim.end]
    text = before + mark + unescape(claim.text[claim.end :])
    return claim._replace(text=text, start=len(before), end=len(before) + len(mark))
