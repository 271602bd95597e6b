"""A connection to Redis for reading much in little time: commands out in one piece, replies through hiredis.

redis-py is the friendlier client and spends most of a bulk read in its own Python; this one asks nothing but read-only
commands, many at a time.
"""

from __future__ import annotations

import itertools
import socket
import ssl
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import hiredis

from checker.scan import RightsMissing, StoreNotUnderstood, StoreRefused, StoreUnreachable

CONNECT_TIMEOUT_S = 10.0
REPLY_TIMEOUT_S = 60.0
_AT_ONCE = 1000  # commands sent before their replies are read, so that neither side's buffers fill up

Command = tuple[bytes, ...]
Reply = Any  # hiredis gives bytes, int, None, list or a ReplyError


@dataclass(frozen=True)
class RedisAddress:
    """What a Redis URL says. ``where`` is the part that may be shown."""

    host: str
    port: int
    path: str
    database: int
    user: str
    password: str
    tls: ssl.SSLContext | None

    @property
    def where(self) -> str:
        """Host, port and database, without credentials."""
        return f"{self.path or f'{self.host}:{self.port}'}/{self.database}"


def parse_address(url: str) -> RedisAddress:
    """Reads ``redis://``, ``rediss://`` and ``unix://`` URLs as redis-py does.

    Raises:
        StoreNotUnderstood: the URL is none of these, or its port or database is no number.
    """
    try:
        parts = urlsplit(url)
        options = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.scheme not in ("redis", "rediss", "unix"):
            raise ValueError
        number = options.get("db") or ("" if parts.scheme == "unix" else parts.path.strip("/")) or "0"
        return RedisAddress(
            host=parts.hostname or "localhost",
            port=parts.port or 6379,
            path=unquote(parts.path) if parts.scheme == "unix" else "",
            database=int(number),
            user=unquote(parts.username or options.get("username", "")),
            password=unquote(parts.password or options.get("password", "")),
            tls=_tls(options) if parts.scheme == "rediss" else None,
        )
    except (ValueError, OSError):
        raise StoreNotUnderstood(
            "the Redis URL can't be used; write redis://USER:PASSWORD@HOST:PORT/DB, rediss:// for TLS, and check that "
            "the certificate files it names exist"
        ) from None


def _tls(options: dict[str, str]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=options.get("ssl_ca_certs"), capath=options.get("ssl_ca_path"))
    if options.get("ssl_cert_reqs", "required") in ("none", "optional"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif options.get("ssl_check_hostname", "true").lower() in ("false", "no", "0"):
        context.check_hostname = False
    if "ssl_certfile" in options:
        context.load_cert_chain(options["ssl_certfile"], options.get("ssl_keyfile"))
    return context


class RedisWire:
    """An open connection, logged in and with its database chosen.

    Args:
        address: where and as whom.

    Raises:
        StoreUnreachable, StoreRefused, StoreNotUnderstood: with one sentence, never with credentials.
    """

    def __init__(self, address: RedisAddress) -> None:
        self._where = address.where
        self._reader = hiredis.Reader()
        self._socket = self._connect(address)
        try:
            self._log_in(address)
            self._socket.settimeout(REPLY_TIMEOUT_S)
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> RedisWire:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def ask(self, *command: bytes) -> Reply:
        """Sends one command and returns its reply; an error reply is returned, not raised."""
        return next(self.ask_all([command]))

    def ask_all(self, commands: Iterable[Command]) -> Iterator[Reply]:
        """Sends commands in pipelines and yields their replies in order; an error reply is yielded, not raised.

        Raises:
            StoreUnreachable: the connection was lost or no reply came in time.
            StoreNotUnderstood: what came is no Redis protocol.
        """
        waiting = iter(commands)
        while batch := list(itertools.islice(waiting, _AT_ONCE)):
            self._send(batch)
            for _ in batch:
                yield self._receive()

    def _send(self, batch: Sequence[Command]) -> None:
        pieces: list[bytes] = []
        for command in batch:
            pieces.append(b"*%d\r\n" % len(command))
            pieces.extend([b"$%d\r\n%b\r\n" % (len(part), part) for part in command])
        try:
            self._socket.sendall(b"".join(pieces))
        except OSError as error:
            raise self._lost(error) from None

    def _receive(self) -> Reply:
        try:
            reply = self._reader.gets()
            while reply is False:
                received = self._socket.recv(1 << 18)
                if not received:
                    raise ConnectionResetError("the server closed the connection")
                self._reader.feed(received)
                reply = self._reader.gets()
        except hiredis.ProtocolError:
            raise StoreNotUnderstood(
                f"what answers at {self._where} does not speak the Redis protocol; check host and port of the URL"
            ) from None
        except OSError as error:
            raise self._lost(error) from None
        return reply

    def _lost(self, error: OSError) -> StoreUnreachable:
        if isinstance(error, TimeoutError):
            patience_s = self._socket.gettimeout() or 0.0
            return StoreUnreachable(f"what listens at {self._where} did not answer as Redis within {patience_s:g} s")
        return StoreUnreachable(f"the connection to Redis at {self._where} was lost: {_reason(error)}")

    def _connect(self, address: RedisAddress) -> socket.socket:
        try:
            if address.path:
                connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                connection.settimeout(CONNECT_TIMEOUT_S)
                connection.connect(address.path)
            else:
                connection = socket.create_connection((address.host, address.port), timeout=CONNECT_TIMEOUT_S)
        except OSError as error:
            raise StoreUnreachable(
                f"Redis at {self._where} can't be reached: {_reason(error)}; start it, or correct the URL"
            ) from None
        try:
            if address.tls is not None:
                connection = address.tls.wrap_socket(connection, server_hostname=address.host)
        except (ssl.SSLError, OSError) as error:
            connection.close()
            raise StoreRefused(
                f"no TLS with Redis at {self._where}: {_reason(error)}; check that it offers TLS on this port and that "
                "the URL names the right certificates"
            ) from None
        return connection

    def _log_in(self, address: RedisAddress) -> None:
        credentials = [part.encode() for part in (address.user, address.password) if part]
        if credentials:
            self._expect_ok(self.ask(b"AUTH", *credentials), "the password (or user) in the URL is not accepted")
        pong = self.ask(b"PING")
        if isinstance(pong, hiredis.ReplyError):
            self._expect_ok(pong, "PING is refused")
        if pong != b"PONG":
            raise StoreNotUnderstood(f"what answers at {self._where} is no Redis; check host and port of the URL")
        chosen = self.ask(b"SELECT", str(address.database).encode())
        self._expect_ok(chosen, f"database {address.database} can't be chosen")

    def _expect_ok(self, reply: Reply, what: str) -> None:
        if not isinstance(reply, hiredis.ReplyError):
            return
        code = str(reply).partition(" ")[0]
        advice = {
            "NOAUTH": "it wants a password: write it into the URL",
            "WRONGPASS": what,
            "NOPERM": f"{what}: the user may not; grant it +@read +@connection and the keys ~*",
            "LOADING": "it is still loading its data: try again in a moment",
        }.get(code, what)
        kind = RightsMissing if code == "NOPERM" else StoreRefused
        raise kind(f"Redis at {self._where} refuses us ({code}): {advice}")


def _reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_TIMEOUT_S:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return "the handshake failed"
    return error.strerror or str(error) or type(error).__name__
