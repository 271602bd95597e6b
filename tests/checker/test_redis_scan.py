from __future__ import annotations

import os
import subprocess
import time
from typing import Any

import pytest

from config.stores import RedisBudget
from evidence.marks import Mark, MarkKind
from tests.checker.store_worlds import (
    EARLIER,
    HOLDER,
    PLANTED,
    A,
    B,
    C,
    canary,
    fill_every_shape,
    fill_redis,
    marked_world,
    named_world,
    tenant,
    thread,
    who,
)


@pytest.mark.usefixtures("any_server")
def test_fifty_tenants_in_every_shape_are_clean_and_all_their_marks_are_found(fresh_redis: str) -> None:
    tenants = range(1, 51)
    fill_redis(fresh_redis, lambda client: fill_every_shape(client, tenants))
    began_s = time.time()
    scan = marked_world(tenants).redis(fresh_redis)
    assert began_s <= scan.read_at_s <= time.time()
    assert [who(finding) for finding in scan.findings] == []
    assert scan.skipped == []
    assert scan.units == 8 * 50 + 6
    assert scan.unattributed == 1  # config:model
    assert scan.containers == {"string": 101, "hash": 101, "list": 51, "set": 51, "zset": 51, "stream": 51}
    for number in tenants:
        sequences = {sequence for kind, owner, sequence in scan.own_marks if (kind, owner) == (MarkKind.PROMPT, number)}
        assert sequences == {1, 2, 3, 4, 5, 6, 7, 8, 10}


@pytest.mark.parametrize(
    ("fill", "group", "place", "reproduce"),
    [
        (
            lambda c: c.set(f"doc:{tenant(B)}", f'{{"note": "{canary(A)}"}}'),
            "doc:*",
            f"redis key 'doc:{tenant(B)}'",
            f"GET doc:{tenant(B)}",
        ),
        (
            lambda c: c.hset(f"agent_state:{tenant(B)}", "state", f'{{"n": "{canary(A)}"}}'),
            "agent_state:*",
            f"redis key 'agent_state:{tenant(B)}' field 'state'",
            f"HGET agent_state:{tenant(B)} state",
        ),
        (
            lambda c: c.hset("plans", tenant(B), canary(A)),
            "plans",
            f"redis key 'plans' field '{tenant(B)}'",
            f"HGET plans {tenant(B)}",
        ),
        (
            lambda c: c.rpush(f"q:{tenant(B)}", "x", f"say {canary(A)}"),
            "q:*",
            f"redis key 'q:{tenant(B)}' element 1",
            f"LINDEX q:{tenant(B)} 1",
        ),
        (
            lambda c: c.sadd(f"friends:{tenant(B)}", tenant(A)),
            "friends:*",
            f"redis key 'friends:{tenant(B)}' member '{tenant(A)}'",
            f"SMEMBERS friends:{tenant(B)}",
        ),
        (
            lambda c: c.zadd(f"z:{tenant(B)}", {canary(A): 1}),
            "z:*",
            f"redis key 'z:{tenant(B)}' member '{canary(A)}'",
            f"ZRANGE z:{tenant(B)} 0 -1",
        ),
        (
            lambda c: c.xadd("events", {"user_id": tenant(B), "body": canary(A)}, id="99999999999999-1"),
            "events",
            "redis key 'events' entry 99999999999999-1",
            "XRANGE events 99999999999999-1 99999999999999-1",
        ),
        (
            lambda c: c.hset("session:77", mapping={"user_id": tenant(B), "last": canary(A)}),
            "session:*",
            "redis key 'session:77' field 'last'",
            "HGET session:77 last",
        ),
        (
            lambda c: c.set("doc:1", f'{{"user_id": "{tenant(B)}", "content": "{canary(A)}"}}'),
            "doc:*",
            "redis key 'doc:1'",
            "GET doc:1",
        ),
        (
            lambda c: c.set(f"reply:{thread(B)}", canary(A)),
            "reply:*",
            f"redis key 'reply:{thread(B)}'",
            f"GET reply:{thread(B)}",
        ),
        (
            lambda c: c.set(f"cache:{tenant(B)}", f'["tenant-{A}@example.test"]'),
            "cache:*",
            f"redis key 'cache:{tenant(B)}'",
            f"GET cache:{tenant(B)}",
        ),
    ],
)
def test_one_value_of_another_is_exactly_one_finding(
    fresh_redis: str, fill: Any, group: str, place: str, reproduce: str
) -> None:
    world = marked_world()
    world.learnt[thread(B)] = B
    fill_redis(fresh_redis, lambda client: fill_every_shape(client, range(1, 4)))
    fill_redis(fresh_redis, fill)
    scan = world.redis(fresh_redis)
    assert [who(finding) for finding in scan.findings] == [(A, B, group, 1)]
    first = scan.findings[0].first
    assert first.place == place
    assert first.reproduce == f'redis-cli -u "$REDIS_URL" {reproduce}'
    assert str(A) in first.detail and str(B) in first.detail


