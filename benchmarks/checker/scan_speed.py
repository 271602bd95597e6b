"""How fast the stores are scanned, as a ratio to reading them plainly; takes about half a minute.

    python -m benchmarks.checker.scan_speed

Redis: the scan against SCAN, TYPE and typed reads through redis-py one page at a time. Postgres: the scan against a
bare COPY of the same table that only counts bytes; once where rows carry marks, once where they carry none.
"""

from __future__ import annotations

import io
import shutil
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

import psycopg2
import redis
from pydantic import SecretStr

from checker.postgres_scan import scan_postgres
from checker.redis_scan import scan_redis
from checker.scan import Roster
from config.stores import PostgresStore, RedisStore
from evidence.marks import Keyring, Mark, MarkKind, RunKey
from target.embedded import EmbeddedPostgres, EmbeddedRedis
from target.embedded.folders import temporary_folder

if TYPE_CHECKING:
    from typing_extensions import Buffer

KEYS = 200_000
ROWS = 200_000
TENANTS = 1000
KEY = RunKey.generate()


def roster() -> Roster:
    names = {number: KEY.mint_id(Mark(MarkKind.TENANT, number)) for number in range(TENANTS)}
    learnt = {str(uuid.uuid4()): number for number in range(TENANTS)}
    return Roster(names, {name: number for number, name in names.items()}, learnt)


def canary(index: int) -> str:
    return KEY.mint_canary(Mark(MarkKind.PROMPT, index // 2 % TENANTS, index))


def fill_redis(client: redis.Redis, names: dict[int, str], kind: str) -> None:
    client.flushall()
    pipe = client.pipeline(transaction=False)
    for index in range(KEYS):
        text = f'{{"n": {index}, "text": "{canary(index) if index % 2 else "x" * 29}", "pad": "{"p" * 200}"}}'
        owner = names[index // 2 % TENANTS] if index % 2 else f"{index:036d}"
        if kind == "string":
            pipe.set(f"doc:{owner}:{index}", text)
        else:
            pipe.hset(f"state:{owner}:{index}", mapping={"state": text, "version": index})
        if index % 5000 == 4999:
            pipe.execute()
    pipe.execute()


def read_naively(client: redis.Redis) -> int:
    seen, cursor = 0, 0
    while True:
        cursor, keys = client.scan(cursor, count=2000)
        pipe = client.pipeline(transaction=False)
        for key in keys:
            pipe.type(key)
        kinds = pipe.execute()
        for key, kind in zip(keys, kinds, strict=True):
            if kind == b"string":
                pipe.get(key)
            else:
                pipe.hgetall(key)
        seen += len(pipe.execute())
        if cursor == 0:
            return seen


def fill_postgres(url: str, names: dict[int, str], marked: bool) -> None:
    lines = io.StringIO()
    for index in range(ROWS):
        if marked:
            text = canary(index) if index % 2 else "x" * 29
            lines.write(f'{index}\t{names[index // 2 % TENANTS]}\t{{"text": "{text}", "pad": "{"p" * 200}"}}\n')
        else:
            lines.write(f"{index}\t{uuid.UUID(int=index)}\t{'p' * 260}\n")
    lines.seek(0)
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bodies")
        cursor.execute("CREATE TABLE bodies (id int PRIMARY KEY, owner uuid, body text)")
        cursor.copy_expert("COPY bodies FROM STDIN", lines)
    connection.close()


class _Counter(io.RawIOBase):
    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        size = memoryview(data).nbytes
        self.size += size
        return size


def copy_barely(url: str) -> int:
    connection = psycopg2.connect(url)
    with connection.cursor() as cursor, io.BufferedWriter(_Counter(), 1 << 20) as sink:
        cursor.copy_expert("COPY bodies TO STDOUT", sink)
    connection.close()
    return ROWS


def rate(read: Callable[[], int]) -> float:
    began = time.perf_counter()
    return read() / (time.perf_counter() - began)


def report(what: str, plain: float, ours: float, unit: str) -> None:
    print(f"{what:28} plain {plain:>9,.0f} {unit}/s   scan {ours:>9,.0f} {unit}/s   ratio {ours / plain:.2f}")


def measure_redis(who: Roster) -> None:
    folder = temporary_folder("bench-redis-")
    try:
        with EmbeddedRedis(folder) as server, redis.Redis.from_url(server.url) as client:
            store = RedisStore(url=SecretStr(server.url))
            for kind in ("string", "hash"):
                fill_redis(client, dict(who.names), kind)
                plain = rate(lambda: read_naively(client))
                ours = rate(lambda: scan_redis(store, Keyring(KEY), who, lambda done, of: None).units)
                report(f"Redis, {KEYS:,} keys, {kind}", plain, ours, "keys")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure_postgres(who: Roster) -> None:
    folder = temporary_folder("bench-postgres-")
    try:
        with EmbeddedPostgres(folder) as server:
            store = PostgresStore(url=SecretStr(server.url))
            for marked in (True, False):
                fill_postgres(server.url, dict(who.names), marked)
                plain = rate(lambda: copy_barely(server.url))
                ours = rate(lambda: scan_postgres(store, Keyring(KEY), who, lambda done, of: None).units)
                report(f"Postgres, {ROWS:,} rows, {'marked' if marked else 'plain'}", plain, ours, "rows")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    everybody = roster()
    measure_redis(everybody)
    measure_postgres(everybody)
