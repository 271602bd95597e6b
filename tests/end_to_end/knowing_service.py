"""A service that knows people by ids of its own, which only the answer to a login tells.

The address of the socket, the first frame and every message must carry the id; whoever leaves it out is turned away.
What is said lies in a list named after it, so that nothing but the login says whose that is.
"""

from __future__ import annotations

import contextlib
import enum
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import redis
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tests.end_to_end.served import served
from tests.http_server import Asked, HttpServer, Reply, http_server


class Leak(enum.Enum):
    """What the service does wrong between the two people who logged in last."""

    NOTHING = "nothing"
    FRAME = "a frame names the other"
    STORE = "what one says is kept with what the other says"
    LOGIN = "one login is answered with the other's id"


@dataclass
class Known:
    """Whom it knows.

    Attributes:
        ids: people's ids by their names.
        people: who has shown which token: id and connection.
        pair: the two between whom it leaks, by name: whose, and to whom.
        leaks: how often it leaked.
    """

    ids: dict[str, str] = field(default_factory=dict)
    people: dict[str, tuple[str, str]] = field(default_factory=dict)
    pair: tuple[str, str] = ("", "")
    leaks: int = 0

    def other(self, person: str) -> str | None:
        """The id of whose it is, for whom it leaks to; None for everybody else."""
        owner, recipient = self.pair
        return self.ids.get(owner) if self.ids.get(recipient) == person else None


@contextmanager
def knowing_service(
    store: str, leak: Leak, pair: tuple[str, str], keeps: int = 0
) -> Iterator[tuple[str, HttpServer, Known]]:
    """Where it listens, its login, and whom it knows. Of what each says it keeps the last few, or everything."""
    known, kept = Known(pair=pair), redis.Redis.from_url(store, decode_responses=True)

    def log_in(asked: Asked) -> Reply:
        document = asked.document
        assert isinstance(document, dict)
        name = document["user"]
        mixes_up = leak is Leak.LOGIN and name == pair[1]
        known.leaks += mixes_up
        person = known.ids.setdefault(pair[0] if mixes_up else name, f"u-{secrets.token_hex(6)}")
        token, connection = f"PLANTED-{secrets.token_hex(12)}", f"PLANTED-{secrets.token_hex(12)}"
        known.people[token] = person, connection
        return Reply(200, {"access_token": token, "me": {"id": person}, "socket": f"/?connection={connection}"})

    async def talk(connection: ServerConnection) -> None:
        assert connection.request is not None
        came, person = connection.request.path, ""
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                heard = json.loads(message)
                if heard["kind"] == "login":
                    person, number = known.people.get(heard.get("token", ""), ("", ""))
                    if not person or heard["user"] != person or came != f"/{person}?connection={number}":
                        await connection.close(1008, "who are you?")
                        return
                    answer: dict[str, object] = {"kind": "hello"}
                elif heard["user"] != person:
                    answer = {"kind": "failure", "why": "forbidden", "id": heard["id"]}
                else:
                    answer = {**said(person, heard), "id": heard["id"]}
                await connection.send(json.dumps(answer))

    def said(person: str, heard: dict[str, str]) -> dict[str, object]:
        other = known.other(person) if leak in (Leak.FRAME, Leak.STORE) else None
        if heard["kind"] == "list":
            return {"kind": "listed", "from": person, "texts": kept.lrange(f"notes:{person}", 0, -1)}
        known.leaks += other is not None
        notes = f"notes:{other if other is not None and leak is Leak.STORE else person}"
        kept.rpush(notes, heard["text"])
        if keeps:
            kept.ltrim(notes, -keeps, -1)
        return {"kind": "said", "from": other if other is not None and leak is Leak.FRAME else person}

    try:
        with served(talk) as url, http_server(log_in) as login:
            yield url, login, known
    finally:
        kept.close()
