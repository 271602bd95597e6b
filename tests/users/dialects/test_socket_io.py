from __future__ import annotations

import pytest

from users.dialects.base import Undecodable
from users.dialects.socket_io import SocketIo

NEW = "wss://x/socket.io/?EIO=4&transport=websocket"
OLD = "wss://x/socket.io/?EIO=3&transport=websocket"
OPEN = '0{"sid":"s","pingInterval":25000}'


def io(url: str = NEW, **options: object) -> SocketIo:
    dialect = SocketIo(url, options)
    assert list(dialect.opening(login=False)) == []
    return dialect


def answers(dialect: SocketIo, message: str) -> list[str | bytes]:
    return [said for document in dialect.decode(message) for said in dialect.answer(document)]


def test_the_namespace_is_joined_after_the_opening() -> None:
    assert answers(io(), OPEN) == ["40"]
    assert answers(io(namespace="/chat"), OPEN) == ["40/chat,"]
    login = SocketIo(NEW, {})
    list(login.opening(login=True))
    assert answers(login, OPEN) == []
    assert login.encode({"packet": "connect", "data": {"token": "t"}}) == '40{"token":"t"}'
    assert list(login.decode('40{"sid":"x"}')) == [{"packet": "connect", "namespace": "/", "data": {"sid": "x"}}]
    (refused,) = login.decode('44{"message":"no"}')
    assert refused == {"packet": "connect_error", "namespace": "/", "data": {"message": "no"}}


def test_version_2_of_socket_io_is_joined_by_itself_and_pings() -> None:
    old = io(OLD)
    assert answers(old, OPEN) == [] and old.keep_alive() == "2" and old.keep_alive_s
    assert list(old.decode("40")) == [{"packet": "connect", "namespace": "/", "data": None}]
    assert list(old.decode("3")) == [{"packet": "pong", "data": ""}]
    assert answers(io(OLD, namespace="/a"), OPEN) == ["40/a,"]
    assert io().keep_alive() is None and io().keep_alive_s is None


def test_pings_are_answered_and_so_are_events_that_ask_for_it() -> None:
    assert answers(io(), "2") == ["3"]
    assert answers(io(), "2probe") == ["3probe"]
    assert answers(io(), '4212["saved",{"a":1}]') == ["4312[]"]
    assert answers(io(), '42/chat,5["saved"]') == ["43/chat,5[]"]
    assert answers(io(), '42["saved"]') == []


def test_events_and_acknowledgements() -> None:
    dialect = io()
    assert dialect.encode({"event": "say", "args": [{"text": "x"}], "id": 7}) == '427["say",{"text":"x"}]'
    assert dialect.encode({"event": "say", "args": "x", "namespace": "/c"}) == '42/c,["say","x"]'
    assert list(dialect.decode('437["done",1]')) == [{"packet": "ack", "namespace": "/", "id": 7, "args": ["done", 1]}]
    assert list(dialect.decode('42/c,["said",{"a":1},2]')) == [
        {"packet": "event", "namespace": "/c", "event": "said", "args": [{"a": 1}, 2]}
    ]
    with pytest.raises(ValueError, match="has no packet 'shout'"):
        dialect.encode({"packet": "shout"})


@pytest.mark.parametrize("prefix", [b"", b"\x04"])
def test_binary_attachments_come_in_their_places(prefix: bytes) -> None:
    dialect = io(OLD if prefix else NEW)
    head = '452-["file",{"_placeholder":true,"num":1},{"x":{"_placeholder":true,"num":0}}]'
    assert list(dialect.decode(head)) == [] == list(dialect.decode(prefix + b"text"))
    (document,) = dialect.decode(prefix + b"\xff\x00")
    assert document["args"] == ["/wA=", {"x": "text"}]  # type: ignore[index]
    with pytest.raises(Undecodable):
        list(dialect.decode(b"stray"))


@pytest.mark.parametrize(
    "message", ["", "9", "4", "49", "42", "42{}", "42[]", "4299999999999999999[", "451000-[]", "0{"]
)
def test_what_is_no_packet_is_undecodable(message: str) -> None:
    with pytest.raises(Undecodable):
        list(io().decode(message))


def test_what_would_go_nowhere_is_named() -> None:
    with pytest.raises(ValueError, match=r"'args' goes nowhere in a packet 'connect' of Socket\.IO; there are: data"):
        io().encode({"packet": "connect", "args": [{"token": "t"}]})
