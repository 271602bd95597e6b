"""The HTTP upgrade, made by websocket-client over a stream of ours.

Four habits of websocket-client are worked around here, because in a swarm of tenants each would be a fault of our own:
it keeps one cookie jar for the whole process (so it never gets to see a cookie, nor a host name that one could match:
the true one goes into the Host header), it follows redirects with all headers, it logs the subprotocols it offered, and
it reads headers of any length for any time, a byte a system call.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast

import websocket

from users.wire.endpoint import Endpoint
from users.wire.errors import ConnectRefused
from users.wire.tcp import TcpStream
from users.wire.tls import TlsStream

Stream = TcpStream | TlsStream

_MAX_RESPONSE_BYTES = 64 * 1024
_MAX_BODY_KEPT_BYTES = 16 * 1024
_HTTP = b"HTTP/"
_HEAD_END = b"\r\n\r\n"
_STATUS_LINE = re.compile(rb"HTTP/\d\.\d (\d{3})[ \r\n]")
_LINE_BREAKS = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Offer:
    """What the client says of itself. Headers may hold tokens, so nothing of this is ever shown."""

    headers: Sequence[tuple[str, str]] = field(default=(), repr=False)
    subprotocols: Sequence[str] = field(default=(), repr=False)
    origin: str | None = None
    cookie: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        values = [*(part for header in self.headers for part in header), *self.subprotocols, self.origin, self.cookie]
        if any(value is not None and _LINE_BREAKS.search(value) for value in values):
            raise ValueError(
                "a header, subprotocol, origin or cookie of the upgrade request holds a line break: remove it"
            )

    def header_lines(self) -> list[str]:
        """The headers beside those that every upgrade has."""
        lines = [f"{name}: {value}" for name, value in self.headers]
        if self.subprotocols:
            lines.append(f"Sec-WebSocket-Protocol: {', '.join(self.subprotocols)}")
        return lines


@dataclass(frozen=True, slots=True)
class Upgraded:
    """An accepted upgrade.

    Attributes:
        subprotocol: the one that the server chose.
        rest: bytes that came behind the response, the first frames already.
        arrived_s: when the last of the response arrived (`time.perf_counter`).
    """

    subprotocol: str | None
    rest: bytes
    arrived_s: float


def upgrade(stream: Stream, endpoint: Endpoint, offer: Offer, deadline_s: float) -> Upgraded:
    """Asks the server to speak WebSocket on `stream`.

    Raises:
        ConnectRefused: at stage upgrade, with the HTTP status where there was one; also when `deadline_s` passes.
    """
    exchange = _Exchange(stream, deadline_s)
    client = websocket.WebSocket(skip_utf8_validation=True, enable_multithread=False)
    try:
        cast("Any", client).connect(
            f"{endpoint.scheme}://{secrets.token_hex(8)}{endpoint.resource}",
            socket=exchange,
            host=endpoint.authority,
            header=offer.header_lines(),
            origin=offer.origin,
            suppress_origin=offer.origin is None,
            cookie=offer.cookie,
            redirect_limit=0,
        )
        response = client.handshake_response
        if response is None:
            raise websocket.WebSocketException("no response")
        return Upgraded(_agreed(response.headers, offer), exchange.rest(), exchange.arrived_s)
    # What websocket-client says quotes headers and body of the response: it is not passed on.
    except (websocket.WebSocketTimeoutException, TimeoutError):
        raise _refusal(endpoint, exchange, "no answer in time") from None
    except websocket.WebSocketConnectionClosedException:
        raise _refusal(endpoint, exchange, "the server closed the connection instead of answering") from None
    except _NotAgreed as error:
        raise ConnectRefused(endpoint.shown, "upgrade", str(error), status=exchange.status) from None
    except (websocket.WebSocketException, OSError, ValueError):
        raise _refusal(endpoint, exchange, "the answer is not a valid WebSocket upgrade") from None


class _NotAgreed(Exception):
    pass


class _TooLong(OSError):
    pass


class _Exchange:
    """What websocket-client takes for its socket: bulk reads within a deadline and a size; keeps what is left over."""

    def __init__(self, stream: Stream, deadline_s: float) -> None:
        self._stream = stream
        self._deadline_s = deadline_s
        self._response = bytearray()
        self._taken = 0
        self._has_head = False
        self.arrived_s = time.perf_counter()

    def recv(self, size: int) -> bytes:
        if not self._has_head:
            self._read_head()
        if self._taken == len(self._response):
            self._read_more()
        piece = bytes(self._response[self._taken : self._taken + size])
        self._taken += len(piece)
        return piece

    def _read_head(self) -> None:
        self._has_head = True
        while _HEAD_END not in self._response and _HTTP.startswith(self._response[: len(_HTTP)]):
            if not self._read_more():
                break
        head, end, rest = self._response.partition(_HEAD_END)
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"set-cookie:")]
        self._response = bytearray(b"\r\n".join(lines) + end + rest)

    def _read_more(self) -> bool:
        if len(self._response) >= _MAX_RESPONSE_BYTES:
            raise _TooLong
        arrival = self._stream.receive(self._deadline_s - time.perf_counter())
        if arrival is None:
            raise TimeoutError
        self._response += arrival.data
        self.arrived_s = arrival.arrived_s
        return bool(arrival.data)

    def send(self, data: bytes) -> int:
        self._stream.send(data)
        return len(data)

    def gettimeout(self) -> float:
        return max(self._deadline_s - time.perf_counter(), 0.001)

    def close(self) -> None:
        """Left to whoever opened the stream."""

    def rest(self) -> bytes:
        return bytes(self._response[self._taken :])

    @property
    def status(self) -> int | None:
        line = _STATUS_LINE.match(self._response)
        return int(line[1]) if line else None

    @property
    def body(self) -> bytes:
        return bytes(self._response.partition(_HEAD_END)[2][:_MAX_BODY_KEPT_BYTES])


def _refusal(endpoint: Endpoint, exchange: _Exchange, detail: str) -> ConnectRefused:
    status = exchange.status
    if status is not None and status != HTTPStatus.SWITCHING_PROTOCOLS:
        known = status in HTTPStatus._value2member_map_
        detail = f"HTTP {status} {HTTPStatus(status).phrase}" if known else f"HTTP {status}"
    return ConnectRefused(endpoint.shown, "upgrade", detail, status=status, response_body=exchange.body)


def _agreed(headers: dict[str, str], offer: Offer) -> str | None:
    """The subprotocol, after the two checks of RFC 6455, section 4.1, that websocket-client leaves out."""
    if headers.get("sec-websocket-extensions"):
        raise _NotAgreed("the server wants an extension that was not offered")
    chosen = headers.get("sec-websocket-protocol") or None
    if chosen is not None and chosen not in offer.subprotocols:
        raise _NotAgreed("the server chose a subprotocol that was not offered")
    return chosen
