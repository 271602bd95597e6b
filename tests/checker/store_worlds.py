"""Tenants, their marks and hand-written stores for the scanners' tests."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg2
import redis
from pydantic import SecretStr

from checker.postgres_scan import scan_postgres
from checker.redis_scan import scan_redis
from checker.scan import Roster, StoreScan
from config.stores import PostgresBudget, PostgresStore, RedisBudget, RedisStore
from evidence.findings import Finding
from evidence.marks import Keyring, Mark, MarkKind, RunKey
from evidence.oracle import control_pair

KEY = RunKey(b"k" * 32)
EARLIER = RunKey(b"e" * 32)
KEYRING = Keyring(KEY, [EARLIER])
A, B, C = 1, 2, 3
HOLDER, PLANTED = control_pair(0)


def tenant(number: int) -> str:
    """The tenant's id in the target: a mark."""
    return KEY.mint_id(Mark(MarkKind.TENANT, number))


def canary(number: int, sequence: int = 1, kind: MarkKind = MarkKind.PROMPT) -> str:
    return KEY.mint_canary(Mark(kind, number, sequence))


def message(number: int, sequence: int = 1) -> str:
    return KEY.mint_id(Mark(MarkKind.MESSAGE, number, sequence))


def thread(number: int, ordinal: int = 1) -> str:
    """An id that the service handed out: a random UUID to whoever looks at it."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"thread {number} {ordinal}"))


@dataclass
class World:
    """A roster under construction."""

    names: dict[int, str] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    learnt: dict[str, int] = field(default_factory=dict)

    def roster(self) -> Roster:
        numbers = {name.lower(): number for number, name in self.names.items()} | self.aliases
        return Roster(self.names, numbers, self.learnt)

    def redis(
        self,
        url: str,
        *,
        shared: Iterable[str] = (),
        budgets: Iterable[RedisBudget] = (),
        fields: Iterable[str] = (),
    ) -> StoreScan:
        store = RedisStore(url=SecretStr(url), shared=tuple(shared), budgets=tuple(budgets))
        return scan_redis(store, KEYRING, self.roster(), ignore_progress, fields)

    def postgres(
        self,
        url: str,
        *,
        shared: Iterable[str] = (),
        budgets: Iterable[PostgresBudget] = (),
        fields: Iterable[str] = (),
    ) -> StoreScan:
        store = PostgresStore(url=SecretStr(url), shared=tuple(shared), budgets=tuple(budgets))
        return scan_postgres(store, KEYRING, self.roster(), ignore_progress, fields)


def marked_world(tenants: Iterable[int] = (A, B, C, HOLDER, PLANTED)) -> World:
    """Tenants whose ids are marks, with an e-mail address each."""
    world = World()
    for number in tenants:
        world.names[number] = tenant(number)
        world.aliases[f"tenant-{number}@example.test"] = number
    return world


def named_world(names: dict[int, str]) -> World:
    """Tenants whose names are no marks."""
    return World(names=dict(names))


def ignore_progress(done: int, expected: int | None) -> None:
    assert done >= 0


def who(finding: Finding) -> tuple[int | None, int | None, str, int]:
    """Whose data, where it lay, the group and how often: what tests compare."""
    return finding.owner, finding.recipient, finding.group, finding.count


def fill_redis(url: str, fill: Callable[[redis.Redis], object]) -> None:
    with redis.Redis.from_url(url) as client:
        fill(client)


def execute(url: str, *statements: str) -> None:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def found(scan: StoreScan) -> list[tuple[int | None, int | None, str, int]]:
    """Whose data lies at whom, where, and how often."""
    return [who(finding) for finding in scan.findings]


def query(url: str, statement: str) -> list[tuple[str, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return [tuple(map(str, row)) for row in cursor.fetchall()]
    finally:
        connection.close()


def fill_every_shape(client: Any, tenants: range) -> None:
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
