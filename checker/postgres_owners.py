"""Whose rows are, where only the profile says so: columns that hold a tenant's id, and ways to other tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import orjson

from checker.content import Content
from checker.ownership import Claim, Standing
from checker.postgres_catalogue import Catalogue, ForeignKey, Table, parents_first
from checker.postgres_copy import NULL, unescape
from checker.scan import StoreScan
from checker.tenant_names import tenant_named
from config.postgres_store import PostgresOwner, step_of
from evidence.paths import first

WHAT = "owner that the profile names"


class OwnerColumn:
    """A column that the profile calls the owner's.

    Args:
        index: where it stands among the table's columns.
        name: what it is called.
        path: where the id stands in its JSON document, or None if it is the whole value.
        content: recognises tenants.

    Attributes:
        seen: values met.
        matched: those among them that named a tenant of this run.
        contradicted: rows in which another column names another tenant.
    """

    def __init__(self, index: int, name: str, path: str | None, content: Content) -> None:
        self._index = index
        self._name = name
        self._path = path
        self._content = content
        self.seen = 0
        self.matched = 0
        self.contradicted = 0

    def claim(self, cells: Sequence[bytes]) -> Claim | None:
        """Returns the claim that the column makes on a row, given as COPY writes its cells."""
        cell = cells[self._index]
        if cell == NULL:
            return None
        self.seen += 1
        value = unescape(cell)
        if self._path is not None:
            value = _member(value, self._path)
        tenant = tenant_named(value, self._content.names, self._content.keyring) if value else None
        if tenant is None:
            return None
        self.matched += 1
        start = max(0, cell.find(value))
        return Claim(
            Standing.NAME, tenant, f"column {self._name}", WHAT, cell, start, min(start + len(value), len(cell))
        )


def _member(value: bytes, path: str) -> bytes:
    try:
        found = first(orjson.loads(value), path)
    except orjson.JSONDecodeError:
        return b""
    return str(found).encode() if isinstance(found, (str, int)) else b""


class PostgresOwners:
    """The profile's word on who owns the rows of a database. What does not fit the database is a doubt.

    Args:
        owners: from the profile.
        catalogue: the tables there are.
        content: recognises tenants.
        scan: takes the doubts.
    """

    def __init__(
        self, owners: Iterable[PostgresOwner], catalogue: Catalogue, content: Content, scan: StoreScan
    ) -> None:
        self._content = content
        self._scan = scan
        self._tables = catalogue.tables
        self._columns: dict[int, list[OwnerColumn]] = {}
        self._rows: list[tuple[PostgresOwner, list[OwnerColumn]]] = []
        self._added: list[tuple[Table, ForeignKey]] = []
        for owner in owners:
            self._take(owner)
        self.catalogue = catalogue
        if self._added:
            for table, key in self._added:
                if key not in table.foreign_keys:
                    table.foreign_keys.append(key)
            self.catalogue = Catalogue(parents_first(catalogue.tables), catalogue.elsewhere, catalogue.unfilled)

    def of(self, table: Table) -> list[OwnerColumn]:
        """Returns the columns that say whose the rows of a table are."""
        return self._columns.get(table.oid, [])

    def close(self, is_known: Callable[[ForeignKey], bool], rows: Callable[[Table], int]) -> None:
        """Says what of the profile's word named nobody.

        Args:
            is_known: whether any row that a foreign key can lead to is known to be somebody's.
            rows: how many rows a table had.
        """
        for owner, columns in self._rows:
            seen = sum(column.seen for column in columns)
            if seen and not any(column.matched for column in columns):
                self._scan.skipped.append(
                    f"owners of {owner.table}: none of {seen} values of column {owner.column} names a tenant of this "
                    "run: correct table, column or path"
                )
            contradicted = sum(column.contradicted for column in columns)
            if contradicted:
                self._scan.notes.append(
                    f"owners of {owner.table}: in {contradicted} of {seen} rows another column names another tenant "
                    f"than {owner.column} does; should these be no leaks, correct the profile"
                )
        for table, key in self._added:
            if rows(table) and not is_known(key):
                self._scan.skipped.append(
                    f"owners of {table.label}: column {', '.join(key.columns)} leads to no row that is anybody's: "
                    "correct via"
                )

    def _take(self, owner: PostgresOwner) -> None:
        parts = self._named(owner.table)
        if not parts:
            return self._wrong(owner, f"there is no table {owner.table}, or the role may not see it")
        for step in map(step_of, owner.via):
            targets = self._named(step.table)
            if not targets:
                return self._wrong(owner, f"there is no table {step.table}, or the role may not see it")
            for table, column in ((parts[0], step.column), (targets[0], step.target)):
                if not _has(table, column):
                    return self._wrong(owner, f"table {table.label} has no column {column}")
            key = ForeignKey((step.column,), targets[0].root, (step.target,))
            self._added += [(part, key) for part in parts]
            parts = targets
        if owner.column is None:
            return None
        if not _has(parts[0], owner.column):
            return self._wrong(owner, f"table {parts[0].label} has no column {owner.column}")
        columns = []
        for part in parts:
            (index,) = part.indexes([owner.column])
            columns.append(OwnerColumn(index, owner.column, owner.path, self._content))
            self._columns.setdefault(part.oid, []).append(columns[-1])
        self._rows.append((owner, columns))
        return None

    def _named(self, name: str) -> list[Table]:
        """The table, or the partitions of it, that hold rows."""
        schema, _, table = name.rpartition(".")
        wanted = f"{schema or 'public'}.{table}"
        plain = [t for t in self._tables if wanted in (t.label, f"{t.schema}.{t.name}")]
        return [t for t in plain if not t.obstacle]

    def _wrong(self, owner: PostgresOwner, why: str) -> None:
        self._scan.skipped.append(f"owners of {owner.table}: {why}")


def _has(table: Table, column: str) -> bool:
    return any(known.name == column for known in table.columns)
