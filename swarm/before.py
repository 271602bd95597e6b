"""What is there before a tenant is made: nothing may be that its removal would take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import redis
from redis.exceptions import RedisClusterException

from config.plantings import postgres_plantings, redis_plantings
from config.postgres_store import PostgresStore
from config.profile import Profile
from config.provisioning import RedisStep, SqlStep, Step
from config.redis_store import RedisStore
from config.template import PlaceholderUnknown, fill_text, placeholders
from config.writes import keys_of
from swarm.reach import Values, can_be_asked, is_there, now_in
from swarm.removing import keys_of_tenants
from swarm.stores import StoreError, open_redis_store, redis_error, transaction

_WILD = frozenset("*?[")
_NAMING = {"tenant", "number", "email"}


def transactions_now(profile: Profile) -> dict[str, int]:
    """Returns for each Postgres that something is removed from the transaction from which on rows are the run's.

    Raises:
        StoreError: one can't be asked.
    """
    steps = {step.store for step in profile.provisioning.steps if isinstance(step, SqlStep) and step.remove}
    found: dict[str, int] = {}
    for rows in postgres_plantings(profile):
        if rows.remove or rows.name in steps:
            with transaction(rows.store.address(writing=True)) as cursor:
                found[rows.name] = now_in(cursor)
    return found


def check_nothing_there(profile: Profile, steps: Sequence[Step], batch: Sequence[Values]) -> None:
    """Does nothing if nothing is there that the removal of one of these tenants would take, or its making overwrite.

    Not seen is what goes by an id that is learnt only when the tenant is made. Patterns with a wildcard take reading
    the names of all keys, so they are looked at only where names are numbers, which strangers may be called as well.

    Args:
        profile: says how tenants are made and removed.
        steps: those that are taken.
        batch: for each tenant what fills placeholders.

    Raises:
        StoreError: something is there; or a store can't be asked.
    """
    for name, store, statements in _statements(profile, steps):
        _check_rows(name, store, statements, batch)
    for keys in _keys(profile, steps):
        _check_keys(keys, batch)


def all_can_be_asked(profile: Profile) -> bool:
    """Returns whether it can be seen of every statement that removes tenants what it would take.

    What is not removed by SQL goes by names that are held to be nobody's, and by what its own making has taught.
    """
    every = [rows.remove for rows in postgres_plantings(profile)]
    every += [step.remove for step in profile.provisioning.steps if isinstance(step, SqlStep)]
    return any(every) and all(can_be_asked(statement) for statements in every for statement in statements)


def _statements(profile: Profile, steps: Sequence[Step]) -> Iterator[tuple[str, PostgresStore, tuple[str, ...]]]:
    for rows in postgres_plantings(profile):
        further = [step.remove for step in steps if isinstance(step, SqlStep) and step.store == rows.name]
        yield rows.name, rows.store, (*rows.remove, *(statement for each in further for statement in each))


class _Keys(NamedTuple):
    """What is written in a Redis for one tenant alone, or removed: keys, with placeholders, and patterns."""

    name: str
    store: RedisStore
    keys: list[str]
    patterns: tuple[str, ...]


def _keys(profile: Profile, steps: Sequence[Step]) -> Iterator[_Keys]:
    for keys in redis_plantings(profile):
        mine = [step for step in steps if isinstance(step, RedisStep) and step.store == keys.name]
        commands = [*keys.create, *(command for step in mine for command in step.create)]
        patterns = [*keys.remove, *(pattern for step in mine for pattern in step.remove)]
        names = [pattern for pattern in patterns if not _WILD & set(pattern)]
        names += [key for command in commands for key in keys_of(command)]
        wild = [pattern for pattern in patterns if _WILD & set(pattern)] if profile.tenants.names == "integer" else []
        yield _Keys(
            keys.name, keys.store, [key for key in dict.fromkeys(names) if placeholders(key) & _NAMING], tuple(wild)
        )


def _check_rows(name: str, store: PostgresStore, statements: tuple[str, ...], batch: Sequence[Values]) -> None:
    if not statements:
        return
    with transaction(store.address(writing=True)) as cursor:
        for statement in statements:
            for values in batch:
                if is_there(cursor, statement, values):
                    raise _is_somebodys(values, f"something in {name} that its removal would take: {statement}")


def _check_keys(keys: _Keys, batch: Sequence[Values]) -> None:
    named = [(values, key) for values in batch for key in _filled(keys.keys, values)]
    if not named and not keys.patterns:
        return
    client = open_redis_store(keys.store, decode=False)
    try:
        pipeline = client.pipeline(transaction=False)
        for _, key in named:
            pipeline.exists(key)
        for (values, key), there in zip(named, pipeline.execute() if named else [], strict=True):
            if there:
                raise _is_somebodys(values, f"the key {key} in {keys.name}, which making it would overwrite")
        for found in keys_of_tenants(client, keys.patterns, {str(values["tenant"]) for values in batch}):
            said = f"the key {found.decode(errors='replace')} in {keys.name}, which its removal would take"
            raise _is_somebodys(batch[0], said)
    except (redis.RedisError, RedisClusterException, OSError) as error:
        raise redis_error(error, keys.store.address(writing=True)) from None
    finally:
        client.close()


def _filled(patterns: Sequence[str], values: Values) -> Iterator[str]:
    for pattern in patterns:
        try:
            yield fill_text(pattern, values)
        except PlaceholderUnknown:
            continue  # it goes by what is learnt when the tenant is made


def _is_somebodys(values: Values, what: str) -> StoreError:
    return StoreError(
        f"before tenant {values['tenant']} was made there was {what}: it is somebody's already, and is left as it is; "
        "choose other names or numbers in [tenants], or correct [provisioning]",
        taken=True,
    )
