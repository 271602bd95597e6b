from __future__ import annotations

import time

import gevent
import pytest

from tests.users.wire.scripted_server import PATIENCE_S, Peer, serving
from users.wire.endpoint import Endpoint
from users.wire.errors import ConnectRefused
from users.wire.opening import open_stream
from users.wire.upgrade import Offer


def test_the_steps_are_timed_apart() -> None:
    thought_s = 0.06

    def script(peer: Peer) -> None:
        peer.read_request()
        gevent.sleep(thought_s)
        peer.send(peer.response())
        peer.wait_for_end()

    with serving(script) as server:
        before_s = time.perf_counter()
        stream, upgraded, timings = open_stream(Endpoint.of(server.url), Offer(), None, PATIENCE_S)
        stream.abort()
    assert before_s <= timings.started_s <= upgraded.arrived_s
    assert timings.tls_ms is None
    assert 0 < timings.tcp_ms < timings.upgrade_ms
    assert timings.upgrade_ms >= thought_s * 1000 * 0.9


def test_what_fails_leaves_nothing_open() -> None:
    def script(peer: Peer) -> str:
        peer.read_request()
        peer.send(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        return peer.wait_for_end()

    with serving(script) as server:
        with pytest.raises(ConnectRefused):
            open_stream(Endpoint.of(server.url), Offer(), None, PATIENCE_S)
        assert server.result() == "reset"


def test_who_is_killed_while_opening_leaves_nothing_open() -> None:
    def script(peer: Peer) -> str:
        peer.read_request()
        opener.kill()
        return peer.wait_for_end()

    with serving(script) as server:
        opener = gevent.spawn(open_stream, Endpoint.of(server.url), Offer(), None, PATIENCE_S)
        assert server.result() == "reset"
