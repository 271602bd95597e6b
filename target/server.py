"""Run an ASGI application in this process, on a socket that is bound already."""

from __future__ import annotations

import contextlib
import errno
import socket

import uvicorn
from starlette.types import ASGIApp

from target.errors import SettingsError
from target.websocket_protocol import PingAwareProtocol

FRAME_BYTES = 1_048_576  # a longer frame ends the session with 1009
BACKLOG = 2048
GRACE_S = 5


def bound_socket(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket bound to ``host`` and ``port`` (0 takes a free one); ``shared`` lets further sockets bind the same.

    Raises:
        SettingsError: the address can't be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        bound.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise SettingsError(f"port {port} on {host} is in use; give another one with --port, or 0") from None
        raise SettingsError(f"can't listen on {host} port {port}: {error}") from None
    bound.set_inheritable(True)
    return bound


def serve_on(bound: socket.socket, application: ASGIApp) -> int:
    """Serve until SIGTERM or SIGINT; returns an exit code."""
    server = server_of(application)
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again after an orderly end
        server.run(sockets=[bound])
    return 0 if server.started else 1


def server_of(application: ASGIApp) -> uvicorn.Server:
    """A server for an application, not yet running."""
    config = uvicorn.Config(
        application,
        http="httptools",
        ws=PingAwareProtocol,
        ws_max_size=FRAME_BYTES,
        ws_ping_interval=None,  # the client's frames are the heartbeat; ours would only hide a silent one
        ws_per_message_deflate=False,
        lifespan="on",
        access_log=False,  # it would hold the tokens that stand in the URLs
        log_level="warning",
        backlog=BACKLOG,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    return uvicorn.Server(config)


def address(bound: socket.socket) -> str:
    """``http://host:port`` of a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
