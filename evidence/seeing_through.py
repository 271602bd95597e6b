"""Sees through encodings while frames arrive: base64, hexadecimal, escapes, and compression inside of them.

The same forms as the checker's, within tighter bounds, and only where a frame holds something long enough to hide a
mark: a frame that does not costs no more than a look at its characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from evidence.marks import Keyring, Sighted
from evidence.views import Decoder, ReadingLimits
from evidence.written_forms import run_starts

FRAME_LIMITS = ReadingLimits(depth=3, stream_bytes=256 * 1024, value_bytes=1024 * 1024, scan_bytes=1 << 62)
FRAME_BYTES = 256 * 1024
"""So much of a frame is seen through; what a longer one holds behind that is only searched as it is."""
_SHORTEST = 29  # characters of the shortest mark, each of which an escape may stand for


class Hidden(NamedTuple):
    """A mark behind an encoding: the mark, the text it then stands in, and the forms that were undone."""

    sighted: Sighted
    text: bytes
    path: str


class FrameDecoder:
    """Finds marks that are encoded in frames.

    Args:
        keyring: recognises marks.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._decoder = Decoder(FRAME_LIMITS)
        self._too_long = 0

    @property
    def cut(self) -> int:
        """How many frames were too large, or unpacked to too much, to be seen through whole."""
        return self._decoder.cut + self._too_long

    def hidden(self, frame: bytes) -> Iterator[Hidden]:
        """Yields the marks that are seen only once something in the frame is decoded."""
        if not may_hide(frame):
            return
        self._too_long += len(frame) > FRAME_BYTES
        plain = {sighted.mark for sighted in self._keyring.find(frame)}
        for view in self._decoder.views(frame[:FRAME_BYTES], lambda: "a frame", whole=len(frame) <= FRAME_BYTES):
            for sighted in self._keyring.find(view.text):
                if sighted.mark not in plain:
                    plain.add(sighted.mark)
                    yield Hidden(sighted, view.text, view.path)


def may_hide(frame: bytes) -> bool:
    """Returns whether a frame holds anything that a mark may be encoded in."""
    if next(run_starts(frame), None) is not None:
        return True
    return any(escape in frame and frame.count(escape) >= _SHORTEST for escape in (b"%", b"&#", b"\\u00", b"\\x"))
