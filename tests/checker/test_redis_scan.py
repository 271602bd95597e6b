from __future__ import annotations

import gzip
import os
import random
import subprocess
from typing import Any

import pytest
import redis

from checker.redis_elements import WINDOW_BYTES
from checker.scan import RightsMissing
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
    fill_redis,
    marked_world,
    message,
    named_world,
    tenant,
    thread,
    who,
)


def clean(client: Any, tenants: range) -> None:
    """Fifty tenants in every shape that a key can have."""
    pipe = client.pipeline(transaction=False)
    for number in tenants:
        name, mail = tenant(number), f"tenant-{number}@example.test"
        pipe.set(f"budget:{name}", 10**12 + number)
        pipe.set(f"doc:{name}", f'{{"user_id": "{name}", "note": "{canary(number, 1)}", "email": "{mail}"}}')
        pipe.hset(f"user_context:{name}", mapping={"project": canary(number, 2), "email": mail, "n": 1})
        pipe.hset(f"session:{number:04d}ab", mapping={"user_id": name, "last": canary(number, 3)})
        pipe.rpush(f"queue:{{{name}}}:in", canary(number, 4), message(number, 4))
        pipe.sadd(f"tags:{name}", canary(number, 5), "plain")
        pipe.zadd(f"recent:{name}", {canary(number, 6): 1.5, "plain": 2})
        pipe.xadd(f"session_events:{name}:s1", {"type": "reply", "body": f"text {canary(number, 7)}"})
        pipe.hset("plan_by_tenant", name, f'{{"plan": "pro", "note": "{canary(number, 8)}"}}')
        pipe.sadd("online", name)
        pipe.zadd("ranking", {name: number})
        pipe.rpush("audit", f'{{"who": "{name}", "what": "{message(number, 9)}"}}')
        pipe.xadd("events", {"user_id": name, "body": canary(number, 10)})
    pipe.set("config:model", "large")
    pipe.execute()


@pytest.fixture
def large_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that holds so much that a value could be large: keys are measured before they are read."""
    monkeypatch.setattr("checker.redis_scan.SMALL_SERVER_BYTES", 0)
    monkeypatch.setattr("checker.redis_elements.LARGE_BYTES", 64 * 1024)


@pytest.fixture(params=["small", "large"])
def any_server(request: pytest.FixtureRequest) -> None:
    if request.param == "large":
        request.getfixturevalue("large_server")


@pytest.mark.usefixtures("any_server")
def test_fifty_tenants_in_every_shape_are_clean_and_all_their_marks_are_found(fresh_redis: str) -> None:
    tenants = range(1, 51)
    fill_redis(fresh_redis, lambda client: clean(client, tenants))
    scan = marked_world(tenants).redis(fresh_redis)
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
    fill_redis(fresh_redis, lambda client: clean(client, range(1, 4)))
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


def _user(url: str, *rules: str) -> str:
    name, password = f"user{os.getpid()}", "hunter2hunter2"
    with redis.Redis.from_url(url) as client:
        client.execute_command("ACL", "SETUSER", name, "reset", "on", f">{password}", *rules)
    return url.replace("redis://:", f"redis://{name}:").replace(url.split(":")[2].split("@")[0], password)


def test_an_acl_user_that_may_read_is_enough(fresh_redis: str) -> None:
    fill_redis(fresh_redis, lambda client: clean(client, range(1, 4)))
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
    fill_redis(fresh_redis, lambda client: clean(client, range(1, 4)))
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
