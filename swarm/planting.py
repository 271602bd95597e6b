"""Writing tenants into the stores with the profile's own statements and commands, and which marks that plants there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg2.extras
import redis
from psycopg2.extensions import cursor as Cursor
from redis.exceptions import RedisClusterException

from config.plantings import postgres_plantings, redis_plantings
from config.profile import Profile
from config.provisioning import CommandStep, HttpStep, RedisStep, SqlStep, Step
from config.template import fill_text, placeholders
from config.writes import changes_rows
from evidence.marks import MarkKind
from swarm.reach import Reach, TakesOthers
from swarm.stores import StoreError, open_redis_store, redis_error, transaction

CANARIES = {
    "context": MarkKind.CONTEXT,
    "state": MarkKind.STATE,
    "secret": MarkKind.SECRET,
    "row": MarkKind.ROW,
}
"""Placeholders of marks, and what kind of mark each is."""


def make_rows(profile: Profile, values: list[dict[str, object]], reach: Reach) -> None:
    """Makes the tenants with these values in every Postgres.

    Args:
        profile: says how.
        values: what fills placeholders, for each tenant.
        reach: sees to it that no statement changes what is others'.

    Raises:
        StoreError: one would not have them.
    """
    for planting in postgres_plantings(profile):
        if not planting.create:
            continue
        url = planting.store.address(writing=True)
        try:
            with transaction(url) as cursor:
                for statement in planting.create:
                    check_change(reach, cursor, planting.name, statement, values)
                    psycopg2.extras.execute_batch(cursor, statement, values)
        except KeyError as error:
            key = "provisioning.sql_create" if planting.name == "postgres" else f"create of {planting.name}"
            raise StoreError(f"{key} names %({error.args[0]})s, which nothing fills") from None


def check_change(
    reach: Reach, cursor: Cursor, store: str, statement: str, values: Sequence[Mapping[str, object]]
) -> None:  # fmt: skip
    """Does nothing if a statement that makes tenants changes no row that is there but those of these tenants.

    Raises:
        StoreError: it would change what is others'.
        psycopg2.Error: it can't be carried out.
        KeyError: it names what nothing fills.
    """
    if not changes_rows(statement) or not values:
        return
    try:
        reach.check(cursor, store, statement, values[0], values[1:])
    except TakesOthers as error:
        raise StoreError(
            f"tenant {values[0]['tenant']} was not made, because a statement of its making would change what is "
            f"others' in {store}: {error}: {statement}"
        ) from None


def make_keys(profile: Profile, values: list[dict[str, object]]) -> None:
    """Makes the tenants with these values in every Redis.

    Raises:
        StoreError: one would not have them.
    """
    for planting in redis_plantings(profile):
        if not planting.create:
            continue
        client = open_redis_store(planting.store)
        try:
            pipeline = client.pipeline(transaction=False)
            for tenant_values in values:
                for command in planting.create:
                    pipeline.execute_command(*(fill_text(word, tenant_values) for word in command))
            pipeline.execute()
        except (redis.RedisError, RedisClusterException, OSError) as error:
            raise redis_error(error, planting.store.address(writing=True)) from None
        finally:
            client.close()


def planted_marks(profile: Profile, steps: list[Step]) -> dict[str, list[str]]:
    """Returns which marks are written into which store when a tenant is made, by these steps among others."""
    planted: dict[str, set[str]] = {}
    for rows in postgres_plantings(profile):
        planted.setdefault(rows.name, set()).update(_in_sql(rows.create))
    for keys in redis_plantings(profile):
        planted.setdefault(keys.name, set()).update(placeholders(keys.create))
    for step in steps:
        match step:
            case SqlStep():
                planted.setdefault(step.store, set()).update(_in_sql(step.create))
            case RedisStep():
                planted.setdefault(step.store, set()).update(placeholders(step.create))
            case HttpStep() | CommandStep():
                for store in step.stored_in:
                    planted.setdefault(store, set()).update(step.create.names)
    found = {
        store: [f"{kind.name}:1" for name, kind in CANARIES.items() if name in names]
        for store, names in planted.items()
    }
    return {store: marks for store, marks in found.items() if marks}


def _in_sql(statements: tuple[str, ...]) -> set[str]:
    return {name for name in CANARIES if any(f"%({name})s" in statement for statement in statements)}
