"""The readable views of a stored value: what its bytes mean once escapes, encodings and compression are undone.

Forms may be nested (JSON in base64 in gzip), to a depth of four. What is unpacked is bounded for each value and for
each scan; a value that hits a bound is counted, because what was not read must not be called clean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from evidence.packed_forms import SHORTEST, unpacked
from evidence.written_forms import (
    from_base64,
    from_hex,
    html_unescaped,
    narrowed,
    runs,
    stretches,
    unescaped,
    url_unescaped,
)

NAMED = 5
_BETWEEN = " › "
# How Postgres writes a bytea as text; inside an array or a composite the backslash is doubled.
_HEX_BYTES = re.compile(rb"\\+x((?:[0-9a-fA-F]{2})+)")


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """How much is undone.

    Attributes:
        depth: how many forms one in another.
        stream_bytes: how much is unpacked of one compressed stream.
        value_bytes: how much all views of one value hold together.
        scan_bytes: how much all views of one scan hold together.
    """

    depth: int = 4
    stream_bytes: int = 16 * 1024 * 1024
    value_bytes: int = 64 * 1024 * 1024
    scan_bytes: int = 16 * 1024 * 1024 * 1024


class View(NamedTuple):
    """One reading of a value.

    Attributes:
        text: what it reads as.
        path: the forms that were undone, the outermost first: ``gzip › base64``.
        whole: whether it is the meaning of the whole value, not of a part of it.
    """

    text: bytes
    path: str
    whole: bool


class _Reading:
    """The state of decoding one value."""

    __slots__ = ("left", "seen", "why", "window")

    def __init__(self, left: int, window: bool) -> None:
        self.left = left
        self.window = window  # whether the value is only a part of what is stored
        self.seen: set[bytes | int] = set()
        self.why = ""


class Decoder:
    """Makes views, and keeps count of what could not be read whole.

    Args:
        limits: how much is undone.

    Attributes:
        cut: values that were not read whole.
    """

    def __init__(self, limits: ReadingLimits | None = None) -> None:
        self._limits = limits or ReadingLimits()
        self._left = self._limits.scan_bytes
        self.cut = 0
        self._named: list[str] = []

    def views(self, value: bytes, place: Callable[[], str], whole: bool = True) -> Iterator[View]:
        """Yields what a value can be read as beside itself.

        Args:
            value: what is stored.
            place: says what the value is called, should it have to be named.
            whole: whether this is all of the value, or a window of it.
        """
        if len(value) < SHORTEST:
            return
        reading = _Reading(min(self._limits.value_bytes, self._left), not whole)
        before = reading.left
        try:
            yield from self._inside(value, "", self._limits.depth, whole, reading)
        finally:
            self._left -= before - reading.left
            if reading.why:
                self._note(place, reading.why)

    def _note(self, place: Callable[[], str], why: str) -> None:
        self.cut += 1
        if len(self._named) < NAMED:
            self._named.append(f"{place()[:200]} was not read whole: {why}")

    def sentences(self) -> list[str]:
        """Returns what could not be read whole and why, a sentence each."""
        more = self.cut - len(self._named)
        return [*self._named, *([f"{more} more values were not read whole"] if more else [])]

    def _inside(self, data: bytes, path: str, depth: int, whole: bool, reading: _Reading) -> Iterator[View]:
        for form, text, is_whole in self._layer(data, depth, reading):
            if len(text) < SHORTEST:
                continue
            key = hash(text)
            if key in reading.seen:
                continue
            reading.seen.add(key)
            if len(text) > reading.left:
                reading.why = "what it unpacks to is larger than is unpacked of one value, or of one scan"
                return
            reading.left -= len(text)
            view = View(text, path + form, whole and is_whole)
            yield view
            yield from self._inside(text, view.path + _BETWEEN, depth - 1, view.whole, reading)

    def _layer(self, data: bytes, depth: int, reading: _Reading) -> Iterator[tuple[str, bytes, bool]]:
        """What the data means with one form undone."""
        if depth == 0:
            streams = unpacked(data, self._limits.stream_bytes, announced=True)
            # Two bytes are no proof: noise has them now and then. The end of a zlib stream has a check sum.
            if any(stream.ended or stream.name != "zlib" for stream in streams):
                reading.why = f"compressed data lies more than {self._limits.depth} forms deep in it"
            return
        for stream in unpacked(data, min(self._limits.stream_bytes, reading.left)):
            if stream.stopped:
                reading.why = f"it holds {stream.name} that unpacks to more than is sane"
            elif reading.window and not stream.ended and stream.end >= len(data):  # goes on in the next window
                reading.why = f"it is too large to be read at once, and holds {stream.name}"
            yield stream.name, stream.text, stream.start == 0 and stream.end >= len(data)
        for text in narrowed(data):
            yield "UTF-16", text, True
        for stretch in stretches(data):
            all_of_it = len(stretch) == len(data)
            for form, undo in _WRITTEN:
                for text in undo(stretch):
                    yield form, text, all_of_it
        for run, all_of_it in runs(data):
            for text in from_hex(run):
                yield "hex", text, all_of_it
            for text in from_base64(run):
                yield "base64", text, all_of_it


_WRITTEN: tuple[tuple[str, Callable[[bytes], Iterator[bytes]]], ...] = (
    ("escapes", unescaped),
    ("URL", url_unescaped),
    ("HTML", html_unescaped),
)


def binary_values(text: bytes) -> Iterator[bytes]:
    """Yields the bytes behind every bytea in the text form of a Postgres value."""
    for match in _HEX_BYTES.finditer(text):
        yield bytes.fromhex(match[1].decode())
