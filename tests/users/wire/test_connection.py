from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from gevent.event import Event

from tests.users.wire import server_frames as frames
from tests.users.wire.scripted_server import PATIENCE_S, Peer, serving
from users.wire.connection import Connection, ConnectionLost, ProtocolViolation, Received

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def read_all(connection: Connection, count: int) -> list[Received]:
    received: list[Received] = []
    while len(received) < count:
        batch = connection.read(PATIENCE_S)
        assert batch, f"only {len(received)} of {count} messages came"
        received += batch
    return received


def texts(received: list[Received]) -> list[str | None]:
    return [message.text for message in received]


def answering_close(then: Callable[[Peer], Any] = lambda peer: None) -> Callable[[Peer], Any]:
    """A script that upgrades, does `then`, and answers the client's close."""

    def script(peer: Peer) -> Any:
        peer.upgrade()
        result = then(peer)
        while (client_frame := peer.next_frame()) and client_frame.opcode != frames.CLOSE:
            pass
        if client_frame:
            peer.send(frames.frame(frames.CLOSE, client_frame.payload))
        return result

    return script


def test_text_goes_both_ways() -> None:
    def echo(peer: Peer) -> None:
        for _ in range(2):
            client_frame = peer.next_frame()
            assert client_frame and client_frame.opcode == frames.TEXT
            peer.send(frames.frame(frames.TEXT, client_frame.payload))

    with serving(answering_close(echo)) as server:
        connection = Connection.open(server.url)
        before_s = time.perf_counter()
        sent_s = connection.send_text("grüße")
        (message,) = connection.read(PATIENCE_S)
        assert (message.kind, message.text, message.data) == ("text", "grüße", "grüße".encode())
        assert before_s <= sent_s <= message.arrived_s + 0.001 <= time.perf_counter() + 0.001
        connection.send_text(b'{"as": "bytes"}')
        assert texts(connection.read(PATIENCE_S)) == ['{"as": "bytes"}']
        connection.close()


def test_control_frames_between_fragments_are_dealt_with_and_lose_nothing() -> None:
    def script(peer: Peer) -> None:
        peer.send(frames.text("one ", final=False) + frames.frame(frames.PING, b"p1"))
        pong = peer.next_frame()
        assert pong and (pong.opcode, pong.payload) == (frames.PONG, b"p1")
        peer.send(frames.frame(frames.PONG, b"q") + frames.frame(frames.CONTINUATION, b"two") + frames.text("next"))

    with serving(answering_close(script)) as server:
        connection = Connection.open(server.url)
        received = read_all(connection, 3)
        assert [(message.kind, message.text) for message in received] == [
            ("pong", None),
            ("text", "one two"),
            ("text", "next"),
        ]
        connection.close()


def test_a_frame_in_the_segment_of_the_response_is_not_lost() -> None:
    def script(peer: Peer) -> None:
        peer.upgrade(then=frames.text("early") + frames.text("half")[:3])
        peer.send(frames.text("half")[3:])
        peer.wait_for_end()

    with serving(script) as server:
        told: list[tuple[str, str]] = []
        connection = Connection.open(server.url, listener=lambda direction, text: told.append((direction, text)))
        assert texts(read_all(connection, 2)) == ["early", "half"]
        connection.abort()
    assert told == [("<", "early"), ("<", "half")], "who listens is told of it too, once"


def test_one_read_returns_all_that_has_arrived() -> None:
    with serving(answering_close(lambda peer: peer.send(b"".join(frames.text(str(n)) for n in range(100))))) as server:
        connection = Connection.open(server.url)
        received = connection.read(PATIENCE_S)
        assert texts(received) == [str(n) for n in range(100)]
        assert len({message.arrived_s for message in received}) == 1
        connection.close()


def test_a_read_that_times_out_is_empty_and_keeps_half_a_message() -> None:
    go_on = Event()

    def script(peer: Peer) -> None:
        peer.send(frames.text("in two halves")[:5])
        assert go_on.wait(PATIENCE_S)
        peer.send(frames.text("in two halves")[5:])

    with serving(answering_close(script)) as server:
        connection = Connection.open(server.url)
        assert connection.read(0.05) == []
        go_on.set()
        assert texts(connection.read(PATIENCE_S)) == ["in two halves"]
        connection.close()


def test_waiting_for_a_message_holds_up_nobody_else() -> None:
    with serving(answering_close()) as server:
        connection = Connection.open(server.url)
        turns = [0]

        def other() -> None:
            while True:
                turns[0] += 1
                gevent.sleep(0)

        greenlet = gevent.spawn(other)
        assert connection.read(0.05) == []
        greenlet.kill()
        assert turns[0] > 10
        connection.close()