def test_the_excerpt_shows_the_mark_in_full_and_little_else(fresh_redis: str) -> None:
    text = "x" * 500 + canary(A) + "y" * 500
    fill_redis(fresh_redis, lambda client: client.set(f"doc:{tenant(B)}", text))
    excerpt = marked_world().redis(fresh_redis).findings[0].first.excerpt
    assert canary(A) in excerpt
    assert len(excerpt) < 120


def test_a_key_named_after_two_tenants_is_a_finding_unless_it_is_shared(fresh_redis: str) -> None:
    key = f"room:{tenant(A)}:{tenant(B)}"
    fill_redis(fresh_redis, lambda client: client.set(key, canary(B)))
    assert [who(f) for f in marked_world().redis(fresh_redis).findings] == [(B, A, "room:*:*", 2)]
    shared = marked_world().redis(fresh_redis, shared=["room:*"])
    assert shared.findings == []
    assert shared.containers == {"string (shared)": 1}
    assert (MarkKind.PROMPT, B, 1) in shared.own_marks


def test_names_that_are_no_marks_count_as_delimited_segments_only(fresh_redis: str) -> None:
    world = named_world({1: "t1", 10: "t10", 11: "t1-a", 12: "acme.corp"})

    def fill(client: Any) -> None:
        client.set("ctx:t10:x", canary(10))
        client.set("ctx:t1:x", canary(1))
        client.set("ctx/t1-a/x", canary(11))
        client.set("ctx|acme.corp", canary(12))
        client.hset("plans", mapping={"t1": canary(1, 2), "t10": canary(10, 2)})
        client.set("doc:1", f'{{"user_id": "t10", "text": "{canary(10, 3)}"}}')

    fill_redis(fresh_redis, fill)
    clean_scan = world.redis(fresh_redis)
    assert [who(f) for f in clean_scan.findings] == []
    assert clean_scan.unattributed == 0
    fill_redis(fresh_redis, lambda client: client.set("ctx:t1:y", canary(10)))
    assert [who(f) for f in world.redis(fresh_redis).findings] == [(10, 1, "ctx:*:y", 1)]


def test_names_of_digits_count_only_where_tenants_are_said_to_stand(fresh_redis: str) -> None:
    world = named_world({17: "17", 18: "18"})

    def fill(client: Any) -> None:
        client.set("page:18", canary(17))
        client.hset("stats:day", mapping={"count": "18", "note": canary(17, 2)})
        client.set("user_context:18", canary(17, 3))

    fill_redis(fresh_redis, fill)
    scan = world.redis(fresh_redis)
    assert [who(f) for f in scan.findings] == [(17, 18, "user_context:*", 1)]


def test_names_that_differ_only_in_case_stay_apart(fresh_redis: str) -> None:
    world = named_world({1: "Acme", 2: "acme"})
    fill_redis(fresh_redis, lambda c: (c.set("ctx:Acme", canary(1)), c.set("ctx:acme", canary(2))))
    assert world.redis(fresh_redis).findings == []


