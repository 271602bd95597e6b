"""Removing tenants from the target's stores, as the profile says: exactly those that are named."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import psycopg2
import psycopg2.extras
import redis
from redis.exceptions import RedisClusterException

from config.plantings import PostgresPlanting, RedisPlanting, postgres_plantings, redis_plantings
from config.profile import Profile
from swarm.stores import (
    RedisClient,
    StoreError,
    databases_of,
    open_postgres,
    open_redis_store,
    postgres_error,
    redis_error,
)

_BATCH = 200
_FEW = 5  # so many tenants' keys are asked for by name; more are found in one pass over all keys


@dataclass(slots=True)
class Removed:
    """What was removed.

    Attributes:
        rows: rows removed by the profile's own statements (cascades not counted).
        keys: Redis keys removed.
        requests: tenants removed by a request or a command, for each step that has one.
        left: what could not be removed, a sentence each.
        notes: what was not to be removed, a sentence each.
    """

    rows: int = 0
    keys: int = 0
    requests: int = 0
    left: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def remove_tenants(profile: Profile, names: Collection[str]) -> Removed:
    """Removes the tenants with these names. One store that can't be used does not spare the others."""
    done = Removed()
    _remove_keys(profile, names, done)
    _remove_rows(profile, names, done)
    return done


def _remove_rows(profile: Profile, names: Collection[str], done: Removed) -> None:
    for planting in postgres_plantings(profile):
        if not planting.remove:
            continue
        try:
            _remove_rows_of(planting, names, done)
        except StoreError as error:
            done.left.append(str(error))


def _remove_rows_of(planting: PostgresPlanting, names: Collection[str], done: Removed) -> None:
    url = planting.store.address(writing=True)
    connection = open_postgres(url)
    connection.autocommit = True
    try:
        for statement in planting.remove:
            try:
                with connection.cursor() as cursor:
                    for name in names:
                        cursor.execute(statement, {"tenant": name})
                        done.rows += max(cursor.rowcount, 0)
            except psycopg2.Error as error:
                done.left.append(f"{statement}: {postgres_error(error, url)}")
    finally:
        connection.close()


def _remove_keys(profile: Profile, names: Collection[str], done: Removed) -> None:
    for planting in redis_plantings(profile):
        if not planting.remove:
            continue
        try:
            remove_keys(planting, names, done)
        except StoreError as error:
            done.left.append(str(error))


def remove_keys(planting: RedisPlanting, names: Collection[str], done: Removed) -> None:
    """Removes the keys of a Redis that fit its patterns with one of these names in them, and counts them in ``done``.

    Raises:
        StoreError: it would not.
    """
    for database in databases_of(planting.store):
        _remove_keys_of(planting, database, set(names), done)


def _remove_keys_of(planting: RedisPlanting, database: int | None, ours: set[str], done: Removed) -> None:
    """Keys are bytes: a stranger's need not be text."""
    client = open_redis_store(planting.store, decode=False, database=database)
    try:
        batch: list[bytes] = []
        for key in _keys(client, planting.remove, ours):
            batch.append(key)
            if len(batch) >= _BATCH:
                done.keys += int(client.unlink(*batch))
                batch = []
        if batch:
            done.keys += int(client.unlink(*batch))
    except (redis.RedisError, RedisClusterException, OSError) as error:
        raise redis_error(error, planting.store.address(writing=True)) from None
    finally:
        client.close()


def _keys(client: RedisClient, patterns: tuple[str, ...], names: set[str]) -> Iterator[bytes]:
    """The keys that fit a removal pattern with one of the names in it."""
    if len(names) <= _FEW:
        for pattern in patterns:
            before, _, after = pattern.partition("{tenant}")
            for name in names:
                if set(after) & set("*?["):
                    yield from client.scan_iter(match=_literally(before + name) + after, count=1000)
                else:
                    yield f"{before}{name}{after}".encode()
        return
    for key in client.scan_iter(count=1000):
        if _matches(key.decode("utf-8", "surrogateescape"), patterns, names):
            yield key


def _literally(text: str) -> str:
    """The pattern that only this text fits; Redis takes a backslash for what follows it to be meant as it stands."""
    return re.sub(r"([*?\[\]\\^])", r"\\\1", text)


def _matches(key: str, patterns: tuple[str, ...], names: set[str]) -> bool:
    """Whether a key fits a removal pattern with the name of a tenant of ours in it.

    One name may be the start of another (``t1``, ``t10``), so every length is tried: the rest of the pattern decides.
    """
    for pattern in patterns:
        before, _, after = pattern.partition("{tenant}")
        if not key.startswith(before):
            continue
        rest = key[len(before) :]
        for end in range(1, len(rest) + 1):
            if rest[:end] in names and fnmatch.fnmatchcase(rest[end:], after):
                return True
    return False
