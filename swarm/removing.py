"""Removing tenants from the target's stores, as the profile says: exactly those that are named."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import psycopg2
import redis
from redis.exceptions import RedisClusterException

from config.plantings import RedisPlanting
from config.postgres_store import PostgresStore
from swarm.reach import Reach, TakesOthers, Values
from swarm.stores import (
    RedisClient,
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


def remove_rows(
    store: PostgresStore, name: str, statement: str, who: Sequence[Sequence[Values]], done: Removed,
    reach: Reach, beside: Sequence[Values] = (),
) -> None:  # fmt: skip
    """Carries out a removing statement for tenants, for each as often as it has names, and counts rows in ``done``.

    What it would take of others it takes for nobody, and ``done`` says so.

    Args:
        store: where.
        name: its name in the profile.
        statement: the statement.
        who: for each tenant what fills the placeholders, once for each of its names.
        done: is told what was removed and what was not.
        reach: sees to it that nothing of others is taken.
        beside: what fills the placeholders for tenants of the run that stay.

    Raises:
        StoreError: the store would not.
    """
    url = store.address(writing=True)
    connection = open_postgres(url)
    refused: list[str] = []
    try:
        for index, names in enumerate(who):
            others = [other[0] for other in who[index + 1 : index + 4]]
            for values in names:
                try:
                    done.rows += reach.take(connection, name, statement, values, [*others, *beside])
                except KeyError:
                    continue  # what it would name was never learnt, so that nothing was made by this step
                except TakesOthers as error:
                    refused.append(f"tenant {values['tenant']}: not carried out, because {error}: {statement}")
                except psycopg2.Error as error:
                    if connection.closed or isinstance(error, psycopg2.ProgrammingError):
                        raise postgres_error(error, url) from None
                    refused.append(f"tenant {values['tenant']}: {postgres_error(error, url)}: {statement}")
    finally:
        connection.close()
        done.left += refused


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
        for key in keys_of_tenants(client, planting.remove, ours):
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


def keys_of_tenants(client: RedisClient, patterns: tuple[str, ...], names: set[str]) -> Iterator[bytes]:
    """Yields the keys that fit a removal pattern with one of the names in it; one without a wildcard need not be there.

    Raises:
        redis.RedisError, OSError: the server would not.
    """
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
