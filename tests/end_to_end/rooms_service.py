"""A service of rooms, one a tenant, to which everybody may connect: whom a room shows its texts is another matter."""

from __future__ import annotations

import contextlib
import enum
import json
import secrets
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tests.end_to_end.served import served


class Shows(enum.Enum):
    """To whom a room shows what was said in it."""

    ITS_OWNER = "its owner, and strangers nothing"
    ITS_OWNER_AND_REFUSES = "its owner, and strangers an error"
    ANYBODY = "anybody"
    NOBODY = "nobody"


@contextmanager
def rooms_service(store: str, shows: Shows) -> Iterator[str]:
    """Where it listens."""
    rooms: defaultdict[str, str] = defaultdict(lambda: f"room-{secrets.token_hex(6)}")
    kept = redis.Redis.from_url(store, decode_responses=True)

    async def talk(connection: ServerConnection) -> None:
        who = ""
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                heard = json.loads(message)
                if heard["kind"] == "login":
                    who = heard["token"].removeprefix("key of ")
                    answer: dict[str, object] | None = {"kind": "hello", "from": who}
                elif heard["kind"] == "say":
                    kept.rpush(f"notes:{who}", heard["text"])
                    answer = {"kind": "said", "id": heard["id"], "from": who, "room": rooms[who]}
                elif heard["kind"] == "list":
                    answer = {"kind": "listed", "id": heard["id"], "from": who, "texts": said_by(who)}
                else:
                    answer = joined(who, heard["room"])
                if answer is not None:
                    await connection.send(json.dumps(answer))

    def said_by(who: str) -> object:
        return kept.lrange(f"notes:{who}", 0, -1)

    def joined(who: str, room: str) -> dict[str, object] | None:
        (owner,) = (name for name, of in rooms.items() if of == room)
        if shows is Shows.ANYBODY or (shows is not Shows.NOBODY and owner == who):
            return {"kind": "room", "texts": said_by(owner)}
        return {"kind": "failure", "why": "forbidden"} if shows is Shows.ITS_OWNER_AND_REFUSES else None

    try:
        with served(talk) as url:
            yield url
    finally:
        kept.close()