def test_the_close_of_the_server_is_returned_answered_and_then_raised() -> None:
    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.send(frames.text("last") + frames.close(1008, "bad token"))
        answer = peer.next_frame()
        assert answer and (answer.opcode, answer.payload[:2]) == (frames.CLOSE, (1008).to_bytes(2, "big"))

    with serving(script) as server:
        connection = Connection.open(server.url)
        last, closing = read_all(connection, 2)
        assert (last.text, closing.kind, closing.text, closing.close_code) == ("last", "close", "bad token", 1008)
        assert not connection.is_open
        for _ in range(2):
            with pytest.raises(ConnectionLost) as lost:
                connection.read(PATIENCE_S)
            assert (lost.value.code, lost.value.reason, lost.value.clean) == (1008, "bad token", True)
        with pytest.raises(ConnectionLost):
            connection.send_text("too late")
        connection.close()


@pytest.mark.parametrize(
    ("offence", "code"),
    [
        (frames.close(1005), 1002),
        (frames.frame(frames.TEXT, b"\xff"), 1007),
        (frames.frame(frames.TEXT, b"x" * 3000), 1009),
        (b"HTTP/1.1 200 OK\r\n", 1002),
    ],
    ids=["close with a bad code", "no UTF-8", "huge message", "no frames at all"],
)
def test_a_violation_is_answered_with_its_code_after_what_came_before_it(offence: bytes, code: int) -> None:
    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.send(frames.text("before") + offence)
        answer = peer.next_frame()
        assert answer and (answer.opcode, answer.payload[:2]) == (frames.CLOSE, code.to_bytes(2, "big"))

    with serving(script) as server:
        connection = Connection.open(server.url, max_message_bytes=2000)
        assert texts(connection.read(PATIENCE_S)) == ["before"]
        with pytest.raises(ConnectionLost) as lost:
            connection.read(PATIENCE_S)
        assert (lost.value.code, lost.value.clean) == (code, False)
        assert isinstance(lost.value.__cause__, ProtocolViolation)


def test_the_end_of_the_stream_without_a_close_is_not_clean() -> None:
    def script(peer: Peer) -> str:
        peer.upgrade()
        peer.send(frames.text("last") + frames.text("cut off")[:4])
        peer.sock.shutdown(socket.SHUT_WR)
        return peer.wait_for_end()

    with serving(script) as server:
        connection = Connection.open(server.url)
        assert texts(connection.read(PATIENCE_S)) == ["last"]
        with pytest.raises(ConnectionLost, match="without a closing handshake") as lost:
            connection.read(PATIENCE_S)
        assert (lost.value.code, lost.value.clean) == (None, False)
        assert server.result() == "orderly"


def test_a_reset_by_the_server_is_a_lost_connection() -> None:
    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)

    with serving(script) as server:
        connection = Connection.open(server.url)
        with pytest.raises(ConnectionLost, match="reset") as lost:
            connection.read(PATIENCE_S)
        assert (lost.value.code, lost.value.clean) == (None, False)


def test_closing_shakes_hands_and_keeps_what_arrived_meanwhile() -> None:
    def script(peer: Peer) -> bytes:
        peer.upgrade()
        client_frame = peer.next_frame()
        assert client_frame and client_frame.opcode == frames.CLOSE
        peer.send(frames.text("late") + frames.frame(frames.CLOSE, client_frame.payload))
        return client_frame.payload

    with serving(script) as server:
        connection = Connection.open(server.url)
        connection.close(3001, "done")
        assert server.result() == (3001).to_bytes(2, "big") + b"done"
        assert [message.kind for message in connection.read()] == ["text", "close"]
        with pytest.raises(ConnectionLost) as lost:
            connection.read()
        assert (lost.value.code, lost.value.clean) == (3001, True)
        connection.close()


def test_a_reader_that_comes_while_somebody_closes_gets_what_arrived_meanwhile() -> None:
    asked = Event()

    def script(peer: Peer) -> None:
        peer.upgrade()
        client_frame = peer.next_frame()
        assert client_frame and asked.wait(PATIENCE_S)
        peer.send(frames.text("late") + frames.frame(frames.CLOSE, client_frame.payload))

    with serving(script) as server:
        connection = Connection.open(server.url)
        closing = gevent.spawn(connection.close)
        reading = gevent.spawn(connection.read)
        gevent.spawn(asked.set)
        assert [message.kind for message in reading.get(timeout=PATIENCE_S)] == ["text", "close"]
        closing.get(timeout=PATIENCE_S)


def test_closing_does_not_wait_for_ever() -> None:
    def script(peer: Peer) -> str:
        peer.upgrade()
        return peer.wait_for_end()

    with serving(script) as server:
        connection = Connection.open(server.url)
        started_s = time.perf_counter()
        connection.close(timeout_s=0.1)
        assert time.perf_counter() - started_s < 5
        assert server.result() == "reset"
        with pytest.raises(ConnectionLost) as lost:
            connection.read()
        assert not lost.value.clean


