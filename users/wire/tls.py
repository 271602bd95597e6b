"""TLS over a `TcpStream`, fed from memory.

The bytes are read by the same bulk reads as without TLS, so they carry the kernel's time stamps too (a message has the
stamp of the read that completed its TLS record), and any `ssl.SSLContext` will do, patched by gevent or not.
"""

from __future__ import annotations

import ssl
import time

from users.wire.endpoint import Endpoint
from users.wire.errors import ConnectRefused
from users.wire.tcp import READ_BYTES, Arrival, TcpStream


class TlsStream:
    """An encrypted stream with the face of a `TcpStream`."""

    __slots__ = ("_ended", "_incoming", "_outgoing", "_tcp", "_tls")

    def __init__(self, tcp: TcpStream, context: ssl.SSLContext, server_name: str) -> None:
        self._tcp = tcp
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._ended = False

    @classmethod
    def open(
        cls,
        tcp: TcpStream,
        context: ssl.SSLContext,
        endpoint: Endpoint,
        deadline_s: float,
        server_name: str | None = None,
    ) -> TlsStream:
        """Shakes hands and checks the certificate as `context` says; it must bear `server_name`, if that is given.

        Raises:
            ConnectRefused: at stage tls; also when `deadline_s` (`time.perf_counter`) passes.
        """
        try:
            stream = cls(tcp, context, server_name or endpoint.host)
            stream._shake_hands(deadline_s)
        except ssl.SSLCertVerificationError as error:
            raise ConnectRefused(endpoint.shown, "tls", f"certificate not accepted: {error.verify_message}") from None
        except TimeoutError:
            raise ConnectRefused(endpoint.shown, "tls", "no answer in time") from None
        except OSError as error:  # ssl.SSLError is one
            detail = getattr(error, "reason", None) or error.strerror or type(error).__name__
            raise ConnectRefused(endpoint.shown, "tls", str(detail)) from None
        return stream

    def _shake_hands(self, deadline_s: float) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
            except ssl.SSLError:
                self._flush()  # the alert that tells the server why
                raise
            else:
                self._flush()
                return
            arrival = self._tcp.receive(deadline_s - time.perf_counter())
            if arrival is None:
                raise TimeoutError
            self._take(arrival.data)

    @property
    def time_source(self) -> str:
        """Where the time of the latest arrival came from: kernel or process."""
        return self._tcp.time_source

    @property
    def backlogged(self) -> bool:
        """Whether something written still waits for the peer to read."""
        return self._tcp.backlogged

    def receive(self, timeout_s: float | None = None) -> Arrival | None:
        """As `TcpStream.receive`; raises ssl.SSLError (an OSError) as well, when the peer breaks TLS."""
        deadline_s = None if timeout_s is None else time.perf_counter() + timeout_s
        while not self._ended:
            arrival = self._tcp.receive(None if deadline_s is None else deadline_s - time.perf_counter())
            if arrival is None:
                return None
            self._take(arrival.data)
            plain = self._decrypt()
            self._flush()  # reading may have to answer, as for a change of keys
            if plain:
                return Arrival(plain, arrival.arrived_s)
            if deadline_s is not None and time.perf_counter() >= deadline_s and not self._ended:
                return None
        return Arrival(b"", time.perf_counter())

    def _take(self, data: bytes) -> None:
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _decrypt(self) -> bytes:
        pieces: list[bytes] = []
        try:
            while piece := self._tls.read(READ_BYTES):
                pieces.append(piece)
            self._ended = True
        except ssl.SSLWantReadError:
            pass
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            self._ended = True
        return b"".join(pieces)

    def send(self, data: bytes) -> float:
        """As `TcpStream.send`."""
        return self._tcp.send(self._encrypt(data))

    def post(self, data: bytes) -> None:
        """As `TcpStream.post`."""
        self._tcp.post(self._encrypt(data))

    def _encrypt(self, data: bytes) -> bytes:
        unencrypted = memoryview(data)
        while unencrypted:
            unencrypted = unencrypted[self._tls.write(unencrypted) :]
        return self._outgoing.read()

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._tcp.post(self._outgoing.read())

    def close(self) -> None:
        """As `TcpStream.close`, without waiting for the peer's end of TLS: the WebSocket close came before it."""
        self._tcp.close()

    def abort(self) -> None:
        """As `TcpStream.abort`."""
        self._tcp.abort()
