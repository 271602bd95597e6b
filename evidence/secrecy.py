"""Secrets that somebody was told, so that whatever is shown can leave them out: passwords, and tokens.

``evidence.excerpts`` knows a token by its looks; here is what has none: a password made of words, a short one. What
looks like a token is remembered by a fingerprint alone, keyed with the run's key, which is all that evidence holds of
it. Nothing shorter than sixteen characters and nothing that could be guessed is ever written down so.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus, unquote

import orjson

from evidence.excerpts import HIDDEN, looks_random, without_signed_tokens, words_of
from evidence.marks import RunKey

_SHORTEST = 4  # whoever has a secret of fewer letters has none
_DISTINCT = 8
_CUT = 64
_JOINTS = 16
_BYTES = 8


class KnownSecrets:
    """Leaves out what it was told.

    Args:
        secrets: those that are known from the start.
        key: of the fingerprints.

    Attributes:
        fingerprints: of tokens that are known by nothing else.
    """

    def __init__(self, secrets: Iterable[str] = (), key: bytes = b"") -> None:
        self._key = key
        self._told: set[str] = set()
        self._forms: set[str] = set()
        self._lengths: dict[str, list[int]] = {}  # of the forms that begin so, the longest first: many begin alike
        self._heads: set[str] = set()
        self._tails: set[str] = set()
        self.fingerprints: set[str] = set()
        for secret in secrets:
            self.add(secret)

    @classmethod
    def of_run(cls, secrets: Iterable[str], key: RunKey) -> KnownSecrets:
        """Returns those that a run knows from the start; those that look like tokens by their fingerprints."""
        known = cls(key=key.derive(b"fingerprints"))
        for secret in secrets:
            if (fingerprint := known.take_in(secret)) is not None:
                known.fingerprints.add(fingerprint)
        return known

    def add(self, secret: str) -> None:
        """Takes in a secret, in every form in which it may show up."""
        if len(secret) < _SHORTEST or secret in self._told:
            return
        self._told.add(secret)
        for form in forms_of(secret):
            self._forms.add(form)
            lengths = self._lengths.setdefault(form[:_SHORTEST], [])
            if len(form) not in lengths:
                lengths.append(len(form))
                lengths.sort(reverse=True)
        if len(secret) <= _CUT:
            self._heads.update(secret[:length] for length in range(_SHORTEST, len(secret)))
            self._tails.update(secret[-length:] for length in range(_SHORTEST, len(secret)))

    def take_in(self, secret: str) -> str | None:
        """Takes in a secret of a process that meets many; returns its fingerprint if that is all it has to keep."""
        if not looks_random(secret.encode("utf-8", "replace")):
            self.add(secret)
            return None
        return self.fingerprint(secret)

    def fingerprint(self, secret: str) -> str:
        """Returns 16 hexadecimal digits that tell nothing of the secret, without the key or with it."""
        data = secret.encode("utf-8", "replace")
        return hashlib.blake2b(data, digest_size=_BYTES, key=self._key).hexdigest()

    def hide(self, text: str) -> str:
        """Returns the text without any secret."""
        return self._without(text, self._spans(text, every=True))

    def hide_in_excerpt(self, text: str) -> str:
        """Returns an excerpt without any secret, nor the part of one that its edges (``…``) have left."""
        return self._without(text, [*self._spans(text, every=True), *self._cut(text)])

    def hide_in_names(self, text: str) -> str:
        """Returns a place or a sentence without those secrets that can't be taken for a name: it stays readable where a
        password is an ordinary word.
        """
        spans = list(self._spans(text, every=False))
        if self.fingerprints:
            for word, at in words_of(text):
                spans += [
                    (at + begins, at + ends)
                    for begins, ends in _parts(word)
                    if self.fingerprint(word[begins:ends]) in self.fingerprints
                ]
        return self._without(text, spans)

    def _without(self, text: str, spans: Iterable[tuple[int, int]]) -> str:
        shown, at = [], 0
        for begins, ends in sorted(spans):
            if ends > at:
                shown += [text[at:begins], HIDDEN] if begins >= at else []
                at = ends
        return without_signed_tokens("".join([*shown, text[at:]]))

    def _spans(self, text: str, *, every: bool) -> Iterator[tuple[int, int]]:
        if not self._forms:
            return
        for at in range(len(text) - _SHORTEST + 1):
            for length in self._lengths.get(text[at : at + _SHORTEST], ()):
                form = text[at : at + length]
                if form in self._forms and (_is_distinct(form) or (every and _stands_alone(text, at, form))):
                    yield at, at + len(form)
                    break

    def _cut(self, text: str) -> Iterator[tuple[int, int]]:
        for edge in re.finditer("…", text):
            after, before = text[edge.end() : edge.end() + _CUT], text[max(0, edge.start() - _CUT) : edge.start()]
            for length in range(len(after), _SHORTEST - 1, -1):
                if after[:length] in self._tails:
                    yield edge.end(), edge.end() + length
                    break
            for length in range(len(before), _SHORTEST - 1, -1):
                if before[-length:] in self._heads:
                    yield edge.start() - length, edge.start()
                    break


def forms_of(secret: str) -> set[str]:
    """Returns a secret as it may stand somewhere: as it is, escaped for addresses or JSON, in hexadecimal digits, and
    in base64 at any alignment, where its ends mix with what stands around it.
    """
    data = secret.encode("utf-8", "replace")
    found = {secret, unquote(secret), quote(secret, safe=""), quote(secret), quote_plus(secret), data.hex()}
    found |= {orjson.dumps(data.decode()).decode()[1:-1], secret.replace("/", "\\/")}
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + data).decode()
        middle = coded[before and before + 1 : (len(data) + before) * 4 // 3 - 1]
        found |= {middle, middle.replace("+", "-").replace("/", "_")}
    return {form for form in found if len(form) >= _SHORTEST}


def _parts(word: str) -> Iterator[tuple[int, int]]:
    """A run, and every part of it between signs that may join a token to what stands around it."""
    joints = list(re.finditer(r"[=/.~%-]", word))[:_JOINTS]
    starts = [0, *(joint.end() for joint in joints)]
    ends = [*(joint.start() for joint in joints), len(word)]
    return ((start, end) for start in starts for end in ends if start < end)


def _is_distinct(form: str) -> bool:
    return len(form) >= _DISTINCT and not form.isalpha()


def _stands_alone(text: str, at: int, form: str) -> bool:
    """Whether it is no part of a longer word: a short password may well stand somewhere in a mark."""
    end = at + len(form)
    before = text[at - 1] if at else " "
    after = text[end] if end < len(text) else " "
    return not (before.isalnum() and form[0].isalnum()) and not (after.isalnum() and form[-1].isalnum())
