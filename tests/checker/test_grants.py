"""What ``python -m config grants`` writes, run as it is: with it the checker reads everything, with less it says so."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
import redis

from checker.scan import RightsMissing, StoreScan
from config.grants import READ_COMMANDS, READER, grants, redis_reader
from config.stores import RedisBudget, RedisStore
from target.embedded.postgres import EmbeddedPostgres
from tests.checker.store_worlds import A, B, canary, execute, fill_redis, marked_world, tenant, who
from tests.config.profiles import reference

SECRET = "for-tests-only"


def statements(url: str, *, managed: bool) -> str:
    """The SQL for the database of this URL."""
    text = grants(reference(POSTGRES_URL=url), managed=managed)
    return text[: text.index("# Redis")]


@pytest.fixture
def guarded(fresh_database: str, postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """A database with row security, several schemas and a leak; the role that was granted rights goes with it."""
    execute(
        fresh_database,
        "CREATE SCHEMA app",
        "CREATE TABLE app.notes (owner uuid, body text)",
        "CREATE TABLE budgets (owner uuid, remaining bigint)",
        f"INSERT INTO app.notes VALUES ('{tenant(B)}', '{canary(A)}')",
        *[
            statement
            for table in ("app.notes", "budgets")
            for statement in (
                f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
                f"CREATE POLICY own ON {table} USING (owner::text = current_setting('app.tenant', true))",
            )
        ],
    )
    yield fresh_database
    execute(fresh_database, f"DROP OWNED BY {READER}", f"DROP ROLE {READER}")


def reader(url: str) -> str:
    execute(url, f"ALTER ROLE {READER} PASSWORD '{SECRET}'")
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{READER}:{SECRET}@{parts.netloc.rpartition('@')[2]}"))


@pytest.mark.parametrize("managed", [False, True])
def test_with_the_grants_for_postgres_everything_is_read_and_nothing_can_be_written(
    guarded: str, managed: bool
) -> None:
    execute(guarded, statements(guarded, managed=managed))
    scan = marked_world().postgres(reader(guarded))
    assert ([who(finding) for finding in scan.findings], scan.skipped) == ([(A, B, "app.notes", 1)], [])
    with pytest.raises(psycopg2.Error):
        execute(reader(guarded), "SET default_transaction_read_only = off", "DELETE FROM app.notes")


def test_a_policy_that_restricts_is_seen_and_named(guarded: str) -> None:
    """Then the policy that opens a table does not show all of it: the checker must not believe it."""
    execute(guarded, statements(guarded, managed=True))
    execute(guarded, "CREATE POLICY part ON app.notes AS RESTRICTIVE FOR SELECT USING (body <> 'secret')")
    scan = marked_world().postgres(reader(guarded))
    assert scan.findings == []
    assert len(scan.skipped) == 1 and "app.notes" in scan.skipped[0] and "row security" in scan.skipped[0]


def test_a_table_that_came_later_is_named(guarded: str) -> None:
    execute(guarded, statements(guarded, managed=True))
    execute(guarded, "CREATE TABLE app.later (a text)", "ALTER TABLE app.later ENABLE ROW LEVEL SECURITY")
    (sentence,) = marked_world().postgres(reader(guarded)).skipped
    assert "app.later" in sentence


def fill(client: Any) -> None:
    name = tenant(B)
    client.set(f"doc:{name}", canary(A))
    client.set(f"budget:{name}", 12)
    client.set(f"long:{name}", "x" * 200_000)
    client.hset(f"hash:{name}", mapping={str(n): "x" * 50 for n in range(3000)})
    client.rpush(f"list:{name}", *["x" * 50] * 3000)
    client.sadd(f"set:{name}", *[f"{n:050}" for n in range(3000)])
    client.zadd(f"zset:{name}", {f"{n:050}": n for n in range(3000)})
    for number in range(1500):
        client.xadd(f"stream:{name}", {"n": "x" * 50, "i": number})
    client.xgroup_create(f"stream:{name}", "workers")


def by_reader(url: str, *withheld: str) -> str:
    """The URL of a user with the granted rules, but for these commands."""
    rules = [rule for rule in redis_reader(RedisStore.model_validate({"url": url})).split() if rule[1:] not in withheld]
    with redis.Redis.from_url(url) as client:
        client.execute_command("ACL", "SETUSER", READER, rules[0], "on", f">{SECRET}", *rules[2:])
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{READER}:{SECRET}@{parts.hostname}:{parts.port}"))


@pytest.fixture(params=["small server", "large server"])
def filled(request: pytest.FixtureRequest, fresh_redis: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    fill_redis(fresh_redis, fill)
    if request.param == "large server":
        monkeypatch.setattr("checker.redis_scan.SMALL_SERVER_BYTES", 0)
        monkeypatch.setattr("checker.redis_elements.LARGE_BYTES", 64 * 1024)
    yield fresh_redis
    with redis.Redis.from_url(fresh_redis) as client:
        client.execute_command("ACL", "DELUSER", READER)


def scanned(url: str) -> StoreScan:
    budgets = [RedisBudget(key="budget:{tenant}"), RedisBudget(key="hash:{tenant}", field="nothing")]
    return marked_world().redis(url, budgets=budgets)


def test_with_the_acl_line_every_key_is_read_and_nothing_can_be_written(filled: str) -> None:
    url = by_reader(filled)
    scan = scanned(url)
    assert (scan.skipped, scan.units, len(scan.findings)) == ([], 8, 1)
    with redis.Redis.from_url(url) as client, pytest.raises(redis.exceptions.NoPermissionError):
        client.set("anything", 1)


@pytest.mark.parametrize("command", READ_COMMANDS)
def test_each_command_that_is_withheld_is_missed_by_name_or_made_up_for(filled: str, command: str) -> None:
    whole = scanned(by_reader(filled))
    url = by_reader(filled, command)
    try:
        scan = scanned(url)
    except RightsMissing as error:
        assert "grant" in str(error)
        return
    complete = (scan.units, scan.elements, len(scan.findings)) == (whole.units, whole.elements, len(whole.findings))
    assert scan.skipped or complete


def test_the_line_is_a_command_for_a_shell(fresh_redis: str, tmp_path: Any) -> None:
    """Run with a stand-in for redis-cli, which most machines with these tests don't have."""
    stand_in = tmp_path / "redis-cli"
    stand_in.write_text("#!/bin/sh\ncat\n")
    stand_in.chmod(0o755)
    text = grants(reference())
    (line,) = [line for line in text.splitlines() if f"ACL SETUSER {READER} " in line]
    said = subprocess.run(
        ["sh", "-c", line],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "CHECKER_PASSWORD": SECRET},
        capture_output=True,
        text=True,
        check=True,
    )
    with redis.Redis.from_url(fresh_redis) as client:
        assert client.execute_command(*said.stdout.split()) in (b"OK", "OK", True)
        client.execute_command("ACL", "DELUSER", READER)
