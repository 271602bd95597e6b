from __future__ import annotations

from users.dialects.base import Message
from users.dialects.peer import Peer, played
from users.wire.connection import Connection


class Echo(Peer):
    def greeting(self) -> list[Message]:
        return ["hello"]

    def hear(self, message: Message) -> list[Message]:
        return [b"heard " + (message if isinstance(message, bytes) else message.encode())]

    def request(self, message: Message) -> object | None:
        return message if str(message).startswith("ask") else None

    def reply(self, request: object) -> list[Message]:
        return [f"{request} 1", f"{request} 2"]


def test_a_service_is_played_over_a_real_connection() -> None:
    with played(Echo) as service:
        connection = Connection.open(service.url, subprotocols=["v1"])
        connection.send_text("ask me")
        connection.send_message(b"\x00")
        heard: list[str | bytes] = []
        while len(heard) < 4:
            heard += [message.data if message.text is None else message.text for message in connection.read(5.0)]
        assert heard == ["hello", "ask me 1", "ask me 2", b"heard \x00"]
        (caller,) = service.callers
        assert (caller.heard, caller.asked, connection.subprotocol) == (["ask me", b"\x00"], ["ask me"], "v1")
        connection.close()
