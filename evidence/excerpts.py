"""Excerpts: a mark in full, with a little of what stands around it, and nothing in it that could let somebody in.

Whoever shows a frame or a row shows what else is in it. A service that repeats a tenant's token beside a mark must not
have it put into a report. Which tokens there were nobody knows who reads the evidence later, perhaps on another
machine, so a credential is known by its looks: a long run of characters as nobody would write it, or whatever stands
behind a word such as ``password``. Encoded tokens, and those that the edge of an excerpt cuts, look like that too.

What is short, or made of words, is not seen here: ``evidence.secrecy`` knows those that it was told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

HIDDEN = "(hidden)"
BEFORE, AFTER = 40, 30
MARGIN = 64
"""So much beyond an excerpt is looked at, to know a token by more than the end that is in it."""

_UNREADABLE = 6
"""So many characters of a run that make no words, and it is none that anybody would write."""
_DATE, _WORDY, _LONGEST_WORD = 8, 3, 24
"""Digits of a number; letters of a word, on the average and at most."""
_SUBSTITUTE = b"\x1a"
_RUN = re.compile(rb"(?:[A-Za-z0-9+/_=~%.-]|\\/|\\u00[0-9a-fA-F]{2}){16,}")
_LABELLED = re.compile(
    rb"(?:passw(?:or)?d|passphrase|secret|token|authori[sz]ation|cookie|api[_-]?key|credential)[\w-]{0,16}"
    rb"[\\\"']*\s{0,3}[:=]\s{0,3}[\\\"']*((?:bearer|basic|token)\s+)?([^\s\\\"'&,;<>{}()]{4,})",
    re.IGNORECASE,
)
_JOINT = re.compile(rb"[_+=~%./\\-]+(?:u00[0-9a-fA-F]{2})?")
_WORD = re.compile(rb"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_JSON_WEB_TOKEN = re.compile(r"ey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


def excerpt(text: bytes, start: int, end: int, kept: Sequence[tuple[int, int]] = ()) -> str:
    """Returns what stands from ``start`` to ``end`` in full with a little around it, on one line, without credentials.

    Args:
        text: where it stands.
        start: where it begins, in bytes.
        end: where it ends.
        kept: what else is known to be no credential, as pairs of start and end: other marks.
    """
    first, last = max(0, start - BEFORE), min(len(text), end + AFTER)
    shown = bytearray(text[first:last])
    for begins, ends in _credentials(text, max(0, first - MARGIN), last + MARGIN, sorted([(start, end), *kept])):
        begins, ends = max(begins, first), min(ends, last)
        if begins < ends:
            shown[begins - first : ends - first] = _SUBSTITUTE * (ends - begins)
    line = re.sub(r"\x1a+", HIDDEN, shown.decode("utf-8", "replace"))
    line = "".join(character if character.isprintable() else "·" for character in line)
    return ("…" if first else "") + line + ("…" if last < len(text) else "")


def without_credentials(text: str) -> str:
    """Returns text of the target's without what looks like a credential."""
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    for begins, ends in _credentials(bytes(data), 0, len(data), []):
        data[begins:ends] = _SUBSTITUTE * (ends - begins)
    return re.sub(r"\x1a+", HIDDEN, data.decode("utf-8", "replace"))


def without_signed_tokens(text: str) -> str:
    """Returns any text without JSON Web Tokens, which nothing else looks like."""
    return _JSON_WEB_TOKEN.sub(HIDDEN, text)


def words_of(text: str) -> Iterator[tuple[str, int]]:
    """Yields every long run of characters that looks like a token, and where in the text it begins."""
    data = text.encode("utf-8", "replace")
    for match in _RUN.finditer(data):
        if looks_random(match[0]):
            yield match[0].decode("ascii"), len(data[: match.start()].decode("utf-8", "replace"))


def looks_random(run: bytes) -> bool:
    """Returns whether a run of letters and digits is long, and none that anybody would write."""
    if _RUN.fullmatch(run) is None:
        return False
    return sum(len(part) for part in _JOINT.split(run) if not _is_readable(part)) >= _UNREADABLE


def _is_readable(part: bytes) -> bool:
    """A word, several with capitals between, or a number that is no longer than a date."""
    if part.isdigit():
        return len(part) <= _DATE
    words = _WORD.findall(part)
    return part.isalpha() and len(part) >= len(words) * _WORDY and all(len(word) < _LONGEST_WORD for word in words)


def _credentials(text: bytes, first: int, last: int, kept: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Where between two places something looks like a credential that is none of what is kept."""
    at = first
    for begins, ends in [*kept, (last, last)]:
        if at < min(begins, last):
            part = text[at : min(begins, last)]
            yield from ((at + run.start(), at + run.end()) for run in _RUN.finditer(part) if looks_random(run[0]))
            yield from ((at + value.start(2), at + value.end(2)) for value in _LABELLED.finditer(part))
        at = max(at, ends)
