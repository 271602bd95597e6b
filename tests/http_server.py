"""A scripted HTTP server on loopback, in threads of its own."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import orjson


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> object:
        return orjson.loads(self.body) if self.body else None


@dataclass(frozen=True)
class Reply:
    """What to answer."""

    status: int = 200
    document: object = None
    headers: dict[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    text: str = ""


@dataclass
class HttpServer:
    """Where it is and what it was asked."""

    port: int
    secure: bool
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}"


@contextmanager
def http_server(answer: Callable[[Asked], Reply], tls: ssl.SSLContext | None = None) -> Iterator[HttpServer]:
    """A running server that answers by this rule."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Asked(self.command, self.path, dict(self.headers), body)
            here.asked.append(asked)
            reply = answer(asked)
            content = reply.text.encode() if reply.document is None else orjson.dumps(reply.document)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            for cookie in reply.cookies:
                self.send_header("Set-Cookie", cookie)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    here = HttpServer(server.server_port, tls is not None)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
