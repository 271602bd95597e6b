"""Reads the target's Postgres whole, in one snapshot, and says what lies where it doesn't belong."""

from __future__ import annotations

import time
from collections.abc import Iterable

import psycopg2
from psycopg2.extensions import connection

from checker.amounts import Amounts
from checker.content import Content
from checker.names import NameIndex
from checker.postgres_budgets import PostgresBudgets
from checker.postgres_catalogue import Catalogue, ForeignKey, Table, read_catalogue
from checker.postgres_connection import snapshot, where_of
from checker.postgres_copy import copy_rows
from checker.postgres_large import LargeValues
from checker.postgres_late import follow_late
from checker.postgres_links import edges_of, own_of
from checker.postgres_looking import Looking
from checker.postgres_objects import LargeObjects
from checker.postgres_owners import PostgresOwners
from checker.postgres_parents import Parents
from checker.postgres_rows import RowJudge
from checker.postgres_shared import SharedTable
from checker.scan import FindingShelf, Progress, Roster, StoreScan
from config.stores import PostgresStore
from evidence.budgets import BudgetBands
from evidence.marks import Keyring


def scan_postgres(
    store: PostgresStore,
    keyring: Keyring,
    roster: Roster,
    progress: Progress,
    budget_fields: Iterable[str] = (),
    *,
    explain: bool = False,
) -> StoreScan:
    """Reads every table, partition and materialised view of every schema.

    Args:
        store: where it is, which columns hold budgets, which tables are shared on purpose.
        keyring: recognises marks.
        roster: who exists.
        progress: is told how many rows have been read.
        budget_fields: what members of JSON documents that hold remaining amounts are called.
        explain: whether to say why places belong to whom.

    Returns:
        What was found, and what could not be read.

    Raises:
        StoreUnreadable: Postgres could not be read at all; one sentence without credentials.
    """
    began = time.monotonic()
    url = store.url.get_secret_value()
    scan = StoreScan("postgres", where_of(url), removed=roster.removed, explain=explain)
    with snapshot(url) as opened:
        amounts = Amounts(BudgetBands(keyring.current), roster.names, budget_fields)
        content = Content(keyring, NameIndex(roster, keyring), amounts)
        _PostgresScan(opened, store, content, scan, progress).run()
    scan.seconds, scan.read_at_s = time.monotonic() - began, time.time()
    return scan


