"""What a user may not read is named, and nothing is written."""

from __future__ import annotations

import os
from typing import Any

import pytest
import redis

from checker.scan import RightsMissing
from tests.checker.store_worlds import (
    A,
    B,
    canary,
    fill_every_shape,
    fill_redis,
    marked_world,
    tenant,
    who,
)


def _user(url: str, *rules: str) -> str:
    name, password = f"user{os.getpid()}", "hunter2hunter2"
    with redis.Redis.from_url(url) as client:
        client.execute_command("ACL", "SETUSER", name, "reset", "on", f">{password}", *rules)
    return url.replace("redis://:", f"redis://{name}:").replace(url.split(":")[2].split("@")[0], password)


def test_an_acl_user_that_may_read_is_enough(fresh_redis: str) -> None:
    fill_redis(fresh_redis, lambda client: fill_every_shape(client, range(1, 4)))
    scan = marked_world().redis(_user(fresh_redis, "~*", "+@read", "+@connection", "+info", "+memory|usage"))
    assert (scan.units, scan.skipped, scan.findings) == (30, [], [])


@pytest.mark.usefixtures("any_server")
def test_a_key_that_may_not_be_read_is_skipped_and_named_and_the_others_are_read(fresh_redis: str) -> None:
    def fill(client: Any) -> None:
        client.set("secret:1", "x")
        client.set(f"doc:{tenant(B)}", canary(A))

    fill_redis(fresh_redis, fill)
    scan = marked_world().redis(_user(fresh_redis, "~doc:*", "+@all"))
    assert [who(f) for f in scan.findings] == [(A, B, "doc:*", 1)]
    assert len(scan.skipped) == 1 and "secret:1" in scan.skipped[0]


def test_a_user_that_may_not_scan_is_told_what_to_grant(fresh_redis: str) -> None:
    with pytest.raises(RightsMissing, match="grant") as caught:
        marked_world().redis(_user(fresh_redis, "~*", "+get", "+ping", "+select", "+dbsize", "+info"))
    assert "hunter2" not in str(caught.value)


@pytest.mark.usefixtures("any_server")
def test_nothing_is_written(fresh_redis: str) -> None:
    fill_redis(fresh_redis, lambda client: fill_every_shape(client, range(1, 4)))
    with redis.Redis.from_url(fresh_redis) as client:
        client.config_resetstat()
        marked_world().redis(fresh_redis)
        used = {name.removeprefix("cmdstat_") for name in client.info("commandstats")}
    allowed = {"scan", "type", "mget", "strlen", "hgetall", "lrange", "smembers", "zrange", "xrange", "dbsize", "info"}
    assert used <= allowed | {
        "memory|usage",
        "xinfo|groups",
        "auth",
        "ping",
        "select",
        "config|resetstat",
        "hello",
        "client|setinfo",
    }
