"""A TCP server that does to each connection what a test tells it, on gevent's sockets, in the test's own process."""

from __future__ import annotations

import base64
import hashlib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
import gevent.socket
import gevent.ssl

from tests.users.wire.server_frames import ClientFrame, take_client_frame

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
PATIENCE_S = 10.0


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock: Any) -> None:
        self.sock = sock
        self.request = b""
        self._buffer = b""

    def read_request(self) -> bytes:
        while b"\r\n\r\n" not in self._buffer:
            data = self.sock.recv(65536)
            assert data, "the client went away during its request"
            self._buffer += data
        self.request, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return self.request

    def response(self, headers: bytes = b"") -> bytes:
        key = re.search(rb"(?im)^sec-websocket-key: *(\S+)", self.request)
        assert key
        accept = base64.b64encode(hashlib.sha1(key[1] + _GUID).digest())
        return (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n" + headers + b"\r\n"
        )

    def upgrade(self, headers: bytes = b"", *, then: bytes = b"") -> None:
        """Accepts; `then` goes out in the same segment as the response."""
        self.read_request()
        self.sock.sendall(self.response(headers) + then)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def next_frame(self) -> ClientFrame | None:
        """The client's next frame; None at the end of the stream."""
        while (taken := take_client_frame(self._buffer)) is None:
            data = self.sock.recv(65536)
            if not data:
                return None
            self._buffer += data
        client_frame, self._buffer = taken
        return client_frame

    def wait_for_end(self) -> str:
        """How the client ended the TCP connection: orderly or reset."""
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionResetError:
            return "reset"
        return "orderly"


class ScriptedServer:
    """Where a test's server listens, and what became of its script."""

    def __init__(self, port: int, script: gevent.Greenlet[..., Any], scheme: str) -> None:
        self.port = port
        self._script = script
        self.url = f"{scheme}://127.0.0.1:{port}/ws?token=s3cret-t0ken"

    def result(self) -> Any:
        """What the script returned; raises what it raised."""
        return self._script.get(timeout=PATIENCE_S)


@contextmanager
def serving(script: Callable[[Peer], Any], ssl_context: ssl.SSLContext | None = None) -> Iterator[ScriptedServer]:
    """A server whose one connection lives as long as `script`; an error in the script fails the test."""
    listener = gevent.socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(8)

    def accept_one() -> Any:
        sock, _ = listener.accept()
        sock.settimeout(PATIENCE_S)
        with sock:
            if ssl_context is None:
                return script(Peer(sock))
            with gevent.ssl.SSLSocket(sock=sock, server_side=True, _context=ssl_context) as secure:
                return script(Peer(secure))

    greenlet = gevent.spawn(accept_one)
    try:
        yield ScriptedServer(listener.getsockname()[1], greenlet, "wss" if ssl_context else "ws")
        greenlet.get(timeout=PATIENCE_S)
    finally:
        greenlet.kill()
        listener.close()
