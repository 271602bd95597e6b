from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable

import gevent
import pytest

from tests.users.wire import server_frames as frames
from tests.users.wire.scripted_server import PATIENCE_S, Peer, serving
from users.wire.connection import Connection, ConnectRefused
from users.wire.upgrade import Offer


def raw(response: bytes) -> Callable[[Peer], None]:
    """A script that answers the request with `response` and ends."""

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(response)

    return script


def refusal(script: Callable[[Peer], object], timeout_s: float = PATIENCE_S) -> ConnectRefused:
    with serving(script) as server, pytest.raises(ConnectRefused) as refused:
        Connection.open(server.url, timeout_s=timeout_s)
    shown = "".join(traceback.format_exception(refused.value))
    assert "s3cret" not in shown
    assert refused.value.stage == "upgrade"
    return refused.value


def accepting(headers: bytes = b"") -> Callable[[Peer], str]:
    def script(peer: Peer) -> str:
        peer.upgrade(headers)
        peer.wait_for_end()
        return peer.request.decode()

    return script


@pytest.mark.parametrize(
    ("status_line", "status", "detail"),
    [
        (b"HTTP/1.1 403 Forbidden", 403, "HTTP 403 Forbidden"),
        (b"HTTP/1.1 404 nope s3cret", 404, "HTTP 404 Not Found"),
        (b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/?token=s3cret", 302, "HTTP 302 Found"),
        (b"HTTP/1.1 299 Odd", 299, "HTTP 299"),
        (b"HTTP/1.1 200 OK", 200, "HTTP 200 OK"),
    ],
)
def test_an_http_answer_is_a_refusal_with_its_status(status_line: bytes, status: int, detail: str) -> None:
    refused = refusal(raw(status_line + b"\r\nContent-Length: 6\r\n\r\ns3cret"))
    assert (refused.status, refused.detail) == (status, detail)
    assert refused.response_body == b"s3cret" or status == 302


def test_a_refusal_whose_body_does_not_end_still_has_its_status() -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nhalf")
        peer.wait_for_end()

    refused = refusal(script, timeout_s=0.2)
    assert (refused.status, refused.response_body) == (403, b"half")


def test_a_refusal_with_a_huge_body_is_not_read_to_its_end() -> None:
    refused = refusal(raw(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 100_000))
    assert refused.status == 403
    assert len(refused.response_body) == 16 * 1024


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00\x01\x02\xff\xfe\r\n\r\n",
        b"HTTP/1.1 oops\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nno colon here\r\n\r\n",
        b"",
        b"HTTP/1.1 101 Swit",
        b"HTTP/1.1 101 Switching Protocols\r\n" + b"X: " + b"y" * 70_000,
    ],
    ids=["SSH", "binary", "no status", "no accept", "wrong accept", "bad header", "nothing", "half", "endless header"],
)
def test_what_is_no_valid_answer_is_refused(answer: bytes) -> None:
    refusal(raw(answer))


def test_a_response_that_comes_in_drops_is_accepted() -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        for byte in peer.response() + frames.text("hello"):
            peer.send(bytes((byte,)))
            gevent.sleep(0)
        peer.wait_for_end()

    with serving(script) as server:
        connection = Connection.open(server.url)
        assert [message.text for message in connection.read(PATIENCE_S)] == ["hello"]
        connection.abort()


def test_a_response_in_drops_without_end_is_refused_in_time() -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        try:
            for byte in b"HTTP/1.1 101 Switching Protocols\r\nX: " + b"y" * 100_000:
                peer.send(bytes((byte,)))
                gevent.sleep(0.005)
        except OSError:
            return

    started_s = time.perf_counter()
    assert "in time" in refusal(script, timeout_s=0.15).detail
    assert time.perf_counter() - started_s < 5


def test_the_request_carries_what_it_was_given_and_nothing_else() -> None:
    with serving(accepting()) as server:
        Connection.open(
            server.url,
            headers=[("Authorization", "Bearer x"), ("X-Tenant", "7")],
            origin="https://app.test",
            cookie="a=b",
        ).abort()
        request = server.result().split("\r\n")
    assert request[0] == "GET /ws?token=s3cret-t0ken HTTP/1.1"
    names = [line.partition(":")[0].lower() for line in request[1:]]
    assert sorted(names) == [
        "authorization",
        "connection",
        "cookie",
        "host",
        "origin",
        "sec-websocket-key",
        "sec-websocket-version",
        "upgrade",
        "x-tenant",
    ]
    assert {f"Host: 127.0.0.1:{server.port}", "Origin: https://app.test", "Cookie: a=b"} <= set(request)


def test_no_cookie_of_one_connection_is_sent_on_the_next() -> None:
    with serving(
        accepting(b"Set-Cookie: sid=first; Domain=127.0.0.1\r\nset-cookie: b=c d; domain=127.0.0.1\r\n")
    ) as first:
        Connection.open(first.url).abort()
    with serving(accepting()) as second:
        Connection.open(second.url).abort()
        assert "cookie" not in second.result().lower()


def test_the_subprotocol_is_the_one_that_the_server_chose() -> None:
    with serving(accepting(b"Sec-WebSocket-Protocol: Chat.V2\r\n")) as server:
        connection = Connection.open(server.url, subprotocols=["chat.v1", "Chat.V2"])
        assert connection.subprotocol == "Chat.V2"
        connection.abort()
        assert "Sec-WebSocket-Protocol: chat.v1, Chat.V2" in server.result().split("\r\n")


def test_a_server_may_choose_no_subprotocol() -> None:
    with serving(accepting()) as server:
        connection = Connection.open(server.url, subprotocols=["chat.v1"])
        assert connection.subprotocol is None
        connection.abort()


def test_a_subprotocol_or_extension_that_was_not_offered_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert "subprotocol" in refusal(accepting(b"Sec-WebSocket-Protocol: s3cret\r\n")).detail
        assert "extension" in refusal(accepting(b"Sec-WebSocket-Extensions: permessage-deflate\r\n")).detail
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    "offer",
    [
        {"headers": [("X-A", "b\r\nX-C: s3cret")]},
        {"headers": [("X-A\n", "s3cret")]},
        {"subprotocols": ["a\r\ns3cret"]},
        {"origin": "x\ns3cret"},
        {"cookie": "a=s3cret\r\n"},
    ],
)
def test_a_line_break_in_what_is_offered_is_refused_without_showing_it(offer: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="line break") as refused:
        Offer(**offer)  # type: ignore[arg-type]
    assert "s3cret" not in str(refused.value)


def test_an_offer_shows_nothing_secret() -> None:
    assert "s3cret" not in repr(Offer([("Authorization", "s3cret")], ["s3cret"], None, "s3cret"))
