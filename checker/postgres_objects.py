"""Reads Postgres's large objects: bytes that lie outside all tables, and that rows refer to by a number."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
from psycopg2.extensions import connection

from checker.gathered_claims import GatheredClaims
from checker.ownership import Claim, Standing, across_runs, claim_of, judge, note_strangers, sighting_of, survivor_of
from checker.postgres_large import OVERLAP
from checker.postgres_looking import Looking
from checker.postgres_places import psql

GROUP = "large objects"
WHOLE_BYTES = 8 * 1024 * 1024  # larger ones are read in windows of this size
NAMED = 5


class LargeObjects:
    """Reads and judges the large objects of a database.

    Args:
        opened: the snapshot's connection.
        looking: what to look with; ``looking.objects`` says who holds the rows that refer to them.
        shared: whether they are shared on purpose.
        keeps: whether they keep what is a removed tenant's on purpose.
    """

    def __init__(self, opened: connection, looking: Looking, *, shared: bool, keeps: bool = False) -> None:
        self._opened = opened
        self._look = looking
        self._shared = shared
        self._removed = frozenset() if keeps else looking.scan.removed
        self._unread = 0

    def read(self) -> None:
        """Reads all of them. What may not be read is skipped and named."""
        with self._opened.cursor() as cur:
            cur.execute("SELECT oid::text FROM pg_largeobject_metadata ORDER BY oid")
            numbers = [row[0] for row in cur.fetchall()]
            for number in numbers:
                cur.execute("SAVEPOINT object")
                try:
                    self._inspect(number)
                    cur.execute("RELEASE SAVEPOINT object")
                except psycopg2.Error as error:
                    if self._opened.closed:
                        raise
                    cur.execute("ROLLBACK TO SAVEPOINT object")
                    self._skip(number, error)
        scan = self._look.scan
        if numbers:
            scan.containers[f"{GROUP} (shared)" if self._shared else GROUP] = len(numbers) - self._unread
        if self._unread > NAMED:
            scan.skipped.append(f"{self._unread - NAMED} more large objects could not be read")

    def _skip(self, number: str, error: psycopg2.Error) -> None:
        self._unread += 1
        if self._unread <= NAMED:
            reason = str(error).strip().partition("\n")[0][:200] or type(error).__name__
            self._look.scan.skipped.append(f"large object {number} could not be read: {reason}")

    def _inspect(self, number: str) -> None:
        scan, gathered = self._look.scan, GatheredClaims()
        holder = self._look.objects.get(number.encode())
        if holder is not None:
            gathered.add(Claim(Standing.PARENT, holder, "the row that refers to it", "reference", b"", 0, 0))
        strangers: list[Claim] = []
        earlier = 0
        for text, accept in self._windows(number):
            scan.bytes += len(text) if accept is None else accept
            claims, of_earlier = self._claims(number, text, accept)
            earlier += len(of_earlier)
            note_strangers(strangers, of_earlier)
            for claim in claims:
                gathered.add(claim)
        scan.units += 1
        scan.elements += 1
        scan.earlier_runs += earlier
        self._judge(number, gathered, strangers)

    def _judge(self, number: str, gathered: GatheredClaims, strangers: list[Claim]) -> None:
        scan = self._look.scan
        judgement = judge(gathered.claims())
        tenant = judgement.holder.tenant if judgement.holder is not None else None
        scan.own_marks.update(mark for mark in gathered.marks if self._shared or mark[1] == tenant)
        if judgement.holder is None:
            scan.unattributed += not strangers
            return
        place, command, at_s = f"postgres large object {number}", psql(f"SELECT lo_get({number})"), self._look.at_s
        add = self._look.shelf.add
        if tenant in self._removed:
            add(
                survivor_of(
                    judgement.holder, place=place, group=GROUP, reproduce=command, at_s=at_s, shared=self._shared
                )
            )
        conflicts = [(judgement.holder, foreign) for foreign in judgement.foreign]
        with_stranger = across_runs(judgement.holder, strangers)
        conflicts += [with_stranger] if with_stranger is not None else []
        for holder, foreign in () if self._shared else conflicts:
            add(sighting_of(holder, foreign, place=place, group=GROUP, reproduce=command, at_s=at_s))

    def _claims(self, number: str, text: bytes, accept: int | None) -> tuple[list[Claim], list[Claim]]:
        """The claims of this run and those of earlier ones."""
        content, where = self._look.content, "the object"
        claims: list[Claim] = []
        strangers: list[Claim] = []
        for sighted in content.keyring.find(text):
            if accept is not None and sighted.start >= accept:
                continue
            current = content.keyring.is_current(sighted)
            claim = claim_of(sighted, text, where, names_place=False, current=current)
            (claims if current else strangers).append(claim)
        mentions = content.names.mentions(text)
        claims += [Claim(named.standing, named.tenant, where, named.what, text, *named[3:]) for named in mentions]
        claims += content.amounts.of_members(text, where)
        decoded = content.decoded(text, where, lambda: f"postgres large object {number}", whole=accept is None)
        return [*claims, *decoded.claims], [*strangers, *decoded.strangers]

    def _windows(self, number: str) -> Iterator[tuple[bytes, int | None]]:
        start = 0
        while True:
            with self._opened.cursor() as cur:
                cur.execute("SELECT lo_get(%s::oid, %s, %s)", (number, start, WHOLE_BYTES + OVERLAP))
                found = cur.fetchone()
            text = bytes(found[0]) if found else b""
            last = len(text) <= WHOLE_BYTES
            yield text, None if last else WHOLE_BYTES
            if last:
                return
            start += WHOLE_BYTES
