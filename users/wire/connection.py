"""A tenant's WebSocket connection under gevent: opened by websocket-client, then read and written by our own codec."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from gevent.event import Event

from users.wire.endpoint import Endpoint
from users.wire.errors import ConnectionLost, ConnectRefused, ProtocolViolation, WireError
from users.wire.frames import (
    DEFAULT_MAX_MESSAGE_BYTES,
    FrameDecoder,
    encode_binary,
    encode_close,
    encode_ping,
    encode_pong,
    encode_text,
)
from users.wire.masking import MaskSource
from users.wire.messages import NORMAL_CLOSURE, Received
from users.wire.opening import ConnectTimings, open_stream
from users.wire.upgrade import Offer, Stream

__all__ = [
    "ConnectRefused",
    "ConnectTimings",
    "Connection",
    "ConnectionLost",
    "ProtocolViolation",
    "Received",
    "WireError",
]

_HANG_UP_S = 1.0


class _End(NamedTuple):
    code: int | None
    reason: str
    clean: bool
    violation: ProtocolViolation | None = None


class Connection:
    """One open WebSocket connection. One greenlet may read; any number may send; any may close or abort."""

    __slots__ = (
        "_closing", "_decoder", "_end", "_inbox", "_masks", "_over", "_owed_pong", "_reading", "_stream",
        "listener", "subprotocol", "timings", "url",
    )  # fmt: skip

    def __init__(
        self, stream: Stream, decoder: FrameDecoder, timings: ConnectTimings, subprotocol: str | None, url: str
    ) -> None:
        self._stream = stream
        self._decoder = decoder
        self._masks = MaskSource()
        self._inbox: list[Received] = []
        self._owed_pong: bytes | None = None
        self._end: _End | None = None
        self._over: Event | None = None
        self._reading = False
        self._closing = False
        self.timings = timings
        self.subprotocol = subprotocol
        #: is told every message as it stands, beside whoever reads: ">" and what was sent, "<" and what came
        self.listener: Callable[[str, str], None] | None = None
        #: the URL without its query
        self.url = url

    @classmethod
    def open(
        cls,
        url: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        subprotocols: Sequence[str] = (),
        origin: str | None = None,
        cookie: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        timeout_s: float = 10.0,
        max_message_bytes: int = DEFAULT_MAX_MESSAGE_BYTES,
        shown_path: str | None = None,
        server_name: str | None = None,
        listener: Callable[[str, str], None] | None = None,
    ) -> Connection:
        """Connects to `url` and upgrades.

        Args:
            url: ws:// or wss://, its query included.
            headers: further headers of the request.
            subprotocols: offered in order of preference.
            origin: the Origin header; left out when None, as clients that are no browsers do.
            cookie: the Cookie header. No cookie of one connection is ever sent on another.
            ssl_context: for wss; the platform's defaults when None. Let all connections share one: each takes memory.
            timeout_s: for everything together.
            max_message_bytes: a longer message ends the connection with code 1009.
            shown_path: stands in messages for a path that holds a token.
            server_name: what the certificate must name; the URL's host when None.
            listener: is told every message from the first on, which may come with the answer to the upgrade.

        Raises:
            ConnectRefused: with the stage that failed. Neither the query nor a header is in its message.
            ValueError: `url` or a header cannot be used.
        """
        endpoint = Endpoint.of(url, shown_path)
        offer = Offer(headers, subprotocols, origin, cookie)
        stream, upgraded, timings = open_stream(endpoint, offer, ssl_context, timeout_s, server_name)
        connection = cls(stream, FrameDecoder(max_message_bytes), timings, upgraded.subprotocol, endpoint.shown)
        connection.listener = listener
        if upgraded.rest:
            connection._inbox = connection._decode(upgraded.rest, upgraded.arrived_s)
        return connection

    @property
    def time_source(self) -> Literal["kernel", "process"]:
        """Where `arrived_s` of the latest read came from: the kernel's stamp, or our clock after the read."""
        return "kernel" if self._stream.time_source == "kernel" else "process"

    @property
    def is_open(self) -> bool:
        """Whether neither side has ended the connection, as far as was read."""
        return self._end is None and not self._closing

    def send_text(self, text: str | bytes) -> float:
        """Sends one text message; bytes must be UTF-8. Waits, without holding up others, while the peer does not read.

        Whoever is killed or timed out while waiting leaves the message queued: it is sent whole, or not at all.

        Returns:
            The time just before the kernel took its last byte (`time.perf_counter`).

        Raises:
            ConnectionLost: the connection has ended, or breaks meanwhile.
        """
        if self.listener is not None:
            self.listener(">", text if isinstance(text, str) else text.decode("utf-8", "replace"))
        return self._send(encode_text(text, self._masks.next_mask()))

    def send_message(self, message: str | bytes) -> float:
        """Sends a text message, or a binary one if it is bytes; otherwise as `send_text`."""
        if isinstance(message, str):
            return self.send_text(message)
        if self.listener is not None:
            self.listener(">", message.decode("utf-8", "replace"))
        return self._send(encode_binary(message, self._masks.next_mask()))

    def send_ping(self, payload: bytes = b"") -> float:
        """Sends a ping of at most 125 bytes, whose pong `read` will return; otherwise as `send_text`."""
        return self._send(encode_ping(payload, self._masks.next_mask()))

    def _send(self, frame: bytes) -> float:
        if self._end is not None or self._closing:
            raise self._lost()
        try:
            sent_s = self._stream.send(frame)
        except OSError as error:
            # No end yet for the reader: a close frame that says why may still wait to be read.
            raise ConnectionLost(None, f"sending failed: {_plain(error)}", clean=False) from None
        if self._owed_pong is not None:
            self._pay_pong()
        return sent_s

    def read(self, timeout_s: float | None = None) -> list[Received]:
        """Waits for at least one message and returns all that one bulk read completed.

        Pings are answered and left out. The peer's close is answered and returned; the next call raises.

        Args:
            timeout_s: how long to wait; for ever when None, which costs less.

        Returns:
            Messages in order, none when the time is over.

        Raises:
            ConnectionLost: the connection has ended and all that was received has been returned.
            RuntimeError: another greenlet is reading.
        """
        if self._inbox:
            received, self._inbox = self._inbox, []
            return received
        if self._end is not None:
            self._hang_up(_HANG_UP_S if timeout_s is None else min(timeout_s, _HANG_UP_S))
            raise self._lost()
        if self._reading and self._closing:  # whoever closes reads: what that brings can be had when it is over
            self._over = self._over or Event()
            return self.read(0.0) if self._over.wait(timeout_s) else []
        if self._reading:
            raise RuntimeError("two greenlets read from one connection: give it one reader")
        self._reading = True
        try:
            return self._read(timeout_s)
        finally:
            self._reading = False

    def _read(self, timeout_s: float | None) -> list[Received]:
        deadline_s = None if timeout_s is None else time.perf_counter() + timeout_s
        while True:
            try:
                arrival = self._stream.receive(None if deadline_s is None else deadline_s - time.perf_counter())
            except OSError as error:
                self._ended(_End(None, _plain(error), clean=False))
                self._stream.close()
                raise self._lost() from None
            if arrival is None:
                return []
            if not arrival.data:
                self._ended(_End(None, "the peer ended the connection without a closing handshake", clean=False))
                self._stream.close()
                raise self._lost()
            received = self._decode(arrival.data, arrival.arrived_s)
            if received:
                return received
            if self._end is not None:
                raise self._lost()
            if deadline_s is not None and time.perf_counter() >= deadline_s:
                return []

    def _decode(self, data: bytes, arrived_s: float) -> list[Received]:
        violation: ProtocolViolation | None = None
        try:
            received = self._decoder.feed(data, arrived_s)
        except ProtocolViolation as error:
            violation = error
            received = list(error.received)
        if self._owed_pong is not None:
            self._pay_pong()
        if any(message.kind != "text" for message in received):
            received = [message for message in received if not self._answered(message)]
        if violation is not None and self._end is None:
            self._fail(violation)
        if self.listener is not None:
            for message in received:
                self.listener("<", _plain_text(message))
        return received

    def _answered(self, message: Received) -> bool:
        """Does what a control frame asks for; says whether that is all there is to it."""
        if message.kind == "ping":
            # While the peer does not read, only the latest ping is owed an answer (RFC 6455, section 5.5.3).
            self._owed_pong = message.data
            self._pay_pong()
            return True
        if message.kind == "close":
            code = int.from_bytes(message.data[:2], "big") if message.data else None
            if not self._closing:
                self._post(encode_close(code, mask=self._masks.next_mask()))
            self._ended(_End(message.close_code, message.text or "", clean=True))
        return False

    def _pay_pong(self) -> None:
        if self._owed_pong is not None and not self._stream.backlogged and not self._closing:
            self._post(encode_pong(self._owed_pong, self._masks.next_mask()))
            self._owed_pong = None

    def _post(self, frame: bytes) -> None:
        try:
            self._stream.post(frame)
        except OSError:
            return  # the reader will find the connection broken, after what can still be read

    def _fail(self, violation: ProtocolViolation) -> None:
        self._post(encode_close(violation.code, mask=self._masks.next_mask()))
        self._ended(_End(violation.code, violation.reason, clean=False, violation=violation))

    def _ended(self, end: _End) -> None:
        if self._end is None:
            self._end = end
        if self._over is not None:
            self._over.set()

    def _lost(self) -> ConnectionLost:
        end = self._end or _End(None, "closing", clean=False)
        lost = ConnectionLost(end.code, end.reason, clean=end.clean)
        lost.__cause__ = end.violation
        return lost

    def close(self, code: int = NORMAL_CLOSURE, reason: str = "", timeout_s: float = 5.0) -> None:
        """Closes with a closing handshake, bounded by `timeout_s`; does nothing on what is closed already.

        What arrives meanwhile can be had from `read` afterwards.

        Raises:
            ValueError: the code must not be sent, or the reason is too long.
        """
        deadline_s = time.perf_counter() + timeout_s
        frame = encode_close(code, reason, self._masks.next_mask())
        try:
            if self._end is None:
                if not self._closing:
                    self._post(frame)
                    self._closing = True
                self._await_end(deadline_s)
            self._hang_up(min(_HANG_UP_S, deadline_s - time.perf_counter()))
        except BaseException:
            self.abort()  # killed while closing: nothing may stay open
            raise

    def _await_end(self, deadline_s: float) -> None:
        if self._reading:
            self._over = self._over or Event()
            self._over.wait(max(deadline_s - time.perf_counter(), 0.0))
        else:
            self._read_until_end(deadline_s)
        if self._end is None:
            self._ended(_End(None, "the peer did not answer the close in time", clean=False))
            self._stream.abort()

    def _read_until_end(self, deadline_s: float) -> None:
        self._reading = True
        try:
            while self._end is None and (received := self._read(deadline_s - time.perf_counter())):
                self._inbox += received
        except ConnectionLost:
            return
        finally:
            self._reading = False

    def _hang_up(self, timeout_s: float) -> None:
        """Lets the server end the TCP connection first, as RFC 6455 wants it, but not for long."""
        if self._reading:
            return
        self._reading = True
        deadline_s = time.perf_counter() + timeout_s
        try:
            while (left_s := deadline_s - time.perf_counter()) > 0:
                arrival = self._stream.receive(left_s)
                if arrival is None or not arrival.data:
                    break
        except OSError:
            pass
        finally:
            self._reading = False
            self._stream.close()

    def abort(self) -> None:
        """Drops the TCP connection at once, as a lost network would; a greenlet that reads gets ConnectionLost."""
        self._ended(_End(None, "dropped on this side", clean=False))
        self._stream.abort()


def _plain_text(message: Received) -> str:
    if message.kind == "close":
        return f"(closed with code {message.close_code}{f': {message.text}' if message.text else ''})"
    return message.text if message.text is not None else message.data.decode("utf-8", "replace")


def _plain(error: OSError) -> str:
    return error.strerror or type(error).__name__
