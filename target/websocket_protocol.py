"""uvicorn's WebSocket protocol, which keeps protocol pings to itself, made to tell when the last one came."""

from __future__ import annotations

from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LAST_PING = "last_ping_s"


class PingAwareProtocol(WebSocketsSansIOProtocol):
    """Notes each ping's time in the connection's own state."""

    def handle_ping(self) -> None:
        """Answer the ping as ever, and note its time."""
        super().handle_ping()
        self.scope["state"][LAST_PING] = self.loop.time()


def last_ping_s(socket: WebSocket) -> float:
    """When the socket's last protocol ping came, on the loop's clock; 0 if none came."""
    return float(socket.scope.get("state", {}).get(LAST_PING, 0.0))
