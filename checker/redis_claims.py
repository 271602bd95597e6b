"""What the texts of keys claim: marks, names and amounts, as they stand there and once decoded."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from checker.content import Content
from checker.ownership import Claim, Standing, claim_of
from checker.redis_elements import KeyPart
from checker.redis_opaque import OpaqueKeys
from checker.redis_owners import RedisOwners
from checker.redis_patterns import KeyPatterns
from checker.redis_sightings import KEY_NAME, KeySightings, where_of
from checker.scan import StoreScan
from evidence.written_forms import hints

NAME = -1
"""In place of an element's ordinal: the key's name."""
ByElement = dict[int, list[Claim]]


class _Texts:
    """The texts of some parts of keys, and all of them joined, so that each recogniser looks once.

    Attributes:
        places: of each text which part it is of, which element, and which piece of that.
        starts: where each begins in ``joined``.
    """

    def __init__(self, parts: Sequence[KeyPart]) -> None:
        self.parts = parts
        self.texts: list[bytes] = []
        self.places: list[tuple[int, int, int]] = []
        for index, part in enumerate(parts):
            self.texts.append(part.key)
            self.places.append((index, NAME, 0))
            for ordinal, element in enumerate(part.elements):
                for piece, text in enumerate(element.texts):
                    self.texts.append(text)
                    self.places.append((index, ordinal, piece))
        self.joined = b"\n".join(self.texts)
        self.starts = [0, *itertools.accumulate([len(text) + 1 for text in self.texts])]

    def at(self, position: int) -> int:
        """Which text a position in ``joined`` lies in."""
        return bisect.bisect_right(self.starts, position) - 1

    def where(self, at: int) -> str:
        """What a text is called."""
        index, ordinal, piece = self.places[at]
        return where_of(self.parts[index], ordinal, piece)

    def encoded(self) -> list[int]:
        """The texts that may hold something encoded."""
        encoded = {self.at(hint) for hint in hints(self.joined)}
        if not self.joined.isascii() or b"\0" in self.joined:
            encoded.update(at for at, text in enumerate(self.texts) if not text.isascii() or b"\0" in text)
        return sorted(encoded)


@dataclass
class PartClaims:
    """What some parts of keys claim.

    Attributes:
        found: the claims by part and element, ``NAME`` being the key's name.
        strangers: the same of earlier runs.
        unreadable: the parts that hold a value which could not be seen through.
    """

    found: dict[int, ByElement]
    strangers: dict[int, ByElement]
    unreadable: set[int]


class KeyClaims:
    """Reads the claims of keys.

    Args:
        content: recognises marks, names and amounts, and sees through encodings.
        scan: counts bytes and marks of earlier runs.
        sightings: says where keys lie.
        shared: the keys that several tenants share on purpose.
        owners: the profile's word on whose keys are.
        opaque: the keys that the profile says can't be read.
    """

    def __init__(
        self,
        content: Content,
        scan: StoreScan,
        sightings: KeySightings,
        shared: KeyPatterns,
        owners: RedisOwners | None,
        opaque: OpaqueKeys,
    ) -> None:
        self._content = content
        self._keyring = content.keyring
        self._names = content.names
        self._scan = scan
        self._sightings = sightings
        self._shared = shared
        self._owners = owners
        self._opaque = opaque

    def of(self, parts: Sequence[KeyPart]) -> PartClaims:
        """Returns the claims of parts of keys."""
        texts, claims = _Texts(parts), PartClaims({}, {}, set())
        self._scan.bytes += len(texts.joined) - len(texts.texts) + 1
        for sighted in self._keyring.find(texts.joined):
            at = texts.at(sighted.start)
            index, ordinal, _ = texts.places[at]
            is_key, current = ordinal == NAME, self._keyring.is_current(sighted)
            claim = claim_of(
                sighted, texts.texts[at], texts.where(at), texts.starts[at], names_place=is_key, current=current
            )
            if current:
                _add(claims, texts, at, claim)
            else:
                self._scan.earlier_runs += 1
                claims.strangers.setdefault(index, {}).setdefault(ordinal, []).append(claim)
        self._decode(texts, claims)
        for at, claim in self._named(texts) if self._names else ():
            _add(claims, texts, at, claim)
        for at, claim in self._amounts(texts) if self._content.amounts.fields else ():
            _add(claims, texts, at, claim)
        for index, part in enumerate(parts) if self._owners else ():
            claimed = self._owners.claim(part) if self._owners else None
            if claimed is not None:
                claims.found.setdefault(index, {}).setdefault(NAME, []).insert(0, claimed)
        return claims

    def _decode(self, texts: _Texts, claims: PartClaims) -> None:
        """Adds what texts say once decoded."""
        for at in texts.encoded():
            index, ordinal, _ = texts.places[at]
            part, is_key = texts.parts[index], ordinal == NAME
            if not is_key and part.key in self._opaque:
                continue
            place = partial(self._sightings.place, part)
            whole = part.whole or part.kind != "string"
            decoded = self._content.decoded(texts.texts[at], texts.where(at), place, names_place=is_key, whole=whole)
            if decoded.unreadable and not is_key and part.key not in self._shared:
                claims.unreadable.add(index)
            if decoded.claims:
                claims.found.setdefault(index, {}).setdefault(ordinal, []).extend(decoded.claims)
            if decoded.strangers:
                self._scan.earlier_runs += len(decoded.strangers)
                claims.strangers.setdefault(index, {}).setdefault(ordinal, []).extend(decoded.strangers)

    def _amounts(self, texts: _Texts) -> Iterable[tuple[int, Claim]]:
        """The claims of remaining amounts: members of JSON documents, and values of hash and stream fields."""
        amounts = self._content.amounts
        for tenant, start, end in amounts.members(texts.joined):
            at = texts.at(start)
            where, text, first = texts.where(at), texts.texts[at], texts.starts[at]
            yield at, Claim(Standing.AMOUNT, tenant, where, "remaining amount", text, start - first, end - first)
        if any(b"\n%b\n" % field in texts.joined for field in amounts.fields):
            for at, text in enumerate(texts.texts):
                index, ordinal, piece = texts.places[at]
                if text in amounts.fields and ordinal >= 0 and texts.parts[index].kind in ("hash", "stream"):
                    of_value = piece % 2 == 0 and amounts.of_value(texts.texts[at + 1], texts.where(at + 1))
                    if of_value:
                        yield at + 1, of_value

    def _named(self, texts: _Texts) -> Iterable[tuple[int, Claim]]:
        """The claims of names, which are no marks."""
        strong, weak = self._names.strong, self._names.weak
        for at, (text, (_, ordinal, piece)) in enumerate(zip(texts.texts, texts.places, strict=True)):
            if ordinal == NAME:
                for named in self._names.segments(text):
                    yield at, Claim(named.standing, named.tenant, KEY_NAME, named.what, text, named.start, named.end)
            elif text in strong or text in weak:
                whole = self._names.whole(text, texts.texts[at - 1] if piece % 2 else b"")
                if whole is not None:
                    yield at, Claim(whole.standing, whole.tenant, texts.where(at), whole.what, text, 0, len(text))
        for named in self._names.mentions(texts.joined):
            at = texts.at(named.start)
            if texts.places[at][1] != NAME:
                start, end = named.start - texts.starts[at], named.end - texts.starts[at]
                yield at, Claim(named.standing, named.tenant, texts.where(at), named.what, texts.texts[at], start, end)


def _add(claims: PartClaims, texts: _Texts, at: int, claim: Claim) -> None:
    """Adds a claim, unless it lies in what the next window of a large string will show again."""
    index, ordinal, _ = texts.places[at]
    accept = texts.parts[index].accept
    if accept is None or ordinal == NAME or claim.start < accept:
        claims.found.setdefault(index, {}).setdefault(ordinal, []).append(claim)
