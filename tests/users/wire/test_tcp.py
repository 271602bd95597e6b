from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import gevent
import gevent.socket
import pytest

from users.wire.endpoint import Endpoint
from users.wire.tcp import TcpStream

PATIENCE_S = 10.0
MUCH = 12_000_000  # more than the kernel keeps for a peer that does not read


@contextmanager
def connected() -> Iterator[tuple[TcpStream, gevent.socket.socket]]:
    """A stream and the socket at its other end."""
    with gevent.socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        stream = TcpStream.open(endpoint(listener.getsockname()[1]), time.perf_counter() + PATIENCE_S)
        peer, _ = listener.accept()
    peer.settimeout(PATIENCE_S)
    with peer:
        yield stream, peer
        stream.abort()


def endpoint(port: int, host: str = "127.0.0.1") -> Endpoint:
    return Endpoint.of(f"ws://{host}:{port}/ws?token=s3cret")


def read_exactly(peer: gevent.socket.socket, size: int) -> bytes:
    pieces = []
    while size and (piece := peer.recv(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def test_bytes_go_both_ways() -> None:
    with connected() as (stream, peer):
        stream.send(b"ask")
        assert peer.recv(100) == b"ask"
        peer.sendall(b"answer")
        arrival = stream.receive(PATIENCE_S)
        assert arrival and arrival.data == b"answer"


def test_nothing_in_time_is_none_and_the_end_is_empty() -> None:
    with connected() as (stream, peer):
        assert stream.receive(0.01) is None
        peer.close()
        arrival = stream.receive(PATIENCE_S)
        assert arrival and arrival.data == b""


def test_many_senders_never_mix_their_bytes() -> None:
    blocks = [bytes((number,)) * (MUCH // 8) for number in range(8)]
    with connected() as (stream, peer):
        senders = [gevent.spawn(stream.send, block) for block in blocks]
        gevent.sleep(0)
        assert stream.backlogged
        assert read_exactly(peer, MUCH) == b"".join(blocks)
        sent_s = [sender.get(timeout=PATIENCE_S) for sender in senders]
        assert sent_s == sorted(sent_s)
        assert not stream.backlogged


def test_a_sender_that_is_killed_leaves_whole_bytes_behind() -> None:
    with connected() as (stream, peer):
        sender = gevent.spawn(stream.send, b"a" * MUCH)
        gevent.sleep(0)
        assert stream.backlogged
        sender.kill()
        stream.post(b"b" * 10)
        assert read_exactly(peer, MUCH + 10) == b"a" * MUCH + b"b" * 10


def test_posting_does_not_wait() -> None:
    with connected() as (stream, peer):
        stream.post(b"a" * MUCH)
        stream.post(b"b")
        assert stream.backlogged
        assert read_exactly(peer, MUCH + 1)[-2:] == b"ab"


def test_a_sender_that_waits_learns_that_the_peer_is_gone() -> None:
    with connected() as (stream, peer):
        sender = gevent.spawn(stream.send, b"a" * MUCH)
        gevent.sleep(0)
        peer.close()  # with bytes unread: a reset
        with pytest.raises(OSError, match=r"reset|pipe"):
            sender.get(timeout=PATIENCE_S)


def test_closing_wakes_the_reader_and_the_senders() -> None:
    with connected() as (stream, _):
        waiting: list[gevent.Greenlet[..., object]] = [
            gevent.spawn(stream.receive),
            gevent.spawn(stream.send, b"a" * MUCH),
        ]
        gevent.sleep(0)
        stream.close()
        stream.close()
        for greenlet in waiting:
            with pytest.raises(ConnectionAbortedError):
                greenlet.get(timeout=PATIENCE_S)
        with pytest.raises(ConnectionAbortedError):
            stream.send(b"late")
        with pytest.raises(ConnectionAbortedError):
            stream.receive()