def test_closing_while_another_greenlet_reads_leaves_the_messages_to_it() -> None:
    with serving(answering_close()) as server:
        connection = Connection.open(server.url)
        reader = gevent.spawn(connection.read)
        gevent.sleep(0)
        connection.close()
        assert [message.kind for message in reader.get(timeout=PATIENCE_S)] == ["close"]


def test_a_close_that_cannot_be_sent_changes_nothing() -> None:
    with serving(answering_close()) as server:
        connection = Connection.open(server.url)
        with pytest.raises(ValueError, match="1006"):
            connection.close(1006)
        assert connection.is_open
        connection.close()


def test_abort_resets_the_connection_and_wakes_its_reader() -> None:
    def script(peer: Peer) -> str:
        peer.upgrade()
        return peer.wait_for_end()

    with serving(script) as server:
        connection = Connection.open(server.url)
        reader = gevent.spawn(connection.read)
        gevent.sleep(0)
        connection.abort()
        with pytest.raises(ConnectionLost) as lost:
            reader.get(timeout=PATIENCE_S)
        assert not lost.value.clean
        assert server.result() == "reset"
        connection.abort()
        connection.close()


def test_a_connection_has_one_reader() -> None:
    with serving(answering_close()) as server:
        connection = Connection.open(server.url)
        reader = gevent.spawn(connection.read)
        gevent.sleep(0)
        with pytest.raises(RuntimeError, match="one reader"):
            connection.read()
        connection.close()
        reader.join(PATIENCE_S)


def test_a_reader_that_is_killed_can_be_replaced() -> None:
    said = Event()

    def script(peer: Peer) -> None:
        assert said.wait(PATIENCE_S)
        peer.send(frames.text("for the second"))

    with serving(answering_close(script)) as server:
        connection = Connection.open(server.url)
        reader = gevent.spawn(connection.read)
        gevent.sleep(0)
        reader.kill()
        said.set()
        assert texts(connection.read(PATIENCE_S)) == ["for the second"]
        connection.close()


def test_a_ping_of_ours_is_sent_and_its_pong_returned() -> None:
    def script(peer: Peer) -> None:
        ping = peer.next_frame()
        assert ping and (ping.opcode, ping.payload) == (frames.PING, b"are you there")
        peer.send(frames.frame(frames.PONG, ping.payload))

    with serving(answering_close(script)) as server:
        connection = Connection.open(server.url)
        connection.send_ping(b"are you there")
        (pong,) = connection.read(PATIENCE_S)
        assert (pong.kind, pong.data) == ("pong", b"are you there")
        connection.close()


def test_pings_are_answered_even_while_a_sender_is_stuck() -> None:
    content = "x" * 12_000_000
    stuck = Event()

    def script(peer: Peer) -> list[tuple[int, int]]:
        peer.upgrade()
        assert stuck.wait(PATIENCE_S)
        peer.send(frames.frame(frames.PING, b"old") + frames.frame(frames.PING, b"new") + frames.text("go"))
        seen: list[tuple[int, int]] = []
        while len(seen) < 2 and (client_frame := peer.next_frame()):
            seen.append((client_frame.opcode, len(client_frame.payload)))
        return seen

    with serving(script) as server:
        connection = Connection.open(server.url)
        sender = gevent.spawn(connection.send_text, content)
        gevent.sleep(0)
        assert not sender.ready()
        stuck.set()
        assert texts(read_all(connection, 1)) == ["go"]
        sender.get(timeout=PATIENCE_S)
        seen = server.result()
        assert seen == [(frames.TEXT, len(content)), (frames.PONG, len(b"new"))]
        connection.abort()


@pytest.mark.skipif(not hasattr(socket.socket, "recvmsg"), reason="no ancillary data here")
def test_a_process_that_reads_late_still_knows_when_the_message_arrived() -> None:
    sent_s: list[float] = []
    spin_s = 0.05

    def script(peer: Peer) -> None:
        peer.send(frames.text("on time"))
        sent_s.append(time.perf_counter())
        while time.perf_counter() < sent_s[0] + spin_s:
            pass  # the process is busy with something else while the message lies in its socket

    with serving(answering_close(script)) as server:
        connection = Connection.open(server.url)
        if connection.time_source != "kernel":
            connection.abort()
            pytest.skip("the kernel gives no time stamps here")
        (message,) = connection.read(PATIENCE_S)
        assert message.arrived_s < sent_s[0] + spin_s / 2
        assert time.perf_counter() > sent_s[0] + spin_s
        assert message.arrived_s > connection.timings.started_s
        connection.close()
