from __future__ import annotations

import gevent
import psycopg2
import pytest
import redis
from gevent.event import Event

from config.profile import Profile
from evidence.budgets import BudgetBands
from evidence.marks import Keyring, MarkKind
from evidence.oracle import is_control, tenant_number
from evidence.records import Row, TenantProvisioned
from swarm.before import transactions_now
from swarm.provisioning import Provisioner
from tests.fixtures_stores import MigratedDatabase
from tests.swarm.fixtures import KEY, profile_on
from users.run import TenantUnavailable


class Provisioning:
    """A provisioner on real stores, and what it wrote down and complained of."""

    def __init__(self, profile: Profile, worker_index: int = 0) -> None:
        self.rows: list[Row] = []
        self.failures: list[str] = []
        self.provisioner = Provisioner(profile, KEY, "local", worker_index, self.rows.append, self.failures.append)

    def tenants(self) -> list[TenantProvisioned]:
        return [row for row in self.rows if isinstance(row, TenantProvisioned)]


@pytest.fixture
def profile(fresh_redis: str, migrated_database: MigratedDatabase) -> Profile:
    return profile_on(fresh_redis, migrated_database.owner_url, provisioning__batch=3)


def column(url: str, statement: str) -> list[str]:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return sorted(str(value) for (value,) in cursor.fetchall())
    finally:
        connection.close()


def test_tenants_are_made_in_batches_and_each_is_handed_out_once(
    profile: Profile, migrated_database: MigratedDatabase
) -> None:
    made = Provisioning(profile)
    taken = [made.provisioner.take(short=False) for _ in range(4)]

    assert [tenant.number for tenant in taken] == [tenant_number(0, ordinal) for ordinal in range(4)]
    names = [row.name for row in made.tenants()]
    assert len(names) == len(set(names)) == 6
    assert column(migrated_database.owner_url, "SELECT id FROM users") == sorted(names)


def test_who_is_made_beside_the_control_can_be_removed_again(
    profile: Profile, migrated_database: MigratedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ask for the stores' transaction at the same time, and the control gets its answer last."""
    made, asked, go_on = Provisioning(profile), Event(), Event()

    def ask(profile: Profile) -> dict[str, int]:
        if not asked.is_set():
            asked.set()
            go_on.wait()
        return transactions_now(profile)

    monkeypatch.setattr("swarm.provisioning.transactions_now", ask)
    control = gevent.spawn(made.provisioner.take_control)
    asked.wait(5)
    tenant = made.provisioner.take(short=False)
    go_on.set()
    control.get(timeout=5)

    assert made.provisioner.remove(tenant) > 0
    assert column(migrated_database.owner_url, f"SELECT id FROM users WHERE id = '{tenant.name}'") == []


def test_what_is_written_down_is_what_the_stores_hold(
    profile: Profile, fresh_redis: str, migrated_database: MigratedDatabase
) -> None:
    made = Provisioning(profile)
    tenant = made.provisioner.take(short=False)
    row = made.tenants()[0]
    keyring = Keyring(KEY)

    assert (row.tenant, row.name, row.budget, row.control) == (tenant.number, tenant.name, tenant.budget, False)
    with redis.Redis.from_url(fresh_redis, decode_responses=True) as client:
        assert client.get(f"budget:{tenant.name}") == str(tenant.budget)
        held = {**client.hgetall(f"user_context:{tenant.name}"), **client.hgetall(f"agent_state:{tenant.name}")}
    marks = {found.mark.kind.name for text in held.values() for found in keyring.find(text)}
    assert {f"{kind}:1" for kind in marks & {kind.name for kind in MarkKind if kind >= MarkKind.PROMPT}} == set(
        row.planted["redis"]
    )
    url = migrated_database.owner_url
    ours = f"user_id = '{tenant.name}'"
    assert column(url, f"SELECT remaining FROM budgets WHERE {ours}") == [str(tenant.budget)]
    texts = column(url, f"SELECT encrypted_value FROM secrets WHERE {ours}")
    texts += column(url, f"SELECT display_name FROM users WHERE id = '{tenant.name}'")
    found = [mark.mark for text in texts for mark in keyring.find(text)]
    assert {f"{mark.kind.name}:{mark.sequence}" for mark in found} == set(row.planted["postgres"])
    assert {mark.tenant for mark in found} == {tenant.number}


def test_a_short_budget_runs_out_and_names_nobody(profile: Profile) -> None:
    made = Provisioning(profile)
    short = made.provisioner.take(short=True)
    long = made.provisioner.take(short=False)
    bands = BudgetBands(KEY)

    assert short.short
    assert not long.short
    assert short.number != long.number
    assert bands.owner(short.budget) is None
    assert bands.owner(long.budget) == long.number
    cost = profile.operations.chat.cost
    assert short.budget // cost <= profile.workload.short_requests


def test_the_planted_control_holds_another_s_marks(profile: Profile, fresh_redis: str) -> None:
    made = Provisioning(profile)
    made.provisioner.plant_control()
    holder, planted = made.tenants()

    assert is_control(holder.tenant)
    assert is_control(planted.tenant)
    with redis.Redis.from_url(fresh_redis, decode_responses=True) as client:
        text = client.hget(f"user_context:{holder.name}", "project")
        assert not client.exists(f"user_context:{planted.name}")
    assert {found.mark.tenant for found in Keyring(KEY).find(str(text))} == {planted.tenant}


def test_two_workers_never_make_the_same_tenant(profile: Profile) -> None:
    first, second = Provisioning(profile), Provisioning(profile, worker_index=1)
    for made in (first, second):
        made.provisioner.take(short=False)
        made.provisioner.take_control()
    names = [row.name for made in (first, second) for row in made.tenants()]
    assert len(set(names)) == len(names)


def test_a_store_that_refuses_is_told_once_and_what_was_begun_is_written_down(
    fresh_redis: str, fresh_database: str
) -> None:
    made = Provisioning(profile_on(fresh_redis, fresh_database, provisioning__batch=3, provisioning__sql_remove=[]))
    for _ in range(2):
        with pytest.raises(TenantUnavailable, match='relation "users" does not exist'):
            made.provisioner.take(short=False)
    assert len(made.failures) == 1
    assert len(made.tenants()) == 3


def test_a_statement_with_an_unknown_placeholder_is_named(
    fresh_redis: str, migrated_database: MigratedDatabase
) -> None:
    statement = "INSERT INTO users (id, email) VALUES (%(tenant)s, %(mail)s)"
    made = Provisioning(profile_on(fresh_redis, migrated_database.owner_url, provisioning__sql_create=[statement]))
    with pytest.raises(TenantUnavailable, match=r"provisioning.sql_create names %\(mail\)s, which nothing fills"):
        made.provisioner.take(short=False)


def test_what_is_to_be_made_has_been_handed_over_before_it_is_made(
    profile: Profile, migrated_database: MigratedDatabase
) -> None:
    rows: list[Row] = []
    seen: list[tuple[int, int]] = []

    def flush() -> None:
        seen.append((len(rows), len(column(migrated_database.owner_url, "SELECT id FROM users"))))

    Provisioner(profile, KEY, "local", 0, rows.append, flush=flush).take(short=False)
    assert seen == [(3, 0)]
