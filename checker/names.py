"""Recognises tenants by what is no mark: their names in the target, their aliases, the ids the service handed them.

A mark proves itself; a name is only compared. So a name counts as a whole value, as a delimited segment of a key's
name (``t1`` is not in ``t10``), or as a quoted string of a JSON document, and nowhere else. A *weak* name, one of
digits alone, could be any number: it counts only where the name of the column, field or key says that tenants stand
there (``user_id``, ``user:17``). Ids learnt from replies count only if they are not weak.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from checker.ownership import Standing
from checker.scan import Roster
from evidence.marks import Keyring

_DELIMITERS = rb":/|,;#{}\[\]()<>=\s.@_\-"
_TOKEN = re.compile(rb"[^%s]+" % _DELIMITERS)
_QUOTED = re.compile(rb'"([^"\\\s,{}\[\]]{2,128})(?=")')
_WHO = rb"(?:user|tenant|account|customer|client|org|organi[sz]ation|owner|member|company|workspace)"
_NAMES_TENANTS = re.compile(rb"(?:^|[^a-z])%ss?(?:[^a-z]?(?:id|name|key|uuid|ref|slug|email|code|no))?$" % _WHO, re.I)
_TENANTS_AMONG = re.compile(rb"(?:^|[^a-z])%ss?(?:[^a-z]|$)" % _WHO, re.I)
_QUOTED_WEAK = re.compile(rb'"([^"\\]{1,60})"\s*:\s*"?([0-9]{1,40})(?=["\s,}])')


class Named(NamedTuple):
    """A name found: how much it says, whose it is, what it is, and where in the text it stood."""

    standing: Standing
    tenant: int
    what: str
    start: int
    end: int


class Meaning(NamedTuple):
    """What a known name says."""

    standing: Standing
    tenant: int
    what: str


def names_tenants(label: bytes) -> bool:
    """Returns whether a column, field or key segment is called as if tenants stood there."""
    return _NAMES_TENANTS.search(label) is not None


class NameIndex:
    """Looks names up.

    Args:
        roster: who exists.
        keyring: names that are marks of this run are left to it.

    Attributes:
        strong: every spelling of every name that counts wherever it is a whole value.
        weak: names of digits alone.
    """

    def __init__(self, roster: Roster, keyring: Keyring) -> None:
        names = "\n".join((*roster.names.values(), *roster.numbers, *roster.learnt))
        marks = [sighted for sighted in keyring.find(names) if keyring.is_current(sighted)]
        text = names.encode("utf-8", "surrogatepass").lower()
        self._marks = {text[sighted.start : sighted.end] for sighted in marks}
        self.strong: dict[bytes, Meaning] = {}
        self.weak: dict[bytes, Meaning] = {}
        ambiguous: set[bytes] = set()
        exact = {name.encode(): number for number, name in roster.names.items()}
        folded: dict[bytes, set[int]] = {}
        for number, name in roster.names.items():
            folded.setdefault(name.lower().encode(), set()).add(number)
        for name_bytes, number in exact.items():
            self._add(name_bytes, Meaning(Standing.NAME, number, "name"))
        for name_lower, owners in folded.items():
            if len(owners) > 1:
                ambiguous |= {name_lower, name_lower.upper()} - exact.keys()
        for name, number in roster.numbers.items():
            standing = Standing.NAME if name.encode() in folded else Standing.ALIAS
            self._add_spellings(name, Meaning(standing, number, "name" if standing is Standing.NAME else "other name"))
        for name, number in roster.learnt.items():
            if not name.isdigit():
                self._add_spellings(name, Meaning(Standing.LEARNT, number, "learnt id"))
        for spelling in ambiguous:
            self.strong.pop(spelling, None)
        self._longest: dict[bytes, int] = {}
        for spelling in (*self.strong, *self.weak):
            tokens = _TOKEN.findall(spelling)
            if tokens:
                self._longest[tokens[0]] = max(len(tokens), self._longest.get(tokens[0], 0))

    def _add_spellings(self, name: str, meaning: Meaning) -> None:
        for spelling in (name, name.lower(), name.upper()):
            self._add(spelling.encode(), meaning)

    def _add(self, spelling: bytes, meaning: Meaning) -> None:
        if spelling.isdigit():
            self.weak.setdefault(spelling, meaning)
        elif len(spelling) > 1 and spelling.lower() not in self._marks:
            self.strong.setdefault(spelling, meaning)

    def __bool__(self) -> bool:
        return bool(self.strong or self.weak)

    def whole(self, value: bytes, label: bytes = b"") -> Named | None:
        """Returns whom a whole value names, if anybody; ``label`` is what its column or field is called."""
        meaning = self.strong.get(value)
        if meaning is None and value in self.weak and names_tenants(label):
            meaning = self.weak[value]
        return None if meaning is None else Named(*meaning, 0, len(value))

    def _segment(self, key: bytes, start: int, end: int) -> Named | None:
        """A weak name counts after a segment such as ``user`` or ``user_context``."""
        value = key[start:end]
        meaning = self.strong.get(value)
        if meaning is None and value in self.weak:
            before = re.split(rb"[:/|,;#{}\[\]()<>=\s]+", key[:start].rstrip(b":/|,;#{}[]()<>= .@_-"))[-1]
            if _TENANTS_AMONG.search(before):
                meaning = self.weak[value]
        return None if meaning is None else Named(*meaning, start, end)

    def segments(self, key: bytes) -> Iterable[Named]:
        """Returns the names that are delimited segments of a key's name; the longest, where names overlap."""
        if self._longest.keys().isdisjoint(_TOKEN.findall(key)):
            return ()
        return self._segments(key)

    def _segments(self, key: bytes) -> Iterator[Named]:
        tokens = list(_TOKEN.finditer(key))
        index = 0
        while index < len(tokens):
            longest = self._longest.get(tokens[index][0], 0)
            for last in range(min(index + longest, len(tokens)) - 1, index - 1, -1):
                start, end = tokens[index].start(), tokens[last].end()
                named = self._segment(key, start, end)
                if named is not None:
                    yield named
                    index = last
                    break
            index += 1

    def mentions(self, text: bytes) -> Iterator[Named]:
        """Yields the names that are quoted strings in a text, such as a JSON document."""
        strong = self.strong
        if strong and not strong.keys().isdisjoint(_QUOTED.findall(text)):
            for match in _QUOTED.finditer(text):
                meaning = strong.get(match[1])
                if meaning is not None:
                    yield Named(Standing.MENTION, meaning.tenant, meaning.what, match.start(1), match.end(1))
        if self.weak:
            for match in _QUOTED_WEAK.finditer(text):
                weak = self.weak.get(match[2])
                if weak is not None and names_tenants(match[1]):
                    yield Named(Standing.MENTION, weak.tenant, weak.what, match.start(2), match.end(2))
