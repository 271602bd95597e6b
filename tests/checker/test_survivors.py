"""What is left of removed tenants in real stores."""

from __future__ import annotations

import base64

import redis
from pydantic import SecretStr

from checker.postgres_scan import scan_postgres
from checker.redis_scan import scan_redis
from checker.scan import Roster, StoreScan
from config.stores import PostgresStore, RedisStore
from evidence.findings import FindingKind, Severity
from tests.checker.store_worlds import (
    KEYRING,
    A,
    B,
    World,
    canary,
    execute,
    fill_redis,
    ignore_progress,
    marked_world,
    tenant,
    thread,
)  # fmt: skip


def gone(world: World, *removed: int) -> Roster:
    roster = world.roster()
    return Roster(roster.names, roster.numbers, roster.learnt, frozenset(removed))


def in_redis(url: str, *removed: int, kept: tuple[str, ...] = (), shared: tuple[str, ...] = ()) -> StoreScan:
    world = marked_world()
    world.learnt[thread(A)] = A
    store = RedisStore(url=SecretStr(url), kept=kept, shared=shared)
    return scan_redis(store, KEYRING, gone(world, *removed), ignore_progress)


def in_postgres(url: str, *removed: int, kept: tuple[str, ...] = (), shared: tuple[str, ...] = ()) -> StoreScan:
    world = marked_world()
    world.learnt[thread(A)] = A
    store = PostgresStore(url=SecretStr(url), kept=kept, shared=shared)
    return scan_postgres(store, KEYRING, gone(world, *removed), ignore_progress)


def survivors(scan: StoreScan, severity: Severity = Severity.LEAK) -> set[tuple[str, int]]:
    left = [f for f in scan.findings if f.kind is FindingKind.SURVIVED_DELETE and f.severity is severity]
    assert all((finding.owner, finding.recipient) == (A, None) for finding in left)
    assert all(finding.first.reproduce and finding.first.excerpt for finding in left)
    return {(finding.group, finding.count) for finding in left}


def fill(client: redis.Redis) -> None:
    for number in (A, B):
        client.set(f"budget:{tenant(number)}", "5")
        client.hset(f"archive:{tenant(number)}", mapping={"state": canary(number), "context": canary(number, 2)})
        client.sadd("known", tenant(number))
        client.lpush("recent", canary(number, 3))
        client.hset(f"record:{number}", mapping={"owner": tenant(number), "text": canary(number, 4)})
    client.set(f"events:{thread(A)}", "an id the service handed out")
    client.set("nobody", "nothing")


def test_everything_of_a_removed_tenant_in_redis_is_seen_and_nothing_of_others(fresh_redis: str) -> None:
    fill_redis(fresh_redis, fill)
    scan = in_redis(fresh_redis, A)
    assert survivors(scan) == {
        ("budget:*", 1), ("archive:*", 1), ("known", 1), ("recent", 1), ("record:*", 2), ("events:*", 1),
    }  # fmt: skip
    assert scan.removed == {A}
    assert len(scan.findings) == len(survivors(scan))
    assert survivors(in_redis(fresh_redis)) == set()


def test_what_is_kept_on_purpose_in_redis_is_no_survivor_and_what_is_shared_a_suspicion(fresh_redis: str) -> None:
    fill_redis(fresh_redis, fill)
    kept = in_redis(fresh_redis, A, kept=("archive:*", "record:*"), shared=("known", "recent"))
    assert survivors(kept) == {("budget:*", 1), ("events:*", 1)}
    assert survivors(kept, Severity.SUSPICION) == {("known (shared)", 1), ("recent (shared)", 1)}
    both = in_redis(fresh_redis, A, kept=("recent",), shared=("known", "recent", "archive:*"))
    assert survivors(both, Severity.SUSPICION) == {("known (shared)", 1), ("archive:* (shared)", 3)}
    assert survivors(in_redis(fresh_redis, shared=("known", "recent")), Severity.SUSPICION) == set()


def test_a_removed_tenant_s_data_at_another_s_is_misfiled_and_not_its_place(fresh_redis: str) -> None:
    fill_redis(fresh_redis, lambda client: client.set(f"state:{tenant(B)}", canary(A)))
    scan = in_redis(fresh_redis, A)
    assert [(f.kind, f.owner, f.recipient) for f in scan.findings] == [(FindingKind.MISFILED_DATA, A, B)]


def test_everything_of_a_removed_tenant_in_postgres_is_seen_and_nothing_of_others(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE archive (id int PRIMARY KEY, owner text, body text)",
        "CREATE TABLE steps (id int PRIMARY KEY, archive_id int REFERENCES archive)",
        "CREATE TABLE invoices (id int PRIMARY KEY, owner text)",
        "CREATE TABLE runs (id int PRIMARY KEY, thread text)",
        "CREATE TABLE coded (body text)",
        *(f"INSERT INTO coded VALUES ('{base64.b64encode(canary(number).encode()).decode()}')" for number in (A, B)),
        *(
            statement
            for number in (A, B)
            for statement in (
                f"INSERT INTO archive VALUES ({number}, '{tenant(number)}', '{canary(number)}')",
                f"INSERT INTO steps VALUES ({number}, {number})",
                f"INSERT INTO invoices VALUES ({number}, '{tenant(number)}')",
            )
        ),
        f"INSERT INTO runs VALUES (1, '{thread(A)}')",
        f"SELECT lo_from_bytea(0, '{canary(A)}')",
    )
    everything = {("public.archive", 1), ("public.steps", 1), ("public.invoices", 1), ("public.runs", 1)}
    everything |= {("public.coded", 1)}
    scan = in_postgres(fresh_database, A)
    assert survivors(scan) == everything | {("large objects", 1)}
    assert len(scan.findings) == 6
    kept = in_postgres(fresh_database, A, kept=("invoices", "pg_largeobject", "coded"), shared=("archive",))
    assert survivors(kept) == {("public.runs", 1)}
    assert survivors(kept, Severity.SUSPICION) == {("public.archive (shared)", 2)}
    shared = in_postgres(
        fresh_database, A, shared=("archive", "pg_largeobject", "runs", "invoices", "coded"), kept=("invoices",)
    )
    assert survivors(shared, Severity.SUSPICION) == {
        ("public.archive (shared)", 2), ("public.runs (shared)", 1), ("large objects (shared)", 1),
        ("public.coded (shared)", 1),
    }  # fmt: skip
    assert survivors(in_postgres(fresh_database)) == set()
