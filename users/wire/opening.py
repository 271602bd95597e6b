"""Opening a connection: TCP, TLS and the HTTP upgrade, one after the other, each timed apart."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass

from users.wire.endpoint import Endpoint
from users.wire.tcp import TcpStream
from users.wire.tls import TlsStream
from users.wire.upgrade import Offer, Stream, Upgraded, upgrade

_MS_PER_S = 1000.0


@dataclass(frozen=True, slots=True)
class ConnectTimings:
    """How long each step of opening took.

    Attributes:
        started_s: when opening began (`time.perf_counter`).
        tcp_ms: from there to the established TCP connection, the look-up of the name included.
        tls_ms: the TLS handshake; None without TLS.
        upgrade_ms: from the request to the arrival of the last byte of the response.
    """

    started_s: float
    tcp_ms: float
    tls_ms: float | None
    upgrade_ms: float


def open_stream(
    endpoint: Endpoint,
    offer: Offer,
    ssl_context: ssl.SSLContext | None,
    timeout_s: float,
    server_name: str | None = None,
) -> tuple[Stream, Upgraded, ConnectTimings]:
    """Connects to `endpoint`, with TLS where it asks for that, and upgrades; all within `timeout_s`.

    The certificate must bear `server_name`; the endpoint's host when None.

    Raises:
        ConnectRefused: with the stage that failed. Nothing stays open.
    """
    started_s = time.perf_counter()
    deadline_s = started_s + timeout_s
    tcp = TcpStream.open(endpoint, deadline_s)
    try:
        connected_s = secured_s = time.perf_counter()
        stream: Stream = tcp
        if endpoint.secure:
            stream = TlsStream.open(tcp, ssl_context or ssl.create_default_context(), endpoint, deadline_s, server_name)
            secured_s = time.perf_counter()
        upgraded = upgrade(stream, endpoint, offer, deadline_s)
    except BaseException:
        tcp.abort()
        raise
    timings = ConnectTimings(
        started_s,
        (connected_s - started_s) * _MS_PER_S,
        (secured_s - connected_s) * _MS_PER_S if endpoint.secure else None,
        (upgraded.arrived_s - secured_s) * _MS_PER_S,
    )
    return stream, upgraded, timings
