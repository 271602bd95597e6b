"""Reads keys of every type whole, in bounded memory, with read-only commands.

Small keys are read many at a time. A large collection is read in chunks of about ``CHUNK_BYTES``; a string too large to
be decoded in one piece in windows that overlap, so that no mark is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import hiredis

from checker.redis_wire import Command, RedisWire, Reply

SMALL_BYTES = 64 * 1024
CHUNK_BYTES = 4 * 1024 * 1024
WINDOW_BYTES = 1024 * 1024
LARGE_BYTES = 8 * 1024 * 1024
OVERLAP_BYTES = 1024  # no mark is longer, even with each of its characters escaped twice
_MOST_AT_ONCE = 1000  # elements of a large collection in one chunk


class Element(NamedTuple):
    """One element of a key: what it is called, and its texts (a hash field's name and value, say)."""

    name: bytes
    texts: tuple[bytes, ...]


class KeyPart(NamedTuple):
    """A key as far as it was read at once.

    Attributes:
        key: its name.
        kind: its type as Redis calls it.
        elements: what was read.
        first: whether this is the first part of the key.
        last: whether this is the last.
        accept: marks that begin at or after this byte of the text belong to the next window; None: there is none.
    """

    key: bytes
    kind: str
    elements: list[Element]
    first: bool = True
    last: bool = True
    accept: int | None = None

    @property
    def whole(self) -> bool:
        """Whether this is all of the key."""
        return self.first and self.last


def _pairs(flat: Sequence[bytes]) -> list[Element]:
    return [Element(flat[i], (flat[i], flat[i + 1])) for i in range(0, len(flat), 2)]


def _members(members: Iterable[bytes]) -> list[Element]:
    return [Element(member, (member,)) for member in members]


def _listed(values: Iterable[bytes], first: int = 0) -> list[Element]:
    return [Element(b"%d" % index, (value,)) for index, value in enumerate(values, first)]


def _entries(entries: Iterable[tuple[bytes, Sequence[bytes] | None]]) -> list[Element]:
    return [Element(name, tuple(fields or ())) for name, fields in entries]


class _Type(NamedTuple):
    """How a collection type is read: whole, and its length."""

    whole: Callable[[bytes], Command]
    elements: Callable[[Reply], list[Element]]
    length: bytes


_TYPES = {
    "hash": _Type(lambda key: (b"HGETALL", key), _pairs, b"HLEN"),
    "list": _Type(lambda key: (b"LRANGE", key, b"0", b"-1"), _listed, b"LLEN"),
    "set": _Type(lambda key: (b"SMEMBERS", key), _members, b"SCARD"),
    "zset": _Type(lambda key: (b"ZRANGE", key, b"0", b"-1"), _members, b"ZCARD"),
    "stream": _Type(lambda key: (b"XRANGE", key, b"-", b"+"), _entries, b"XLEN"),
}


class KeyReader:
    """Reads pages of keys.

    Args:
        wire: the connection.
        unread: is called with (key, reason) for every key that can't be read.
        small_server: whether the server holds so little that nothing in it can be too large to be asked for at once:
            then keys need not be measured first.
    """

    def __init__(self, wire: RedisWire, unread: Callable[[bytes, str], None], small_server: bool = False) -> None:
        self._wire = wire
        self._unread = unread
        self._small_server = small_server

    def read(self, keys: Sequence[bytes]) -> Iterator[KeyPart]:
        """Yields the parts of these keys, those of one key one after the other. Vanished keys are left out."""
        if self._small_server:
            values = self._wire.ask(b"MGET", *keys)
            if not isinstance(values, hiredis.ReplyError):  # one forbidden key spoils all of them
                for key, value in zip(keys, values, strict=True):
                    if value is not None:
                        yield KeyPart(key, "string", [Element(b"", (value,))])
                keys = [key for key, value in zip(keys, values, strict=True) if value is None]
        kinds: dict[str, list[bytes]] = {}
        for key, reply in zip(keys, self._wire.ask_all([(b"TYPE", key) for key in keys]), strict=True):
            if isinstance(reply, hiredis.ReplyError):
                self._unread(key, str(reply))
            elif reply != b"none":
                kinds.setdefault(reply.decode(), []).append(key)
        yield from self._strings(kinds.pop("string", []))
        for kind, of_kind in kinds.items():
            if kind in _TYPES:
                yield from self._collections(kind, of_kind)
            else:
                for key in of_kind:
                    self._unread(key, f"its type {kind} is not known")

    def _strings(self, keys: list[bytes]) -> Iterator[KeyPart]:
        batch: list[bytes] = []
        size = 0
        sizes = list(self._wire.ask_all([(b"STRLEN", key) for key in keys]))
        for key, length in zip(keys, sizes, strict=True):
            if isinstance(length, hiredis.ReplyError):
                self._unread(key, str(length))
            elif length > LARGE_BYTES:
                yield from self._windows(key, length)
            else:
                batch.append(key)
                size += length
                if size > CHUNK_BYTES:
                    yield from self._small_strings(batch)
                    batch, size = [], 0
        yield from self._small_strings(batch)

    def _small_strings(self, keys: list[bytes]) -> Iterator[KeyPart]:
        if not keys:
            return
        values = self._wire.ask(b"MGET", *keys)
        if isinstance(values, hiredis.ReplyError):  # one forbidden key spoils all of them
            values = list(self._wire.ask_all([(b"GET", key) for key in keys]))
        for key, value in zip(keys, values, strict=True):
            if isinstance(value, hiredis.ReplyError):
                self._unread(key, str(value))
            elif value is not None:
                yield KeyPart(key, "string", [Element(b"", (value,))])

    def _windows(self, key: bytes, length: int) -> Iterator[KeyPart]:
        first = True
        for start in range(0, length, WINDOW_BYTES):
            end = min(start + WINDOW_BYTES + OVERLAP_BYTES, length)
            text = self._wire.ask(b"GETRANGE", key, b"%d" % start, b"%d" % (end - 1))
            last = start + WINDOW_BYTES >= length
            if isinstance(text, hiredis.ReplyError):
                self._unread(key, str(text))
                text, last = b"", True
            yield KeyPart(key, "string", [Element(b"", (text,))], first, last, None if last else WINDOW_BYTES)
            first = False
            if last:
                return

    def _collections(self, kind: str, keys: list[bytes]) -> Iterator[KeyPart]:
        small = keys if self._small_server else list(self._small(keys))
        large = set(keys).difference(small)
        how = _TYPES[kind]
        for key, reply in zip(small, self._wire.ask_all([how.whole(key) for key in small]), strict=True):
            if isinstance(reply, hiredis.ReplyError):
                self._unread(key, str(reply))
            elif reply:
                yield KeyPart(key, kind, how.elements(reply))
        for key in large:
            yield from self._chunks(kind, key)
        if kind == "stream":
            yield from self._groups(keys)

    def _small(self, keys: list[bytes]) -> Iterator[bytes]:
        for key, size in zip(keys, self._wire.ask_all([(b"MEMORY", b"USAGE", key) for key in keys]), strict=True):
            if isinstance(size, int) and size <= SMALL_BYTES:
                yield key

    def _chunks(self, kind: str, key: bytes) -> Iterator[KeyPart]:
        length = self._wire.ask(_TYPES[kind].length, key)
        memory = self._wire.ask(b"MEMORY", b"USAGE", key)
        if isinstance(length, hiredis.ReplyError):
            self._unread(key, str(length))
            return
        average = memory // max(length, 1) if isinstance(memory, int) else CHUNK_BYTES // _MOST_AT_ONCE
        count = max(1, min(_MOST_AT_ONCE, CHUNK_BYTES // max(average, 1)))
        read = {"list": self._list_chunks, "stream": self._stream_chunks}.get(kind)
        chunks = read(key, count) if read else self._scan_chunks(kind, key, count)
        previous: list[Element] | None = None
        first = True
        for elements in chunks:  # one behind, because only then is it known which is the last
            if previous is not None:
                yield KeyPart(key, kind, previous, first, False)
                first = False
            previous = elements
        if previous is not None:
            yield KeyPart(key, kind, previous, first, True)

    def _scan_chunks(self, kind: str, key: bytes, count: int) -> Iterator[list[Element]]:
        command = {"hash": b"HSCAN", "set": b"SSCAN", "zset": b"ZSCAN"}[kind]
        cursor = b"0"
        while True:
            reply = self._wire.ask(command, key, cursor, b"COUNT", b"%d" % count)
            if isinstance(reply, hiredis.ReplyError):
                self._unread(key, str(reply))
                return
            cursor, found = reply
            yield _pairs(found) if kind == "hash" else _members(found[:: 2 if kind == "zset" else 1])
            if cursor == b"0":
                return

    def _list_chunks(self, key: bytes, count: int) -> Iterator[list[Element]]:
        start = 0
        while True:
            reply = self._wire.ask(b"LRANGE", key, b"%d" % start, b"%d" % (start + count - 1))
            if isinstance(reply, hiredis.ReplyError):
                self._unread(key, str(reply))
                return
            if not reply:
                return
            yield _listed(reply, start)
            start += len(reply)

    def _stream_chunks(self, key: bytes, count: int) -> Iterator[list[Element]]:
        start = b"-"
        while True:
            reply = self._wire.ask(b"XRANGE", key, start, b"+", b"COUNT", b"%d" % count)
            if isinstance(reply, hiredis.ReplyError):
                self._unread(key, str(reply))
                return
            if not reply:
                return
            yield _entries(reply)
            start = _after(reply[-1][0])

    def _groups(self, keys: list[bytes]) -> Iterator[KeyPart]:
        """Consumer groups are named by software, and now and then after a tenant."""
        for key, reply in zip(keys, self._wire.ask_all([(b"XINFO", b"GROUPS", key) for key in keys]), strict=True):
            if isinstance(reply, hiredis.ReplyError):
                self._unread(key, f"its consumer groups can't be read: {reply}")
            elif isinstance(reply, list) and reply:
                names = [dict(zip(group[::2], group[1::2], strict=True)).get(b"name", b"") for group in reply]
                yield KeyPart(key, "stream groups", [Element(b"group " + name, (name,)) for name in names])


def _after(entry: bytes) -> bytes:
    """The smallest entry id after this one (exclusive ranges need Redis 6.2)."""
    time_ms, _, sequence = entry.partition(b"-")
    return b"%b-%d" % (time_ms, int(sequence) + 1)
