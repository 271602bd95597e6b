"""A small target on gevent's sockets in the test's own process: as many connections as come, a rule for each frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
import gevent.socket
import orjson

from tests.users.wire import server_frames as frames
from tests.users.wire.scripted_server import PATIENCE_S, Peer

ENDS = {
    "ping": "pong", "routing_test": "routing_test_result", "chat_message": "agent_completed", "history": "history",
    "get_state": "state", "update_state": "state_updated", "resume": "resumed",
}  # fmt: skip


class Line:
    """The target's end of one connection."""

    def __init__(self, peer: Peer, number: int) -> None:
        self.peer = peer
        self.number = number
        self.pings = 0

    def send(self, **frame: object) -> None:
        self.peer.send(frames.frame(frames.TEXT, orjson.dumps(frame)))

    def answer(self, asked: dict[str, Any], **more: object) -> None:
        ids = {name: asked[name] for name in ("message_id", "test_id") if name in asked}
        self.send(type=ENDS[asked["type"]], **ids, **more)

    def close(self, code: int = 1001, reason: str = "going away") -> None:
        self.peer.send(frames.close(code, reason))

    def reset(self) -> None:
        """Ends the TCP connection without a word."""
        self.peer.sock.shutdown(gevent.socket.SHUT_RDWR)


class SmallTarget:
    """What it was asked, and on how many connections."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[tuple[int, dict[str, Any]]] = []
        self.lines: list[Line] = []
        self.open = 0
        self.refuse = False
        self.refusal = b""
        self.pings = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    def types(self) -> list[str]:
        return [frame["type"] for _, frame in self.asked]

    def greet(self, line: Line) -> None:
        line.send(type="session_ready", session_id=f"session {line.number}", event_id=f"{line.number}-0")

    def on_frame(self, line: Line, frame: dict[str, Any]) -> None:
        line.answer(frame, charged=7 if frame["type"] == "chat_message" else 0)


@contextmanager
def small_target(
    *,
    on_frame: Callable[[Line, dict[str, Any]], None] | None = None,
    greet: Callable[[Line], None] | None = None,
) -> Iterator[SmallTarget]:
    """A running target; what is raised in it fails the test."""
    target = SmallTarget()
    listener = gevent.socket.socket()
    listener.setsockopt(gevent.socket.SOL_SOCKET, gevent.socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    target.port = listener.getsockname()[1]
    failures: list[BaseException] = []
    serving: list[gevent.Greenlet[..., Any]] = []
    accepted: list[Any] = []

    def accept() -> None:
        while True:
            sock, _ = listener.accept()
            accepted.append(sock)
            serving.append(gevent.spawn(serve, sock))

    def serve(sock: Any) -> None:
        target.open += 1
        sock.settimeout(PATIENCE_S)
        try:
            with sock:
                converse(Peer(sock))
        except (OSError, AssertionError) as error:
            if isinstance(error, AssertionError) and "went away" not in str(error):
                failures.append(error)
        except Exception as error:
            failures.append(error)
        finally:
            target.open -= 1

    def converse(peer: Peer) -> None:
        if target.refuse:
            peer.read_request()
            length = b"Content-Length: %d" % len(target.refusal)
            peer.send(b"HTTP/1.1 403 Forbidden\r\n" + length + b"\r\n\r\n" + target.refusal)
            return
        peer.upgrade()
        line = Line(peer, len(target.lines))
        target.lines.append(line)
        (greet or target.greet)(line)
        while (frame := peer.next_frame()) is not None:
            if frame.opcode == frames.CLOSE:
                peer.send(frames.frame(frames.CLOSE, frame.payload))
                return
            if frame.opcode == frames.PING:
                target.pings += 1
                peer.send(frames.frame(frames.PONG, frame.payload))
            if frame.opcode == frames.TEXT:
                document = orjson.loads(frame.payload)
                target.asked.append((line.number, document))
                (on_frame or target.on_frame)(line, document)

    acceptor = gevent.spawn(accept)
    try:
        yield target
        assert not failures, failures
    finally:
        gevent.killall([acceptor, *serving])
        for sock in (listener, *accepted):  # who was killed before it began to serve has closed nothing
            sock.close()


def until(condition: Callable[[], object], what: str = "it", patience_s: float = PATIENCE_S) -> None:
    """Waits for a condition by giving way to the other greenlets."""
    with gevent.Timeout(patience_s, AssertionError(f"waited {patience_s} s for {what}")):
        while not condition():
            gevent.sleep(0.002)


def silent(_line: Line, _frame: dict[str, Any]) -> None:
    """A rule that answers nothing."""