def test_a_consumer_group_named_after_another_tenant_is_found(fresh_redis: str) -> None:
    def fill(client: Any) -> None:
        client.xadd(f"events:{tenant(B)}", {"a": "b"})
        client.xgroup_create(f"events:{tenant(B)}", tenant(A))

    fill_redis(fresh_redis, fill)
    scan = marked_world().redis(fresh_redis)
    assert [who(finding) for finding in scan.findings] == [(A, B, "events:*", 1)]
    assert scan.units == 1


def test_the_planted_control_is_told_apart_from_leaks(fresh_redis: str) -> None:
    def fill(client: Any) -> None:
        client.hset(f"user_context:{tenant(HOLDER)}", "project", canary(PLANTED))
        client.hset(f"user_context:{tenant(C)}", "project", canary(PLANTED))

    fill_redis(fresh_redis, fill)
    scan = marked_world().redis(fresh_redis)
    assert [who(f) for f in scan.control_findings] == [(PLANTED, HOLDER, "user_context:*", 1)]
    assert [who(f) for f in scan.findings] == [(PLANTED, C, "user_context:*", 1)]


def test_marks_of_an_earlier_run_lie_in_a_tenants_place_or_are_only_counted(fresh_redis: str) -> None:
    old = EARLIER.mint_canary(Mark(MarkKind.PROMPT, A, 1))
    fill_redis(fresh_redis, lambda c: (c.set(f"doc:{tenant(B)}", old), c.set("doc:old", old)))
    scan = marked_world().redis(fresh_redis)
    assert [who(f) for f in scan.findings] == [(None, B, "doc:*", 1)]
    assert (scan.earlier_runs, scan.unattributed) == (2, 0)
    assert "of a tenant of an earlier run; the place is that of tenant" in scan.findings[0].first.detail


def test_budgets_are_read_by_tenant(fresh_redis: str) -> None:
    def fill(client: Any) -> None:
        client.set(f"budget:{tenant(A)}", 1234)
        client.hset(f"wallet:{tenant(B)}", "left", "77")
        client.set(f"budget:{tenant(B)}", "none")

    fill_redis(fresh_redis, fill)
    budgets = [RedisBudget(key="budget:{tenant}"), RedisBudget(key="wallet:{tenant}", field="left")]
    scan = marked_world([A, B]).redis(fresh_redis, budgets=budgets)
    assert scan.budget_places == ["redis budget:{tenant}", "redis wallet:{tenant} field left"]
    assert scan.amounts == {("redis budget:{tenant}", A): 1234, ("redis wallet:{tenant} field left", B): 77}
    assert len(scan.skipped) == 1 and "whole number" in scan.skipped[0] and tenant(B) in scan.skipped[0]


def test_expired_keys_are_no_false_alarm(fresh_redis: str) -> None:
    def fill(client: Any) -> None:
        for index in range(200):
            client.set(f"short:{index}", "x", px=1)
        client.set("long", "x")

    fill_redis(fresh_redis, fill)
    assert marked_world().redis(fresh_redis).skipped == []


def test_memory_stays_bounded_when_everything_leaks(fresh_redis: str) -> None:
    def fill(client: Any) -> None:
        client.mset({f"doc:{tenant(B)}:{index}": canary(A, index) for index in range(20_000)})

    fill_redis(fresh_redis, fill)
    scan = marked_world().redis(fresh_redis)
    assert [who(f) for f in scan.findings] == [(A, B, "doc:*:*", 20_000)]
    assert len(scan.findings[0].places) == 5


def test_the_shown_command_shows_it_again(fresh_redis: str) -> None:
    key = f"it's {tenant(B)} & \u00fc"
    fill_redis(fresh_redis, lambda client: client.hset(key, "a b", canary(A)))
    command = marked_world().redis(fresh_redis).findings[0].first.reproduce
    arguments = subprocess.run(
        ["bash", "-c", command.replace("redis-cli", "printf '%s\\n'")],
        env={"REDIS_URL": "unused", "PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert arguments.splitlines() == ["-u", "unused", "HGET", key, "a b"]
