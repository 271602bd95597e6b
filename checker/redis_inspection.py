"""Judges what was read of Redis: whose key, whose element, whose data. Pure: key parts in, findings out."""

from __future__ import annotations

import bisect
import fnmatch
import itertools
import re
import shlex
from collections.abc import Iterable, Sequence
from functools import partial

from checker.content import Content
from checker.ownership import (
    Claim,
    GatheredClaims,
    Judgement,
    Standing,
    across_runs,
    claim_of,
    judge,
    shortened,
    sighting_of,
    survivor_of,
)
from checker.redis_elements import Element, KeyPart
from checker.redis_opaque import OpaqueKeys
from checker.redis_owners import RedisOwners
from checker.scan import FindingShelf, StoreScan
from evidence.findings import Sighting
from evidence.marks import MarkKind
from evidence.written_forms import SHORTEST_RUN, hints

ByElement = dict[int, list[Claim]]
KEY_NAME = "the key's name"
CLIENT = 'redis-cli -u "$REDIS_URL"'
_RECORD_FIELDS = 64  # a hash of more fields is a table, not a record
_IDS = re.compile(rb"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}|\d+")
_UUID = re.compile(rb"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_ENCODED = re.compile(rb"[A-Za-z0-9+_=-]{%d,}" % SHORTEST_RUN)
_READS = {
    "hash": ("HGET", "field"),
    "list": ("LINDEX", "element"),
    "set": ("SMEMBERS", "member"),
    "zset": ("ZRANGE", "member"),
    "stream": ("XRANGE", "entry"),
    "stream groups": ("XINFO GROUPS", "consumer"),
}


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
        self._content = content
        self._keyring = content.keyring
        self._names = content.names
        self._shared = _compiled(shared)
        self._kept = _compiled(kept)
        self._removed = scan.removed
        self._at_s = at_s
        self._attributed = False  # whether anything in the key being read named anybody
        self._gathered: GatheredClaims | None = None  # of the large string being read
        self._own: set[tuple[MarkKind, int, int]] = set()
        self._strangers: list[Claim] = []  # of earlier runs, in the large string being read
        self._owners = owners
        self._opaque = opaque or OpaqueKeys((), scan)
        self._unreadable: set[int] = set()  # the parts being looked at that hold such a value
        self._database: int | None = None
        self._client = CLIENT

    def turn_to(self, database: int | None, client: str) -> None:
        """Says where the parts come from that are looked at next.

        Args:
            database: its number, where several are read; None where there is only one.
            client: the command that reads from there, for a shell that has the URL in its environment.
        """
        self._database, self._client = database, client

    def inspect(self, parts: Sequence[KeyPart]) -> None:
        """Looks at parts of keys, those of one key one after the other and in order."""
        self._unreadable = set()
        claims, strangers = self._claims(parts)
        for index, part in enumerate(parts):
            self._count(part)
            of_part, of_earlier = claims.get(index), strangers.get(index, {})
            if part.first:
                self._attributed = False
            if of_part or of_earlier:
                self._attributed = True
            if of_part:
                self._judge_part(part, of_part, of_earlier)
                if index in self._unreadable:
                    pattern = self._pattern(part.key)
                    self._scan.unreadable[pattern] = self._scan.unreadable.get(pattern, 0) + 1
            if part.last and not part.whole:
                self._judge_gathered(part)
            if part.last and not self._attributed and part.kind != "stream groups":
                self._scan.unattributed += 1
                if self._scan.explain:
                    self._scan.nobodys[self._pattern(part.key)] += 1

    def _count(self, part: KeyPart) -> None:
        scan = self._scan
        if part.kind == "stream groups":
            return
        if part.first:
            self._opaque.count(part.key)
            scan.units += 1
            kind = f"{part.kind} (shared)" if self._shared and self._is_shared(part.key) else part.kind
            scan.containers[kind] = scan.containers.get(kind, 0) + 1
        scan.elements += len(part.elements) if part.kind != "string" else part.first

    def _is_shared(self, key: bytes) -> bool:
        return any(pattern.match(key) for pattern in self._shared)

    def _claims(self, parts: Sequence[KeyPart]) -> tuple[dict[int, ByElement], dict[int, ByElement]]:
        """The claims by part and element (-1 is the key's name), those of earlier runs apart."""
        texts: list[bytes] = []
        places: list[tuple[int, int, int]] = []
        for index, part in enumerate(parts):
            texts.append(part.key)
            places.append((index, -1, 0))
            for ordinal, element in enumerate(part.elements):
                for piece, text in enumerate(element.texts):
                    texts.append(text)
                    places.append((index, ordinal, piece))
        found: dict[int, ByElement] = {}
        strangers: dict[int, ByElement] = {}

        def add(at: int, claim: Claim) -> None:
            index, ordinal, _ = places[at]
            accept = parts[index].accept
            if accept is None or ordinal < 0 or claim.start < accept:
                found.setdefault(index, {}).setdefault(ordinal, []).append(claim)

        joined = b"\n".join(texts)
        self._scan.bytes += len(joined) - len(texts) + 1
        starts = [0, *itertools.accumulate([len(text) + 1 for text in texts])]
        for sighted in self._keyring.find(joined):
            at = bisect.bisect_right(starts, sighted.start) - 1
            is_key, current = places[at][1] < 0, self._keyring.is_current(sighted)
            where = _where(parts, places[at])
            claim = claim_of(sighted, texts[at], where, starts[at], names_place=is_key, current=current)
            if current:
                add(at, claim)
            else:
                self._scan.earlier_runs += 1
                strangers.setdefault(places[at][0], {}).setdefault(places[at][1], []).append(claim)
        for at in self._encoded(texts, joined, starts):
            part, is_key = parts[places[at][0]], places[at][1] < 0
            if not is_key and self._opaque.pattern_of(part.key):
                continue
            where, place = _where(parts, places[at]), partial(_place, part, None, self._database)
            whole = part.whole or part.kind != "string"
            decoded = self._content.decoded(texts[at], where, place, names_place=is_key, whole=whole)
            if decoded.unreadable and not is_key and not self._is_shared(part.key):
                self._unreadable.add(places[at][0])
            for claim in decoded.claims:
                found.setdefault(places[at][0], {}).setdefault(places[at][1], []).append(claim)
            if decoded.strangers:
                self._scan.earlier_runs += len(decoded.strangers)
                strangers.setdefault(places[at][0], {}).setdefault(places[at][1], []).extend(decoded.strangers)
        if self._names:
            for at, claim in self._named(parts, texts, places, joined, starts):
                add(at, claim)
        if self._content.amounts.fields:
            for at, claim in self._amounts(parts, texts, places, joined, starts):
                add(at, claim)
        for index, part in enumerate(parts) if self._owners else ():
            claimed = self._owners.claim(part) if self._owners else None
            if claimed is not None:
                found.setdefault(index, {}).setdefault(-1, []).insert(0, claimed)
        return found, strangers

    def _encoded(self, texts: list[bytes], joined: bytes, starts: list[int]) -> Iterable[int]:
        """The texts that may hold something encoded."""
        encoded = {bisect.bisect_right(starts, hint) - 1 for hint in hints(joined)}
        if not joined.isascii() or b"\0" in joined:
            encoded.update(at for at, text in enumerate(texts) if not text.isascii() or b"\0" in text)
        return sorted(encoded)

    def _amounts(
        self,
        parts: Sequence[KeyPart],
        texts: list[bytes],
        places: list[tuple[int, int, int]],
        joined: bytes,
        starts: list[int],
    ) -> Iterable[tuple[int, Claim]]:
        """The claims of remaining amounts: members of JSON documents, and values of hash and stream fields."""
        amounts = self._content.amounts
        for tenant, start, end in amounts.members(joined):
            at = bisect.bisect_right(starts, start) - 1
            where, first = _where(parts, places[at]), starts[at]
            claim = Claim(Standing.AMOUNT, tenant, where, "remaining amount", texts[at], start - first, end - first)
            yield at, claim
        if any(b"\n%b\n" % field in joined for field in amounts.fields):
            for at, text in enumerate(texts):
                if text in amounts.fields and places[at][1] >= 0 and parts[places[at][0]].kind in ("hash", "stream"):
                    of_value = places[at][2] % 2 == 0 and amounts.of_value(texts[at + 1], _where(parts, places[at + 1]))
                    if of_value:
                        yield at + 1, of_value

    def _named(
        self,
        parts: Sequence[KeyPart],
        texts: list[bytes],
        places: list[tuple[int, int, int]],
        joined: bytes,
        starts: list[int],
    ) -> Iterable[tuple[int, Claim]]:
        """The claims of names, which are no marks."""
        strong, weak = self._names.strong, self._names.weak
        for at, (text, (_, ordinal, piece)) in enumerate(zip(texts, places, strict=True)):
            if ordinal < 0:
                for named in self._names.segments(text):
                    yield at, Claim(named.standing, named.tenant, KEY_NAME, named.what, text, named.start, named.end)
            elif text in strong or text in weak:
                whole = self._names.whole(text, texts[at - 1] if piece % 2 else b"")
                if whole is not None:
                    where = _where(parts, places[at])
                    yield at, Claim(whole.standing, whole.tenant, where, whole.what, text, 0, len(text))
        for named in self._names.mentions(joined):
            at = bisect.bisect_right(starts, named.start) - 1
            if places[at][1] >= 0:
                start, end = named.start - starts[at], named.end - starts[at]
                where = _where(parts, places[at])
                yield at, Claim(named.standing, named.tenant, where, named.what, texts[at], start, end)

    def _judge_part(self, part: KeyPart, claims: ByElement, strangers: ByElement) -> None:
        everything = list(itertools.chain(*claims.values()))
        first = everything[0].tenant
        if self._scan.explain and part.first:
            best = min(everything, key=lambda claim: claim.standing)
            self._scan.belongs[self._pattern(part.key), f"{best.what} in {best.where}"] += 1
        agreed = part.whole and not strangers and all(claim.tenant == first for claim in everything)
        agreed = agreed and first not in self._removed
        if agreed or (self._shared and self._is_shared(part.key)):
            self._own_marks(everything, None)
            return
        of_key = judge(claims.get(-1, []))
        if part.first and part.kind != "stream groups":
            self._report(part, None, of_key, strangers.get(-1, ()))
            self._survived(part, None, of_key.holder)
            self._own_marks(claims.get(-1, []), of_key.holder)
        if part.kind == "string" and not part.whole:
            self._gather(claims)
            self._strangers += [shortened(claim) for of_element in strangers.values() for claim in of_element[:1]]
            return
        context = [of_key.holder] if of_key.holder else self._record_owner(part, claims)
        for ordinal in {**claims, **strangers}:
            if ordinal >= 0:
                of_element = claims.get(ordinal, [])
                judgement = judge([*context, *of_element])
                of_earlier = [*strangers.get(ordinal, ()), *(strangers.get(-1, ()) if of_element else ())]
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
            if claim.mark is not None:
                self._own.add((claim.mark.kind, claim.mark.tenant, claim.mark.sequence))

    def _judge_gathered(self, part: KeyPart) -> None:
        """A large string is one place, whatever window a claim was found in."""
        if self._gathered is None:
            return
        judgement = judge(self._gathered.claims())
        self._report(part, part.elements[0], judgement, self._strangers)
        self._survived(part, part.elements[0], judgement.holder)
        holder = judgement.holder.tenant if judgement.holder else None
        self._scan.own_marks.update(own for own in self._own if own[1] == holder)
        self._gathered, self._own, self._strangers = None, set(), []

    def _own_marks(self, claims: Iterable[Claim], holder: Claim | None) -> None:
        for claim in claims:
            if claim.mark is not None and (holder is None or claim.tenant == holder.tenant):
                self._scan.own_marks.add((claim.mark.kind, claim.mark.tenant, claim.mark.sequence))

    def _report(
        self, part: KeyPart, element: Element | None, judgement: Judgement, strangers: Sequence[Claim] = ()
    ) -> None:
        if judgement.holder is not None:
            for foreign in judgement.foreign:
                self._shelf.add(self._sighting(part, element, judgement.holder, foreign))
        conflict = across_runs(judgement.holder, strangers)
        if conflict is not None:
            self._shelf.add(self._sighting(part, element, *conflict))

    def _survived(self, part: KeyPart, element: Element | None, holder: Claim | None) -> None:
        if holder is None or holder.tenant not in self._removed or any(kept.match(part.key) for kept in self._kept):
            return
        self._shelf.add(
            survivor_of(
                holder,
                place=_place(part, element, self._database),
                group=self._pattern(part.key),
                reproduce=f"{self._client} {_command(part, element)}",
                at_s=self._at_s,
            )
        )

    def _sighting(self, part: KeyPart, element: Element | None, holder: Claim, foreign: Claim) -> Sighting:
        return sighting_of(
            holder,
            foreign,
            place=_place(part, element, self._database),
            group=self._pattern(part.key),
            reproduce=f"{self._client} {_command(part, element)}",
            at_s=self._at_s,
        )

    def _pattern(self, key: bytes) -> str:
        """The key's name with everything that names somebody or something replaced by ``*``."""
        spans = [(found.start, found.end) for found in self._keyring.find(key)]
        spans += [(named.start, named.end) for named in self._names.segments(key)]
        for start, end in sorted(spans, reverse=True):
            key = key[:start] + b"*" + key[end:]
        key = _ENCODED.sub(lambda run: run[0] if _UUID.search(run[0]) else b"*", key)
        return _shown(re.sub(rb"\*(?:[^:/|]?\*)+", b"*", _IDS.sub(b"*", key)))


def _compiled(patterns: Iterable[str]) -> list[re.Pattern[bytes]]:
    return [re.compile(fnmatch.translate(pattern).encode(), re.DOTALL) for pattern in patterns]


def _where(parts: Sequence[KeyPart], place: tuple[int, int, int]) -> str:
    index, ordinal, piece = place
    if ordinal < 0:
        return KEY_NAME
    kind = parts[index].kind
    if kind == "hash":
        return "the value" if piece else "the field's name"
    if kind == "stream":
        texts = parts[index].elements[ordinal].texts
        return f"the entry's {_shown(texts[piece - piece % 2])[:40]}"
    return {"string": "the value", "list": "the element"}.get(kind, "the member")


def _place(part: KeyPart, element: Element | None, database: int | None) -> str:
    key = f"redis {'' if database is None else f'db {database} '}key '{_shown(part.key)}'"
    if element is None or part.kind == "string":
        return key
    name = _shown(element.name)
    name = name if part.kind in ("list", "stream") else f"'{name[:120]}'"
    return f"{key} {_READS[part.kind][1]} {name}"


def _command(part: KeyPart, element: Element | None) -> str:
    """The exact read command."""
    key = _quoted(part.key)
    if element is None:
        return f"EXISTS {key}"
    if part.kind == "string":
        return f"GET {key}"
    name, read = _quoted(element.name), _READS[part.kind][0]
    if part.kind in ("hash", "list"):
        return f"{read} {key} {name}"
    arguments = {"zset": " 0 -1", "stream": f" {name} {name}"}.get(part.kind, "")
    return f"{read} {key}{arguments}"


def _shown(name: bytes) -> str:
    text = name.decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "·" for character in text)


def _quoted(name: bytes) -> str:
    if name.isascii() and name.decode().isprintable():
        return shlex.quote(name.decode())
    return "$'" + "".join(f"\\x{byte:02x}" for byte in name) + "'"
