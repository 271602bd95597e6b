"""Judges what was read of Redis: whose key, whose element, whose data. Pure: key parts in, findings out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from checker.content import Content
from checker.gathered_claims import GatheredClaims
from checker.ownership import Claim, Judgement, Standing, across_runs, judge, note_strangers
from checker.redis_claims import NAME, ByElement, KeyClaims
from checker.redis_elements import Element, KeyPart
from checker.redis_opaque import OpaqueKeys
from checker.redis_owners import RedisOwners
from checker.redis_patterns import KeyPatterns
from checker.redis_sightings import KeySightings
from checker.scan import FindingShelf, StoreScan

_RECORD_FIELDS = 64  # a hash of more fields is a table, not a record


class RedisInspection:
    """Collects into a scan what parts of keys show.

    Args:
        scan: is filled.
        shelf: takes the sightings.
        content: recognises marks, names and amounts, and sees through encodings.
        shared: patterns (glob) of keys that several tenants share on purpose.
        at_s: Unix time of the scan, for the sightings.
        owners: the profile's word on whose keys are.
        opaque: the keys that the profile says can't be read.
        kept: patterns (glob) of keys that keep what is a removed tenant's on purpose.
    """

    def __init__(
        self,
        scan: StoreScan,
        shelf: FindingShelf,
        content: Content,
        shared: Iterable[str] = (),
        at_s: float = 0.0,
        owners: RedisOwners | None = None,
        opaque: OpaqueKeys | None = None,
        kept: Iterable[str] = (),
    ) -> None:
        self._scan = scan
        self._shelf = shelf
        self._shared = KeyPatterns(shared)
        self._kept = KeyPatterns(kept)
        self._removed = scan.removed
        self._opaque = opaque or OpaqueKeys((), scan)
        self._sightings = KeySightings(content, at_s)
        self._claims = KeyClaims(content, scan, self._sightings, self._shared, owners, self._opaque)
        self._attributed = False  # whether anything in the key being read named anybody
        self._gathered: GatheredClaims | None = None  # of the large string being read
        self._strangers: list[Claim] = []  # of earlier runs, in the large string being read

    def turn_to(self, database: int | None, client: str) -> None:
        """Says where the parts come from that are looked at next.

        Args:
            database: its number, where several are read; None where there is only one.
            client: the command that reads from there, for a shell that has the URL in its environment.
        """
        self._sightings.turn_to(database, client)

    def inspect(self, parts: Sequence[KeyPart]) -> None:
        """Looks at parts of keys, those of one key one after the other and in order."""
        claims = self._claims.of(parts)
        for index, part in enumerate(parts):
            self._count(part)
            of_part, of_earlier = claims.found.get(index), claims.strangers.get(index, {})
            if part.first:
                self._attributed = False
            if of_part or of_earlier:
                self._attributed = True
            if of_part:
                self._judge_part(part, of_part, of_earlier)
                if index in claims.unreadable:
                    pattern = self._sightings.pattern(part.key)
                    self._scan.unreadable[pattern] = self._scan.unreadable.get(pattern, 0) + 1
            if part.last and not part.whole:
                self._judge_gathered(part)
            if part.last and not self._attributed and part.kind != "stream groups":
                self._scan.unattributed += 1
                if self._scan.explain:
                    self._scan.nobodys[self._sightings.pattern(part.key)] += 1

    def _count(self, part: KeyPart) -> None:
        scan = self._scan
        if part.kind == "stream groups":
            return
        if part.first:
            self._opaque.count(part.key)
            scan.units += 1
            kind = f"{part.kind} (shared)" if part.key in self._shared else part.kind
            scan.containers[kind] = scan.containers.get(kind, 0) + 1
        scan.elements += len(part.elements) if part.kind != "string" else part.first

    def _judge_part(self, part: KeyPart, claims: ByElement, strangers: ByElement) -> None:
        everything = list(itertools.chain(*claims.values()))
        first = everything[0].tenant
        if self._scan.explain and part.first:
            best = min(everything, key=lambda claim: claim.standing)
            self._scan.belongs[self._sightings.pattern(part.key), f"{best.what} in {best.where}"] += 1
        agreed = part.whole and not strangers and all(claim.tenant == first for claim in everything)
        agreed = agreed and first not in self._removed
        if agreed or part.key in self._shared:
            self._own_marks(everything, None)
            if part.key in self._shared:
                self._left_in_shared(part, claims)
            return
        of_key = judge(claims.get(NAME, []))
        if part.first and part.kind != "stream groups":
            self._report(part, None, of_key, strangers.get(NAME, ()))
            self._survived(part, None, of_key.holder)
            self._own_marks(claims.get(NAME, []), of_key.holder)
        if part.kind == "string" and not part.whole:
            self._gather(claims)
            note_strangers(self._strangers, list(itertools.chain(*strangers.values())))
            return
        context = [of_key.holder] if of_key.holder else self._record_owner(part, claims)
        for ordinal in {**claims, **strangers}:
            if ordinal >= 0:
                of_element = claims.get(ordinal, [])
                judgement = judge([*context, *of_element])
                of_earlier = [*strangers.get(ordinal, ()), *(strangers.get(NAME, ()) if of_element else ())]
                self._report(part, part.elements[ordinal], judgement, of_earlier)
                if of_key.holder is None:  # else it is said of the key as a whole
                    self._survived(part, part.elements[ordinal], judgement.holder)
                self._own_marks(of_element, judgement.holder)

    def _record_owner(self, part: KeyPart, claims: ByElement) -> list[Claim]:
        """A small hash under an opaque name is a record: one field that is as a whole a tenant's name says whose.

        Where its fields are called after tenants, or name several, it is a table and each field stands alone.
        """
        if part.kind != "hash" or not part.whole or len(part.elements) > _RECORD_FIELDS:
            return []
        telling: list[Claim] = []
        for ordinal, of_element in claims.items():
            for claim in of_element if ordinal >= 0 else ():
                if claim.standing in (Standing.NAME, Standing.ALIAS, Standing.LEARNT):
                    if claim.text is part.elements[ordinal].texts[0]:
                        return []
                    telling.append(claim)
        return [min(telling, key=lambda claim: claim.standing)] if len({c.tenant for c in telling}) == 1 else []

    def _gather(self, claims: ByElement) -> None:
        if self._gathered is None:
            self._gathered = GatheredClaims()
        for claim in itertools.chain(*claims.values()):
            self._gathered.add(claim)

    def _judge_gathered(self, part: KeyPart) -> None:
        """A large string is one place, whatever window a claim was found in."""
        if self._gathered is None:
            return
        judgement = judge(self._gathered.claims())
        self._report(part, part.elements[0], judgement, self._strangers)
        self._survived(part, part.elements[0], judgement.holder)
        holder = judgement.holder.tenant if judgement.holder else None
        self._scan.own_marks.update(mark for mark in self._gathered.marks if mark[1] == holder)
        self._gathered, self._strangers = None, []

    def _own_marks(self, claims: Iterable[Claim], holder: Claim | None) -> None:
        for claim in claims:
            if claim.mark is not None and (holder is None or claim.tenant == holder.tenant):
                self._scan.own_marks.add(claim.mark.key)

    def _report(
        self, part: KeyPart, element: Element | None, judgement: Judgement, strangers: Sequence[Claim] = ()
    ) -> None:
        if judgement.holder is not None:
            for foreign in judgement.foreign:
                self._shelf.add(self._sightings.misfiled(part, element, judgement.holder, foreign))
        conflict = across_runs(judgement.holder, strangers)
        if conflict is not None:
            self._shelf.add(self._sightings.misfiled(part, element, *conflict))

    def _left_in_shared(self, part: KeyPart, claims: ByElement) -> None:
        """What is a removed tenant's among that of others: of each element, and of each tenant in it, one claim."""
        if part.key in self._kept or not self._removed:
            return
        for ordinal, of_element in claims.items():
            element = part.elements[ordinal] if ordinal >= 0 else None
            for claim in {claim.tenant: claim for claim in reversed(of_element)}.values():
                if claim.tenant in self._removed:
                    self._shelf.add(self._sightings.survivor(part, element, claim, shared=True))

    def _survived(self, part: KeyPart, element: Element | None, holder: Claim | None) -> None:
        if holder is not None and holder.tenant in self._removed and part.key not in self._kept:
            self._shelf.add(self._sightings.survivor(part, element, holder))
