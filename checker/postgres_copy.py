"""Streams the rows of a table as COPY writes them: a line a row, a tab between columns, escapes with a backslash."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from psycopg2.extensions import connection

if TYPE_CHECKING:
    from typing_extensions import Buffer

CHUNK_BYTES = 1024 * 1024
NULL = b"\\N"

_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_MEANING = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def unescape(cell: bytes) -> bytes:
    """Returns the value that COPY wrote as ``cell``."""
    if b"\\" not in cell:
        return cell
    return _ESCAPE.sub(lambda match: _MEANING.get(match[1], match[1]), cell)


def cells_at(block: bytes, offsets: Iterable[int]) -> Iterator[bytes]:
    """Yields the cells of a block of lines that stand at these offsets (in order), each once."""
    end = 0
    for offset in offsets:
        if offset >= end:
            start = max(block.rfind(b"\t", 0, offset), block.rfind(b"\n", 0, offset)) + 1
            ends = [found for found in (block.find(b"\t", offset), block.find(b"\n", offset)) if found >= 0]
            end = min(ends, default=len(block))
            yield block[start:end]


class _Lines(io.RawIOBase):
    """Takes bytes as they come and hands on whole lines, many at a time."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        super().__init__()
        self._take = take
        self._rest: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        received = bytes(data)
        end = received.rfind(b"\n") + 1
        if end:
            whole = b"".join([*self._rest, received[:end]])
            self._rest = [received[end:]]
            self._take(whole)
        else:
            self._rest.append(received)
        return len(received)


def copy_rows(opened: connection, query: str, take: Callable[[bytes], None]) -> None:
    """Runs a query and calls ``take`` with blocks of whole lines of about a megabyte.

    Raises:
        psycopg2.Error: as the server says.
    """
    with io.BufferedWriter(_Lines(take), CHUNK_BYTES) as buffer, opened.cursor() as cur:
        cur.copy_expert(f"COPY ({query}) TO STDOUT", buffer)