class _PostgresScan:
    def __init__(
        self,
        opened: connection,
        store: PostgresStore,
        content: Content,
        scan: StoreScan,
        progress: Progress,
    ) -> None:
        self._opened = opened
        self._store = store
        self._content = content
        self._keyring = content.keyring
        self._names = content.names
        self._scan = scan
        self._progress = progress
        self._shelf = FindingShelf()
        self._parents = Parents(self._shelf)
        self._look = Looking(scan, self._shelf, content, self._parents, at_s=time.time())

    def run(self) -> None:
        self._owners = PostgresOwners(self._store.owners, read_catalogue(self._opened), self._content, self._scan)
        catalogue = self._owners.catalogue
        self._look_for_opaque(catalogue)
        expected = sum(table.expected for table in catalogue.tables)
        self._progress(0, expected or None)
        done: set[int] = set()
        remaining = {root: sum(t.root == root for t in catalogue.tables) for root in {t.root for t in catalogue.tables}}
        for table in catalogue.tables:
            self._read(table, catalogue, done)
            remaining[table.root] -= 1
            if not remaining[table.root]:
                done.add(table.root)
            self._progress(self._scan.units, max(expected, self._scan.units) or None)
        follow_late(self._look, {table.oid: table for table in catalogue.tables})
        self._owners.close(self._is_known, lambda table: self._scan.containers.get(table.label, 0))
        self._parents.settle()
        shared, kept = ("pg_largeobject" in listed for listed in (self._store.shared, self._store.kept))
        LargeObjects(self._opened, self._look, shared=shared, keeps=kept).read()
        obstructed = {name for t in catalogue.tables if t.obstacle for name in (t.label, f"{t.schema}.{t.name}")}
        budgets = PostgresBudgets(self._opened, self._content, self._scan, self._shelf, obstructed, self._look.at_s)
        for budget in self._store.budgets:
            budgets.read(budget)
        if catalogue.elsewhere:
            names = ", ".join(catalogue.elsewhere)
            self._scan.notes.append(f"foreign tables lie in another database and were not read: {names}")
        if catalogue.unfilled:
            names = ", ".join(catalogue.unfilled)
            self._scan.notes.append(f"materialised views that were never filled hold nothing to read: {names}")
        self._scan.skipped += self._content.decoder.sentences()
        self._shelf.hand_over(self._scan)

    def _read(self, table: Table, catalogue: Catalogue, done: set[int]) -> None:
        scan = self._scan
        if table.obstacle:
            scan.skipped.append(f"table {table.quoted}: {table.obstacle}")
            return
        shared = _is_named(table, self._store.shared)
        columns = [column.quoted for column in table.columns] + ([] if table.key else ["ctid"])
        readable = {t.root: t for t in catalogue.tables if not t.obstacle and not _is_named(t, self._store.shared)}
        judge = RowJudge(
            table,
            self._look,
            [] if shared else list(edges_of(table, readable, done, self._parents)),
            [] if shared else list(own_of(table, catalogue, self._parents)),
            self._owners.of(table),
            self._opaque_of(table),
            keeps=_is_named(table, self._store.kept),
        )
        keeps = _is_named(table, self._store.kept)
        among = SharedTable(table, self._look, keeps=keeps) if shared else None
        take = among.take if among is not None else judge.take
        large = LargeValues(self._opened, table, judge.kept)
        rows_before = scan.units

        def count(block: bytes) -> None:
            scan.bytes += len(block)
            take(block)
            scan.units += block.count(b"\n")
            self._progress(scan.units, None)

        with self._opened.cursor() as cur:
            cur.execute("SAVEPOINT reading")
            try:
                if table.by_policy:
                    cur.execute("SET LOCAL row_security = on")
                where = f" WHERE NOT ({large.condition})" if large else ""
                copy_rows(self._opened, f"SELECT {', '.join(columns)} FROM ONLY {table.quoted}{where}", count)
                if large:
                    self._read_large(large, columns, among or judge)
                cur.execute("RELEASE SAVEPOINT reading")
            except psycopg2.Error as error:
                if self._opened.closed:
                    raise
                cur.execute("ROLLBACK TO SAVEPOINT reading")
                scan.skipped.append(f"table {table.quoted} could not be read whole: {_reason(error)}")
            cur.execute("SET LOCAL row_security = off")
        rows = scan.units - rows_before
        label = f"{table.label} (shared)" if shared else table.label
        scan.containers[label] = scan.containers.get(label, 0) + rows
        scan.elements += rows * len(table.columns)

    def _read_large(self, large: LargeValues, columns: list[str], reader: RowJudge | SharedTable) -> None:
        """Reads the rows whose values are too large for memory, one by one."""
        for row in large.rows():
            lines: list[bytes] = []
            copy_rows(self._opened, large.rest(row, columns), lines.append)
            values = [(index, large.windows(row, index)) for index in row.columns]
            self._scan.units += 1
            self._scan.bytes += sum(map(len, lines))
            if isinstance(reader, RowJudge):
                reader.take_large(b"".join(lines), values)
            else:
                for text in (*lines, *(window.text for _, windows in values for window in windows)):
                    reader.take(text)

    def _is_known(self, key: ForeignKey) -> bool:
        return bool(self._parents.map_of((key.target, key.target_columns)))

    def _opaque_of(self, table: Table) -> set[str]:
        """The columns of a table that the profile says can't be read."""
        places = [column.rpartition(".") for column in self._store.opaque]
        return {column for name, _, column in places if _is_called(table, name)}

    def _look_for_opaque(self, catalogue: Catalogue) -> None:
        there = {(t.oid, column.name): t for t in catalogue.tables for column in t.columns}
        for text in self._store.opaque:
            name, _, column = text.rpartition(".")
            if not any(known == column and _is_called(table, name) for (_, known), table in there.items()):
                self._scan.skipped.append(f"opaque names {text}, and there is no such column: correct it")


def _is_called(table: Table, name: str) -> bool:
    """Whether a table of the profile, with its schema if it is not public, is this one or the one it is part of."""
    names = {table.label, f"{table.schema}.{table.name}"}
    return name in names or f"public.{name}" in names


def _is_named(table: Table, tables: Iterable[str]) -> bool:
    """Whether the table is one of those that the profile lists."""
    return any(_is_called(table, name) for name in tables)


def _reason(error: psycopg2.Error) -> str:
    return str(error).strip().partition("\n")[0][:200] or type(error).__name__
