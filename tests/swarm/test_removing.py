from __future__ import annotations

import pytest
import redis

from config.profile import Profile
from swarm.minting import Mint
from swarm.undoing import Leaving, remove
from tests.fixtures_stores import MigratedDatabase
from tests.swarm.fixtures import KEY, profile_on
from tests.swarm.test_provisioning import Provisioning, column
from users.run import TenantNotRemoved


@pytest.fixture
def profile(fresh_redis: str, migrated_database: MigratedDatabase) -> Profile:
    return profile_on(fresh_redis, migrated_database.owner_url, provisioning__batch=3)


def test_one_tenant_is_removed_with_all_that_is_its_own_and_nobody_else(
    profile: Profile, fresh_redis: str, migrated_database: MigratedDatabase
) -> None:
    made = Provisioning(profile)
    gone = made.provisioner.take(short=False)
    stays = [row.name for row in made.tenants() if row.tenant != gone.number]
    with redis.Redis.from_url(fresh_redis, decode_responses=True) as client:
        client.set(f"session_events:{gone.name}:1", "an event")
        client.set(f"session_events:{stays[0]}:{gone.name}", "another's")
        assert made.provisioner.remove(gone) == 5
        assert sorted(client.keys("*" + gone.name + "*")) == [f"session_events:{stays[0]}:{gone.name}"]
        assert len(client.keys("budget:*")) == len(stays)
    for table, owner in (("users", "id"), ("budgets", "user_id"), ("secrets", "user_id")):
        assert column(migrated_database.owner_url, f"SELECT {owner} FROM {table}") == sorted(stays)


def test_who_is_not_there_any_more_is_not_removed_again(profile: Profile) -> None:
    made = Provisioning(profile)
    gone = made.provisioner.take(short=False)
    made.provisioner.remove(gone)
    with pytest.raises(TenantNotRemoved, match="nothing was there to be removed"):
        made.provisioner.remove(gone)


def test_a_store_that_refuses_is_named(fresh_redis: str, fresh_database: str) -> None:
    profile = profile_on(fresh_redis, fresh_database)
    made = Provisioning(profile)
    with pytest.raises(TenantNotRemoved, match='relation "users" does not exist'):
        made.provisioner.remove(Mint(profile, KEY).identity(1, short=False))
    assert made.failures == []


@pytest.mark.parametrize("others", [0, 10])
def test_names_mean_what_they_say_and_patterns_only_behind_them(fresh_redis: str, others: int) -> None:
    profile = profile_on(fresh_redis, "postgresql://nobody@127.0.0.1:1/x", provisioning__sql_remove=[])
    name = "t*[1]?"
    ours = {f"budget:{name}", f"session_events:{name}:a"}
    strangers = {"budget:t1", "budget:tx[1]y", "session_events:t1:a", f"session_events:{name}", "budget:t*[1]?2"}
    with redis.Redis.from_url(fresh_redis, decode_responses=True) as client:
        client.mset(dict.fromkeys(ours | strangers, "x"))
        names = [name, *(f"other-{number}" for number in range(others))]
        done = remove(profile, [Leaving([one], {}, 0, 0) for one in names])
        assert (done.keys, done.left) == (2, [])
        assert set(client.keys()) == strangers


def test_one_store_that_is_away_does_not_spare_the_other(
    profile: Profile, fresh_redis: str, migrated_database: MigratedDatabase
) -> None:
    made = Provisioning(profile)
    gone = made.provisioner.take(short=False)
    away = profile_on("redis://127.0.0.1:1/0", migrated_database.owner_url)
    done = remove(away, [Leaving([gone.name], {}, 0, 0)])
    assert done.rows == 1 and "connection refused" in done.left[0]
