from __future__ import annotations

import gevent.socket
import gevent.ssl
import pytest
import trustme

from tests.users.wire import server_frames as frames
from tests.users.wire.scripted_server import PATIENCE_S, Peer, serving
from users.wire.connection import Connection, ConnectionLost, ConnectRefused

MUCH = "tls " * 200_000


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server_context(authority: trustme.CA) -> gevent.ssl.SSLContext:
    context = gevent.ssl.SSLContext(gevent.ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def client_context(authority: trustme.CA) -> gevent.ssl.SSLContext:
    context = gevent.ssl.create_default_context()
    authority.configure_trust(context)
    return context


def echo(peer: Peer) -> None:
    peer.upgrade(then=frames.text("welcome"))
    while (client_frame := peer.next_frame()) and client_frame.opcode != frames.CLOSE:
        peer.send(frames.frame(client_frame.opcode, client_frame.payload))
    if client_frame:
        peer.send(frames.frame(frames.CLOSE, client_frame.payload))


def test_messages_small_and_large_pass_through_tls(
    server_context: gevent.ssl.SSLContext, client_context: gevent.ssl.SSLContext
) -> None:
    with serving(echo, server_context) as server:
        connection = Connection.open(server.url, ssl_context=client_context)
        assert connection.timings.tls_ms is not None
        assert connection.timings.tls_ms > 0
        assert [message.text for message in connection.read(PATIENCE_S)] == ["welcome"]
        for content in ("small", MUCH):
            connection.send_text(content)
            (message,) = connection.read(PATIENCE_S)
            assert message.text == content
        connection.close()
        assert [message.kind for message in connection.read()] == ["close"]


def test_the_end_of_tls_without_a_close_frame_is_not_clean(
    server_context: gevent.ssl.SSLContext, client_context: gevent.ssl.SSLContext
) -> None:
    with serving(lambda peer: peer.upgrade(), server_context) as server:
        connection = Connection.open(server.url, ssl_context=client_context)
        with pytest.raises(ConnectionLost) as lost:
            connection.read(PATIENCE_S)
        assert not lost.value.clean


def test_a_read_over_tls_times_out(
    server_context: gevent.ssl.SSLContext, client_context: gevent.ssl.SSLContext
) -> None:
    with serving(echo, server_context) as server:
        connection = Connection.open(server.url, ssl_context=client_context)
        assert [message.text for message in connection.read(PATIENCE_S)] == ["welcome"]
        assert connection.read(0.02) == []
        connection.close()


def test_an_unknown_authority_is_refused_at_tls(server_context: gevent.ssl.SSLContext) -> None:
    def script(peer: Peer) -> None:
        raise AssertionError("the client trusted a stranger")

    listener_error: list[type[BaseException]] = []
    try:
        with serving(script, server_context) as server, pytest.raises(ConnectRefused) as refused:
            Connection.open(server.url, ssl_context=gevent.ssl.create_default_context())
    except gevent.ssl.SSLError as error:  # what the server sees of it
        listener_error.append(type(error))
    assert (refused.value.stage, refused.value.status) == ("tls", None)
    assert "certificate not accepted" in refused.value.detail
    assert "s3cret" not in str(refused.value)
    assert listener_error


def test_a_server_without_tls_is_refused_at_tls(client_context: gevent.ssl.SSLContext) -> None:
    def script(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serving(script) as server, pytest.raises(ConnectRefused) as refused:
        Connection.open(server.url.replace("ws://", "wss://"), ssl_context=client_context)
    assert refused.value.stage == "tls"


def test_a_server_that_says_nothing_is_refused_at_tls_in_time(client_context: gevent.ssl.SSLContext) -> None:
    with serving(Peer.wait_for_end) as server, pytest.raises(ConnectRefused, match="in time") as refused:
        Connection.open(server.url.replace("ws://", "wss://"), ssl_context=client_context, timeout_s=0.1)
    assert refused.value.stage == "tls"
