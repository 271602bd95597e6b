"""One part of a Redis: what it says it holds, and the names of its keys."""

from __future__ import annotations

from collections.abc import Iterator

import hiredis

from checker.redis_wire import RedisAddress, RedisWire
from checker.scan import RightsMissing, StoreUnreadable

PAGE_KEYS = 2000


class RedisPart:
    """One database, or one master of a cluster.

    Args:
        wire: the connection to it.
        address: where it is.
        client: the command that reads it again, for a shell that has the URL in its environment.
    """

    def __init__(self, wire: RedisWire, address: RedisAddress, client: str) -> None:
        self.wire = wire
        self.address = address
        self.client = client

    def size(self) -> int:
        """Returns how many keys it says it has.

        Raises:
            RightsMissing: the user may not ask.
        """
        reply = self.wire.ask(b"DBSIZE")
        if isinstance(reply, hiredis.ReplyError):
            raise self._refused("DBSIZE", reply)
        return int(reply)

    def pages(self) -> Iterator[list[bytes]]:
        """Yields the names of all keys, a page at a time.

        Raises:
            RightsMissing: the user may not ask.
        """
        cursor = b"0"
        while True:
            reply = self.wire.ask(b"SCAN", cursor, b"COUNT", b"%d" % PAGE_KEYS)
            if isinstance(reply, hiredis.ReplyError):
                raise self._refused("SCAN", reply)
            cursor, keys = reply
            if keys:
                yield list(dict.fromkeys(keys))
            if cursor == b"0":
                return

    def information(self, section: bytes) -> dict[str, str]:
        """Returns what the server says of itself; nothing if the user may not ask."""
        reply = self.wire.ask(b"INFO", section)
        if not isinstance(reply, bytes):
            return {}
        lines = (line.partition(":") for line in reply.decode("utf-8", "replace").splitlines())
        return {name: value for name, _, value in lines}

    def may_not_be_asked(self) -> bool:
        """Whether the user may not see what the server says about itself, other databases among it."""
        return isinstance(self.wire.ask(b"INFO", b"keyspace"), hiredis.ReplyError)

    def gone(self) -> int:
        """How many keys have expired or been evicted since the server started."""
        statistics = self.information(b"stats")
        return int(statistics.get("expired_keys", 0)) + int(statistics.get("evicted_keys", 0))

    def _refused(self, command: str, reply: hiredis.ReplyError) -> StoreUnreadable:
        return RightsMissing(
            f"Redis at {self.address.where} refuses {command} ({str(reply).partition(' ')[0]}): the user in the URL "
            "must be allowed to read every key; grant it what `python -m config grants` writes"
        )
