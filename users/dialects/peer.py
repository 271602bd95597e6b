"""The service's side of a protocol, for trying an adapter: a class to write, and a server on loopback that plays it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import gevent
import gevent.socket
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from users.dialects.base import Message

_PATIENCE_S = 10.0


class Peer:
    """The service's side of a protocol, as small as can be. Derive from it and say what your service would.

    One instance is made for each connection.
    """

    def greeting(self) -> Iterable[Message]:
        """Returns what the service says first."""
        return ()

    def hear(self, message: Message) -> Iterable[Message]:
        """Returns what the service says at once to a message that is no request: to a login, say."""
        return ()

    def request(self, message: Message) -> object | None:
        """Returns what of a message ``reply`` needs to answer it, None if it is no request."""
        raise NotImplementedError

    def reply(self, request: object) -> Sequence[Message]:
        """Returns all messages of the reply to a request, in their order; the last one ends it."""
        raise NotImplementedError

    def ping(self) -> Message | None:
        """Returns a ping of the service's own, None if the protocol has none."""
        return None

    def is_pong(self, message: Message) -> bool:
        """Returns whether a message answers the ping."""
        return False


@dataclass
class Caller:
    """One connection to the played service.

    Attributes:
        peer: who answers on it.
        heard: everything that was said on it.
        asked: the requests among that, as ``Peer.request`` returned them.
    """

    peer: Peer
    _sock: Any
    _protocol: ServerProtocol
    heard: list[Message] = field(default_factory=list)
    asked: list[object] = field(default_factory=list)

    def say(self, *messages: Message) -> None:
        """Says messages: text as text, bytes in binary frames."""
        for message in messages:
            if isinstance(message, str):
                self._protocol.send_text(message.encode())
            else:
                self._protocol.send_binary(message)
        self._flush()

    def drop(self) -> None:
        """Ends the connection without a word."""
        self._sock.shutdown(gevent.socket.SHUT_RDWR)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._sock.sendall(data)


Answering = Callable[[Caller], None]
"""Called whenever a request has come in: says what is to be said then, now or when more have come."""


def at_once(caller: Caller) -> None:
    """Answers each request when it comes."""
    caller.say(*caller.peer.reply(caller.asked[-1]))


@dataclass
class PlayedService:
    """The service while it is played.

    Attributes:
        url: where it is.
        callers: its connections, the oldest first.
        answering: what is done when a request has come in.
    """

    url: str
    answering: Answering = at_once
    callers: list[Caller] = field(default_factory=list)


@contextmanager
def played(peer: Callable[[], Peer]) -> Iterator[PlayedService]:
    """Plays a service on loopback until the block ends."""
    listener = gevent.socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    service = PlayedService(f"ws://127.0.0.1:{listener.getsockname()[1]}/")
    serving: list[gevent.Greenlet[..., None]] = []

    def accept() -> None:
        while True:
            sock, _ = listener.accept()
            serving.append(gevent.spawn(_serve, sock, peer(), service))

    acceptor = gevent.spawn(accept)
    try:
        yield service
    finally:
        gevent.killall([acceptor, *serving])
        listener.close()


def _serve(sock: Any, peer: Peer, service: PlayedService) -> None:
    sock.settimeout(_PATIENCE_S)
    protocol = ServerProtocol(subprotocols=None)
    caller = Caller(peer, sock, protocol)
    with sock:
        try:
            while data := sock.recv(65536):
                protocol.receive_data(data)
                for event in protocol.events_received():
                    _take(event, caller, protocol, service)
                caller._flush()
        except OSError:
            return


def _take(event: object, caller: Caller, protocol: ServerProtocol, service: PlayedService) -> None:
    if isinstance(event, Request):
        response = protocol.accept(event)
        if offered := event.headers.get("Sec-WebSocket-Protocol"):
            response.headers["Sec-WebSocket-Protocol"] = offered.split(",")[0].strip()
        protocol.send_response(response)
        service.callers.append(caller)
        caller.say(*caller.peer.greeting())
    elif isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY):
        message: Message = bytes(event.data).decode() if event.opcode is Opcode.TEXT else bytes(event.data)
        caller.heard.append(message)
        request = caller.peer.request(message)
        if request is None:
            caller.say(*caller.peer.hear(message))
        else:
            caller.asked.append(request)
            service.answering(caller)
