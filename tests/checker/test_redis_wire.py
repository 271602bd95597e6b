from __future__ import annotations

import socket
import ssl
import threading

import hiredis
import pytest

from checker.redis_wire import RedisWire, parse_address
from checker.scan import StoreNotUnderstood, StoreRefused, StoreUnreachable
from tests.checker.store_worlds import marked_world


def test_a_url_is_read_and_shown_without_credentials() -> None:
    address = parse_address("redis://us%40er:p%3Aw@db.test:7000/4")
    assert (address.host, address.port, address.database) == ("db.test", 7000, 4)
    assert (address.user, address.password, address.tls) == ("us@er", "p:w", None)
    assert address.where == "db.test:7000/4"


def test_parts_left_out_have_their_usual_values() -> None:
    address = parse_address("redis://")
    assert (address.where, address.user, address.password) == ("localhost:6379/0", "", "")
    assert parse_address("unix:///run/redis.sock?db=2").where == "/run/redis.sock/2"


@pytest.mark.parametrize(
    ("query", "mode", "hostname"),
    [
        ("", ssl.CERT_REQUIRED, True),
        ("?ssl_check_hostname=false", ssl.CERT_REQUIRED, False),
        ("?ssl_cert_reqs=none", ssl.CERT_NONE, False),
    ],
)
def test_tls_is_strict_unless_told_otherwise(query: str, mode: ssl.VerifyMode, hostname: bool) -> None:
    tls = parse_address(f"rediss://h{query}").tls
    assert tls is not None
    assert (tls.verify_mode, tls.check_hostname) == (mode, hostname)


def test_a_certificate_that_is_not_there_is_said() -> None:
    with pytest.raises(StoreNotUnderstood, match="certificate"):
        parse_address("rediss://h?ssl_ca_certs=/nowhere/ca.pem")


def test_replies_come_in_order_and_errors_among_them(fresh_redis: str) -> None:
    with RedisWire(parse_address(fresh_redis)) as wire:
        commands = [(b"ECHO", b"%d" % number) if number != 1500 else (b"NOSUCH",) for number in range(2500)]
        replies = list(wire.ask_all(commands))
    assert [reply for reply in replies if not isinstance(reply, hiredis.ReplyError)] == [
        b"%d" % number for number in range(2500) if number != 1500
    ]
    assert isinstance(replies[1500], hiredis.ReplyError)


def test_a_wrong_password_is_a_sentence_without_it(fresh_redis: str) -> None:
    url = fresh_redis.replace("redis://:", "redis://:not-it-")
    with pytest.raises(StoreRefused, match="password") as caught:
        marked_world().redis(url)
    assert "not-it" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_nobody_there_is_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        port = taken.getsockname()[1]
        with pytest.raises(StoreUnreachable, match="refused") as caught:
            marked_world().redis(f"redis://:pw-secret@127.0.0.1:{port}/0")
    assert "pw-secret" not in str(caught.value)


def test_a_server_that_is_no_redis_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread_ = threading.Thread(target=answer)
        thread_.start()
        with pytest.raises(StoreNotUnderstood):
            marked_world().redis(f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        thread_.join()


def test_tls_where_none_is_offered_is_a_sentence(fresh_redis: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checker.redis_wire.CONNECT_TIMEOUT_S", 0.5)  # the server waits for more of what it can't read
    with pytest.raises((StoreRefused, StoreUnreachable)):
        marked_world().redis(fresh_redis.replace("redis://", "rediss://"))


@pytest.mark.parametrize("url", ["http://x/", "redis://host:port/0", "redis://h/notanumber"])
def test_an_unusable_url_is_a_sentence(url: str) -> None:
    with pytest.raises(StoreNotUnderstood, match="redis://"):
        marked_world().redis(url)
