"""Events of a tenant's sessions: kept in a Redis stream for those who come back, published for those who are there.

``session_events:{user_id}:{session_id}`` holds a session's last events; ``tenant_events:{user_id}`` is the channel that
every process with a socket of the tenant listens on. One script does both, so the stream and the channel agree on
order, and nothing is published that a resumed session could not find again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import redis.asyncio as redis

STREAM_EVENTS = 2_000
STREAM_TTL_S = 900

# Kinds of what goes over a tenant's channel: the first byte of each message.
AGENT_EVENT = b"E"
STATE_CHANGE = b"S"
TAKEOVER = b"T"

EMIT = f"""
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', '{STREAM_EVENTS}', '*', 'event', ARGV[2])
redis.call('EXPIRE', KEYS[1], '{STREAM_TTL_S}')
redis.call('PUBLISH', KEYS[2], 'E ' .. ARGV[1] .. ' ' .. id .. ' ' .. ARGV[2])
return id
"""


@dataclass(frozen=True, order=True)
class EventId:
    """The position of an event in its session's stream: milliseconds and a sequence number."""

    milliseconds: int
    sequence: int

    @classmethod
    def parse(cls, text: str) -> EventId:
        """Read ``milliseconds-sequence``. Raises ValueError."""
        milliseconds, _, sequence = text.partition("-")
        return cls(int(milliseconds), int(sequence))

    def __str__(self) -> str:
        return f"{self.milliseconds}-{self.sequence}"


@dataclass(frozen=True)
class SessionEvent:
    """One event with its id already inside: the text that goes to the socket."""

    event_id: EventId
    text: str


@dataclass(frozen=True)
class Notice:
    """A message from a tenant's channel: its kind, the session it is about, and the rest of it."""

    kind: bytes
    session_id: str
    rest: bytes


class EventStream:
    """Writes events and reads them again."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._emit: Any = client.register_script(EMIT)

    async def emit(self, user_id: UUID, session_id: UUID, event: dict[str, Any]) -> None:
        """Keep an event of a session and publish it to its sockets."""
        await self._emit(
            keys=[stream_key(user_id, session_id), channel_name(user_id)], args=[str(session_id), orjson.dumps(event)]
        )

    async def since(self, user_id: UUID, session_id: UUID, last: EventId | None) -> list[SessionEvent]:
        """The session's kept events after ``last`` (all of them for None), in order."""
        start = "-" if last is None else f"({last}"
        entries: Any = await self._client.xrange(stream_key(user_id, session_id), min=start)
        return [session_event(identity, fields[b"event"]) for identity, fields in entries]

    async def announce_state_change(self, user_id: UUID, session_id: UUID, frame: dict[str, Any]) -> None:
        """Tell the tenant's other sessions that this one has changed the state."""
        await self._publish(user_id, STATE_CHANGE, str(session_id), orjson.dumps(frame))

    async def announce_takeover(self, user_id: UUID, session_id: UUID, socket_id: str) -> None:
        """Tell older sockets of a session that another one goes on with it."""
        await self._publish(user_id, TAKEOVER, str(session_id), socket_id.encode())

    async def _publish(self, user_id: UUID, kind: bytes, session_id: str, rest: bytes) -> None:
        await self._client.publish(channel_name(user_id), b" ".join((kind, session_id.encode(), rest)))


def session_event(identity: bytes, event: bytes) -> SessionEvent:
    """Put an event's id into its JSON object, without parsing it again."""
    text = identity.decode()
    return SessionEvent(EventId.parse(text), f'{{"event_id":"{text}",{event[1:].decode()}')


def notice(message: bytes) -> Notice:
    """Read a message from a tenant's channel."""
    kind, session_id, rest = message.split(b" ", 2)
    return Notice(kind, session_id.decode(), rest)


def channel_name(user_id: UUID) -> str:
    """The tenant's own channel. Subscribed to by its full name: a pattern could match a longer name."""
    return f"tenant_events:{user_id}"


def stream_key(user_id: UUID, session_id: UUID) -> str:
    """The stream of one session. Both names are in it, so that nobody's session id alone opens it."""
    return f"session_events:{user_id}:{session_id}"
