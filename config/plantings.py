"""What is written into which store when a tenant is made there, and how it is removed again."""

from __future__ import annotations

from typing import NamedTuple

from config.postgres_store import PostgresStore
from config.profile import Profile
from config.redis_store import Command, RedisStore


class PostgresPlanting(NamedTuple):
    """A Postgres database, its name in the profile, and the SQL that makes and removes a tenant there."""

    name: str
    store: PostgresStore
    create: tuple[str, ...]
    remove: tuple[str, ...]


class RedisPlanting(NamedTuple):
    """A Redis, its name in the profile, the commands that make a tenant there, and the keys removed with it."""

    name: str
    store: RedisStore
    create: tuple[Command, ...]
    remove: tuple[str, ...]


def postgres_plantings(profile: Profile) -> list[PostgresPlanting]:
    """Returns what [provisioning] says of [stores.postgres], and what each database says itself."""
    general = profile.provisioning
    plantings = []
    for name, store in profile.stores.all_postgres().items():
        first = name == "postgres"
        create = (general.sql_create if first else ()) + store.create
        remove = (general.sql_remove if first else ()) + store.remove
        plantings.append(PostgresPlanting(name, store, create, remove))
    return plantings


def redis_plantings(profile: Profile) -> list[RedisPlanting]:
    """Returns what [provisioning] says of [stores.redis], and what each Redis says itself."""
    general = profile.provisioning
    plantings = []
    for name, store in profile.stores.all_redis().items():
        first = name == "redis"
        create = (general.redis_create if first else ()) + store.create
        remove = (general.redis_remove if first else ()) + store.remove
        plantings.append(RedisPlanting(name, store, create, remove))
    return plantings
