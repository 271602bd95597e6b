"""Sees through encodings while frames arrive: base64, hexadecimal, escapes, and compression inside of them.

The same forms as the checker's, within tighter bounds, and only where a frame holds something long enough to hide a
mark: a frame that does not costs no more than a look at its characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from evidence.marks import Keyring, Sighted
from evidence.views import Decoder, ReadingLimits
from evidence.written_forms import is_text, run_starts

FRAME_LIMITS = ReadingLimits(depth=3, stream_bytes=256 * 1024, value_bytes=1024 * 1024, scan_bytes=1 << 62)
FRAME_BYTES = 256 * 1024
"""So much of a frame is seen through; what a longer one holds behind that is only searched as it is."""
_AS_BYTES = "16 bytes"
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
        for text, path, found in self._found(frame):
            for sighted in found:
                if sighted.mark not in plain:
                    plain.add(sighted.mark)
                    yield Hidden(sighted, text, path)

    def _found(self, frame: bytes) -> Iterator[tuple[bytes, str, list[Sighted]]]:
        """What a frame can be read as, the forms that were undone, and the marks there; ids as 16 bytes as well."""
        yield frame, _AS_BYTES, self._in_bytes(frame)
        for view in self._decoder.views(frame[:FRAME_BYTES], lambda: "a frame", whole=len(frame) <= FRAME_BYTES):
            yield view.text, view.path, self._keyring.find(view.text)
            yield view.text, f"{view.path} › {_AS_BYTES}", self._in_bytes(view.text)

    def _in_bytes(self, data: bytes) -> list[Sighted]:
        return [] if data.isascii() else self._keyring.find_bytes(data)  # the seventh byte of such an id never is


def may_hide(frame: bytes) -> bool:
    """Returns whether a frame holds anything that a mark may be encoded in: whatever is not text may."""
    if not is_text(frame) or next(run_starts(frame), None) is not None:
        return True
    return any(escape in frame and frame.count(escape) >= _SHORTEST for escape in (b"%", b"&#", b"\\u00", b"\\x"))
