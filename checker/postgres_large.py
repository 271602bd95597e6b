"""Reads values too large to be held in memory, in windows that overlap so that no mark is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from psycopg2.extensions import connection

from checker.postgres_catalogue import Column, Table

LARGE_BYTES = 1024 * 1024  # as it lies on disk, possibly compressed: what tells without unpacking it
WINDOW = 4 * 1024 * 1024  # characters, or bytes of a bytea
OVERLAP = 1024  # no mark is longer, even with each of its characters escaped twice


class Window(NamedTuple):
    """A part of a value; marks that begin at or after byte ``accept`` belong to the next one (None: there is none)."""

    text: bytes
    accept: int | None


class LargeRow(NamedTuple):
    """A row with large values: its ``ctid``, and which of the table's columns are large in it."""

    ctid: str
    columns: list[int]


class LargeValues:
    """The large values of one table.

    Args:
        opened: the snapshot's connection.
        table: the table.
        kept: columns that must stay in the row (its keys): never taken for large.
    """

    def __init__(self, opened: connection, table: Table, kept: set[int]) -> None:
        self._opened = opened
        self._table = table
        candidates = enumerate(table.columns) if table.toast_bytes >= LARGE_BYTES else ()
        self._sizes = {
            index: f"coalesce(pg_column_size({column.quoted}), 0) > {LARGE_BYTES}"
            for index, column in candidates
            if index not in kept
        }

    def __bool__(self) -> bool:
        return bool(self._sizes)

    @property
    def condition(self) -> str:
        """SQL that is true for rows with large values."""
        return " OR ".join(self._sizes.values())

    def rows(self) -> list[LargeRow]:
        """Returns the rows that have large values."""
        with self._opened.cursor() as cur:
            flags = ", ".join(self._sizes.values())
            cur.execute(f"SELECT ctid::text, {flags} FROM ONLY {self._table.quoted} WHERE {self.condition}")
            return [
                LargeRow(row[0], [index for index, large in zip(self._sizes, row[1:], strict=True) if large])
                for row in cur.fetchall()
            ]

    def rest(self, row: LargeRow, names: Sequence[str]) -> str:
        """Returns the query for the row's other columns, with its large values as nulls."""
        large = {self._table.columns[index].quoted for index in row.columns}
        shown = ", ".join("NULL" if name in large else name for name in names)
        return f"SELECT {shown} FROM ONLY {self._table.quoted} WHERE ctid = '{row.ctid}'"

    def windows(self, row: LargeRow, index: int) -> Iterator[Window]:
        """Yields the value of a large column, window by window."""
        column = self._table.columns[index]
        start = 1
        while True:
            piece = self._piece(column, row.ctid, start)
            last = len(piece) <= WINDOW
            data = piece if isinstance(piece, bytes) else piece.encode("utf-8", "surrogatepass")
            accept = piece[:WINDOW] if isinstance(piece, bytes) else piece[:WINDOW].encode("utf-8", "surrogatepass")
            yield Window(data, None if last else len(accept))
            if last:
                return
            start += WINDOW

    def _piece(self, column: Column, ctid: str, start: int) -> str | bytes:
        source = column.quoted if column.bytea else f"{column.quoted}::text"
        with self._opened.cursor() as cur:
            cur.execute(
                f"SELECT substr({source}, {start}, {WINDOW + OVERLAP}) FROM ONLY {self._table.quoted} "
                f"WHERE ctid = '{ctid}'"
            )
            found = cur.fetchone()
        piece = found[0] if found else None
        if isinstance(piece, memoryview):
            return bytes(piece)
        return piece or ""
