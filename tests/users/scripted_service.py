"""A service that says and answers whatever a test wants, in whatever messages: text or binary, asked or unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import gevent
import gevent.socket
import orjson

from tests.users.wire import server_frames as frames
from tests.users.wire.scripted_server import PATIENCE_S, Peer
from users.dialects.base import Message

Rule = Callable[["Caller", Message], None]


@dataclass
class Caller:
    """The service's end of one connection: what it heard, and how it answers."""

    peer: Peer
    number: int
    heard: list[Message] = field(default_factory=list)

    def say(self, message: Message | dict[str, Any] | list[Any]) -> None:
        """Says text, bytes in a binary frame, or a document as JSON."""
        if isinstance(message, (dict, list)):
            message = orjson.dumps(message).decode()
        data = message.encode() if isinstance(message, str) else message
        self.peer.send(frames.frame(frames.TEXT if isinstance(message, str) else frames.BINARY, data))

    def close(self, code: int, reason: str = "") -> None:
        """Closes with a closing handshake."""
        self.peer.send(frames.close(code, reason))


class ScriptedService:
    """Its address, and everybody who called."""

    def __init__(self, port: int) -> None:
        self.url = f"ws://127.0.0.1:{port}/ws"
        self.callers: list[Caller] = []

    @property
    def heard(self) -> list[Message]:
        """What was said to it on all connections."""
        return [message for caller in self.callers for message in caller.heard]


def let_in(peer: Peer) -> bool:
    """Answers the upgrade as it should be; returns whether it did."""
    peer.upgrade()
    return True


@contextmanager
def scripted_service(
    on_message: Rule,
    greet: Callable[[Caller], None] = lambda _caller: None,
    answer_upgrade: Callable[[Peer], bool] = let_in,
) -> Iterator[ScriptedService]:
    """A running service; what is raised in it fails the test."""
    listener = gevent.socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    service, failures, serving = ScriptedService(listener.getsockname()[1]), [], []

    def serve(sock: Any) -> None:
        sock.settimeout(PATIENCE_S)
        with sock:
            try:
                peer = Peer(sock)
                if not answer_upgrade(peer):
                    return
                caller = Caller(peer, len(service.callers))
                service.callers.append(caller)
                greet(caller)
                while (frame := peer.next_frame()) is not None and frame.opcode != frames.CLOSE:
                    if frame.opcode in (frames.TEXT, frames.BINARY):
                        message = frame.payload.decode() if frame.opcode == frames.TEXT else bytes(frame.payload)
                        caller.heard.append(message)
                        on_message(caller, message)
            except OSError:
                return
            except Exception as error:
                failures.append(error)

    def accept() -> None:
        while True:
            sock, _ = listener.accept()
            serving.append(gevent.spawn(serve, sock))

    acceptor = gevent.spawn(accept)
    try:
        yield service
        assert not failures, failures
    finally:
        gevent.killall([acceptor, *serving])
        listener.close()
