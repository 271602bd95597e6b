from __future__ import annotations

import ssl

import hiredis
import pytest

from checker.redis_wire import RedisWire, parse_address
from checker.scan import StoreNotUnderstood


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
