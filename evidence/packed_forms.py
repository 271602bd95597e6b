"""Recognises compressed data (gzip, zlib, raw deflate, zstd, LZ4) inside other data, and unpacks it within limits."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import lz4.block  # type: ignore[import-untyped]
import lz4.frame  # type: ignore[import-untyped]
import zstandard

from evidence.written_forms import is_text

SHORTEST = 20  # less than this compressed is no mark
RATIO = 250
RATIO_FROM_BYTES = 4 * 1024 * 1024  # a little of anything may be very regular
_INPUT_BYTES = 4096  # at 1,032 to 1, the most that deflate can do, four megabytes a step
_ZSTD_INPUT_BYTES = 256  # four bytes can stand for 128 KiB
_ZSTD_WINDOW_BYTES = 32 * 1024 * 1024
_MAGIC = re.compile(rb"\x1f\x8b\x08|\x28\xb5\x2f\xfd|\x04\x22\x4d\x18|\x78[\x01\x5e\x9c\xda]")


class Unpacked(NamedTuple):
    """What came out of packed data.

    Attributes:
        name: how it was packed.
        text: what it holds, as far as it was unpacked.
        start: where in the data it began.
        end: where it ended, or where unpacking stopped.
        ended: whether its end was reached.
        stopped: whether a limit stopped unpacking.
    """

    name: str
    text: bytes
    start: int
    end: int
    ended: bool
    stopped: bool


class _Machine(Protocol):
    """What zlib's and LZ4's decompressors have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes | None: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def unpacked(data: bytes, most: int, *, announced: bool = False) -> Iterator[Unpacked]:
    """Yields what every packed stream in the data holds; what seems to be one in noise holds noise.

    Args:
        data: a whole value, or part of one.
        most: how many bytes to unpack of each stream at most.
        announced: whether to leave out forms that nothing announces.
    """
    if len(data) < SHORTEST or is_text(data):
        return
    position, all_of_it = 0, False
    while (match := _MAGIC.search(data, position)) is not None:
        result = _unpack_at(data, match.start(), most)
        if result.text or result.stopped:
            all_of_it = result.start == 0 and result.ended and result.end == len(data)
            yield result
        position = result.end if result.text else match.start() + 1
    if not all_of_it and not announced:
        yield from _without_magic(data, most)


def _unpack_at(data: bytes, start: int, most: int) -> Unpacked:
    first = data[start]
    if first == 0x1F:
        return _fed(data, start, most, "gzip", lambda: zlib.decompressobj(31))
    if first == 0x78:
        return _fed(data, start, most, "zlib", lambda: zlib.decompressobj(15))
    if first == 0x04:
        return _fed(data, start, most, "lz4", lz4.frame.LZ4FrameDecompressor)
    return _fed(data, start, most, "zstd", _zstd_machine, _ZSTD_INPUT_BYTES)


def _fed(
    data: bytes, start: int, most: int, name: str, make: Callable[[], _Machine], step: int = _INPUT_BYTES
) -> Unpacked:
    """Feeds a decompressor little by little, so that it never has much to give at once."""
    machine, out, position, stopped = make(), bytearray(), start, False
    try:
        while not machine.eof and position < len(data) and not stopped:
            piece = data[position : position + step]
            out += machine.decompress(piece)
            position += len(piece)
            stopped = not machine.eof and _too_much(len(out), position - start, most)
    except (zlib.error, zstandard.ZstdError, RuntimeError, EOFError) as error:
        needs_memory = "memory" in str(error)  # zstd: a window larger than allowed
        return Unpacked(name, bytes(out), start, max(position, start + 1), False, needs_memory)
    end = position - len(machine.unused_data or b"") if machine.eof else position
    return Unpacked(name, bytes(out), start, end, machine.eof, stopped)


def _zstd_machine() -> _Machine:
    return zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()


def _too_much(out: int, consumed: int, most: int) -> bool:
    return out >= most or (out > RATIO_FROM_BYTES and out > RATIO * consumed)


def _without_magic(data: bytes, most: int) -> Iterator[Unpacked]:
    """Forms that nothing announces are believed only if they account for the value to its last byte."""
    raw = _fed(data, 0, most, "deflate", lambda: zlib.decompressobj(-15))
    if (raw.ended and raw.end == len(data) and len(raw.text) >= SHORTEST) or (raw.stopped and len(raw.text) >= most):
        yield raw
        return
    for size in (int.from_bytes(data[:4], "little"), int.from_bytes(data[:4], "big")):
        if SHORTEST <= size <= min(most, 256 * len(data)):
            try:
                text = lz4.block.decompress(data[4:], uncompressed_size=size)
            except lz4.block.LZ4BlockError:
                continue
            if len(text) == size:
                yield Unpacked("lz4", text, 0, len(data), True, False)
                return
