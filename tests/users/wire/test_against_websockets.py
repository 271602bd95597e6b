"""The connection against an independent implementation, in the test's process and in one that gevent has patched."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from users.wire.connection import Connection, ConnectionLost

PATIENCE_S = 10.0

PATCHED_CLIENT = """
from gevent import monkey
monkey.patch_all()
import sys, gevent
from users.wire.connection import Connection

def converse(number):
    connection = Connection.open(sys.argv[1])
    for turn in range(20):
        content = f"session {number} turn {turn} " + "x" * number * 50
        connection.send_text(content)
        (message,) = connection.read(10)
        assert message.text == content
    connection.close()
    return connection.time_source

turns = [0]
def tick():
    while True:
        turns[0] += 1
        gevent.sleep(0)

ticker = gevent.spawn(tick)
sessions = [gevent.spawn(converse, number) for number in range(20)]
sources = {session.get(timeout=20) for session in sessions}
assert turns[0] > 20, turns
print(len(sessions), "sessions", *sources)
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.users.wire.websockets_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout
        yield f"ws://127.0.0.1:{int(server.stdout.readline())}/ws"
        server.communicate(timeout=PATIENCE_S)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 1_500_000])
def test_text_of_any_size_comes_back(url: str, size: int) -> None:
    connection = Connection.open(url)
    content = ("äx" * size)[:size]
    connection.send_text(content)
    (message,) = connection.read(PATIENCE_S)
    assert message.text == content
    connection.close()


def test_fragments_are_joined(url: str) -> None:
    connection = Connection.open(url)
    connection.send_text("!fragments ein zwei drei")
    (message,) = connection.read(PATIENCE_S)
    assert message.text == "einzweidrei"
    connection.close()


def test_its_pings_are_answered_and_ours_too(url: str) -> None:
    connection = Connection.open(url)
    connection.send_text("!ping hello")
    assert [message.text for message in connection.read(PATIENCE_S)] == ["pong seen"]
    connection.send_ping(b"and back")
    assert [(message.kind, message.data) for message in connection.read(PATIENCE_S)] == [("pong", b"and back")]
    connection.close()


def test_many_messages_come_in_order(url: str) -> None:
    connection = Connection.open(url)
    connection.send_text("!many 1000")
    received: list[str | None] = []
    while len(received) < 1000:
        batch = connection.read(PATIENCE_S)
        assert batch
        received += [message.text for message in batch]
    assert received == [str(number) for number in range(1000)]
    connection.close()


def test_it_closes_with_code_and_reason(url: str) -> None:
    connection = Connection.open(url)
    connection.send_text("!close 4001 enough")
    (message,) = connection.read(PATIENCE_S)
    assert (message.close_code, message.text) == (4001, "enough")
    with pytest.raises(ConnectionLost) as lost:
        connection.read(PATIENCE_S)
    assert (lost.value.code, lost.value.clean) == (4001, True)


def test_we_close_and_it_agrees(url: str) -> None:
    connection = Connection.open(url)
    connection.close(4002, "bye")
    assert [message.close_code for message in connection.read()] == [4002]


def test_twenty_sessions_under_gevents_patches_keep_the_hub_turning(url: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PATCHED_CLIENT, url], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("20 sessions")
