"""Values too large for memory, and collections of many elements."""

from __future__ import annotations

import gzip
import random
from typing import Any

import pytest

from checker.redis_elements import WINDOW_BYTES
from evidence.marks import Mark, MarkKind
from tests.checker.store_worlds import (
    EARLIER,
    A,
    B,
    C,
    canary,
    fill_redis,
    marked_world,
    message,
    tenant,
    who,
)


@pytest.mark.usefixtures("large_server")
@pytest.mark.parametrize("shift", range(-40, 8, 4))
def test_a_mark_across_the_border_of_two_windows_is_found_once(fresh_redis: str, shift: int) -> None:
    before = WINDOW_BYTES + shift
    text = "x" * before + canary(A) + "y" * WINDOW_BYTES + message(B)
    fill_redis(fresh_redis, lambda client: client.set(f"doc:{tenant(B)}", text))
    scan = marked_world().redis(fresh_redis)
    assert [who(finding) for finding in scan.findings] == [(A, B, "doc:*", 1)]
    assert scan.units == scan.elements == 1
    assert (MarkKind.MESSAGE, B, 1) in scan.own_marks


@pytest.mark.usefixtures("any_server")
def test_a_large_string_is_one_place_over_all_its_windows(fresh_redis: str) -> None:
    text = f'{{"user_id": "{tenant(B)}", "pad": "{"x" * 3 * WINDOW_BYTES}", "note": "{canary(A)}"}}'
    fill_redis(fresh_redis, lambda client: client.set("doc:9", text))
    scan = marked_world().redis(fresh_redis)
    assert [who(finding) for finding in scan.findings] == [(A, B, "doc:*", 1)]


@pytest.mark.usefixtures("any_server")
def test_packed_data_that_is_read_in_windows_only_is_named_and_never_called_clean(
    fresh_redis: str, request: pytest.FixtureRequest
) -> None:
    packed = gzip.compress(random.Random(1).randbytes(2 * WINDOW_BYTES) + canary(A).encode())
    fill_redis(fresh_redis, lambda client: client.set(f"doc:{tenant(B)}", packed))
    scan = marked_world().redis(fresh_redis)
    if request.node.callspec.params["any_server"] == "large":
        assert "was not read whole" in scan.skipped[0] and tenant(B) in scan.skipped[0]
    else:
        assert ([who(finding) for finding in scan.findings], scan.skipped) == ([(A, B, "doc:*", 1)], [])


@pytest.mark.usefixtures("any_server")
@pytest.mark.parametrize("kind", ["hash", "list", "set", "zset", "stream"])
def test_a_large_collection_is_read_whole_in_chunks(fresh_redis: str, kind: str) -> None:
    key, values = f"big:{tenant(B)}", [f"{index:05d} {'x' * 60} {canary(B, index)}" for index in range(5000)]
    values[3210] = f"03210 {canary(A)}"

    def fill(client: Any) -> None:
        pipe = client.pipeline(transaction=False)
        for index, value in enumerate(values):
            if kind == "hash":
                pipe.hset(key, f"f{index}", value)
            elif kind == "list":
                pipe.rpush(key, value)
            elif kind == "set":
                pipe.sadd(key, value)
            elif kind == "zset":
                pipe.zadd(key, {value: index})
            else:
                pipe.xadd(key, {"body": value})
        pipe.execute()

    fill_redis(fresh_redis, fill)
    scan = marked_world().redis(fresh_redis)
    assert [who(finding) for finding in scan.findings] == [(A, B, "big:*", 1)]
    assert (scan.units, scan.elements, scan.skipped) == (1, 5000, [])
    assert len(scan.own_marks) == 5000  # all but one, and the key's name


def test_elements_of_an_earlier_run_are_found_one_by_one(fresh_redis: str) -> None:
    old, gone = EARLIER.mint_canary(Mark(MarkKind.PROMPT, A, 1)), EARLIER.mint_id(Mark(MarkKind.TENANT, A))

    def fill(client: Any) -> None:
        client.rpush(f"log:{tenant(B)}", canary(B), gzip.compress((old * 3).encode()), "nothing")
        client.rpush("mixed", canary(B), old, f"{canary(C)} {old}")
        client.set(f"doc:{gone}", canary(C))

    fill_redis(fresh_redis, fill)
    scan = marked_world().redis(fresh_redis)
    assert sorted((who(f) for f in scan.findings), key=str) == [
        (C, None, "doc:*", 1),
        (None, B, "log:*", 1),
        (None, C, "mixed", 1),
    ]


def test_a_large_string_with_an_earlier_runs_mark_is_one_place(fresh_redis: str) -> None:
    old = EARLIER.mint_canary(Mark(MarkKind.PROMPT, A, 1))
    value = canary(B) + " " * (10 * 1024 * 1024) + old
    fill_redis(fresh_redis, lambda client: client.set("large", value))
    assert [who(f) for f in marked_world().redis(fresh_redis).findings] == [(None, B, "large", 1)]
