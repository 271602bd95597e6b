"""Removing what a run created, exactly that, and saying what could not be removed."""

from __future__ import annotations

import fnmatch
import time
from dataclasses import asdict, dataclass, field

import orjson
import psycopg2
import psycopg2.extras
import redis
from redis.exceptions import RedisClusterException

from config.plantings import PostgresPlanting, RedisPlanting, postgres_plantings, redis_plantings
from config.profile import Profile
from evidence.records import TenantProvisioned
from evidence.runfolder import RunFolder
from swarm.stores import (
    StoreError,
    databases_of,
    open_postgres,
    open_redis_store,
    postgres_error,
    redis_error,
)

_BATCH = 200


@dataclass(slots=True)
class CleanUp:
    """What was removed.

    Attributes:
        tenants: tenants the run had created.
        rows: rows removed by the profile's own statements (cascades not counted).
        keys: Redis keys removed.
        left: what could not be removed, a sentence each.
    """

    tenants: int = 0
    rows: int = 0
    keys: int = 0
    left: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        text = f"removed {self.tenants} tenants ({self.rows} rows with what hangs on them, {self.keys} Redis keys)"
        return text + "".join(f"\n  not removed: {sentence}" for sentence in self.left)


def clean(folder: RunFolder, profile: Profile) -> CleanUp:
    """Removes every tenant that the run's evidence names, and writes ``clean-up.json``. May be called again.

    Raises:
        RunFolderError: the folder can't be read.
    """
    header = folder.header()
    names = {row.name: row.tenant for _, _, row in folder.rows() if isinstance(row, TenantProvisioned)}
    done = CleanUp(tenants=len(names))
    if names:
        _remove_keys(profile, list(names), done)
        _remove_rows(profile, list(names), done)
    (folder.path / "clean-up.json").write_bytes(orjson.dumps(asdict(done), option=orjson.OPT_INDENT_2))
    if not done.left:
        header.cleaned_at_s = time.time()
        folder.write_header(header)
    return done


def _remove_rows(profile: Profile, names: list[str], done: CleanUp) -> None:
    for planting in postgres_plantings(profile):
        if not planting.remove:
            continue
        try:
            _remove_rows_of(planting, names, done)
        except StoreError as error:
            done.left.append(str(error))


def _remove_rows_of(planting: PostgresPlanting, names: list[str], done: CleanUp) -> None:
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


def _remove_keys(profile: Profile, names: list[str], done: CleanUp) -> None:
    for planting in redis_plantings(profile):
        if not planting.remove:
            continue
        try:
            for database in databases_of(planting.store):
                _remove_keys_of(planting, database, set(names), done)
        except StoreError as error:
            done.left.append(str(error))


def _remove_keys_of(planting: RedisPlanting, database: int | None, ours: set[str], done: CleanUp) -> None:
    """One SCAN for all tenants. Keys are bytes: a stranger's need not be text."""
    client = open_redis_store(planting.store, decode=False, database=database)
    patterns = planting.remove
    try:
        batch: list[bytes] = []
        for key in client.scan_iter(count=1000):
            if _matches(key.decode("utf-8", "surrogateescape"), patterns, ours):
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
