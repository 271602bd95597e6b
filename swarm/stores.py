"""Connections to the target's stores for making and removing tenants, and their errors as sentences.

psycopg2 holds up every greenlet of the process unless it is told how to wait; ``wait_with_gevent`` tells it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import psycopg2.extensions
import redis
from gevent.socket import wait_read, wait_write
from redis.cluster import RedisCluster
from redis.connection import parse_url
from redis.exceptions import RedisClusterException

from checker.postgres_connection import snapshot
from checker.redis_topology import addresses, entrance
from checker.redis_wire import RedisWire
from checker.scan import StoreUnreadable
from config.address import UNREADABLE, readable, scrub, shown
from config.errors import HostNotAllowed
from config.hosts import check_named
from config.redis_store import RedisStore
from config.stores import Stores

RedisClient = redis.Redis | RedisCluster

_TIMEOUT_S = 10


class StoreError(Exception):
    """A store could not be used; the message is one sentence: what failed, where, what to do.

    Attributes:
        taken: whether what was to be made is there already, and so is somebody else's.
    """

    def __init__(self, message: str, *, taken: bool = False) -> None:
        super().__init__(message)
        self.taken = taken


def wait_with_gevent(patience_s: float = _TIMEOUT_S) -> None:
    """Lets other greenlets run while a query of psycopg2 is under way, in this whole process.

    Args:
        patience_s: a server that says nothing for so long is given up; psycopg2's own time-outs don't hold any more.
    """
    psycopg2.extensions.set_wait_callback(lambda connection: _wait(connection, patience_s))


def _wait(connection: psycopg2.extensions.connection, patience_s: float) -> None:
    silent = psycopg2.OperationalError(f"no answer within {patience_s:g} s")
    while True:
        state = connection.poll()
        if state == psycopg2.extensions.POLL_OK:
            return
        if state == psycopg2.extensions.POLL_READ:
            wait_read(connection.fileno(), timeout=patience_s, timeout_exc=silent)
        elif state == psycopg2.extensions.POLL_WRITE:
            wait_write(connection.fileno(), timeout=patience_s, timeout_exc=silent)
        else:
            raise psycopg2.OperationalError(f"psycopg2 is in an unknown state ({state})")


def open_postgres(url: str) -> psycopg2.extensions.connection:
    """Connects to Postgres.

    Raises:
        StoreError: it refuses, or the address can't be used.
    """
    try:
        return psycopg2.connect(url, connect_timeout=_TIMEOUT_S, application_name="tenant-isolation-swarm")
    except psycopg2.Error as error:
        raise postgres_error(error, url) from None


@contextmanager
def transaction(url: str) -> Iterator[psycopg2.extensions.cursor]:
    """Yields a cursor of a connection of its own; commits if all goes well, and closes the connection in any case.

    psycopg2's own ``with connection`` rolls back when a greenlet is killed in the middle of a query, which has closed
    the connection by then: its "already closed" would stand in for the kill, and pass for a store that refuses.

    Raises:
        StoreError: the database refuses.
    """
    with closing(open_postgres(url)) as connection:
        try:
            with connection.cursor() as cursor:
                yield cursor
            connection.commit()
        except psycopg2.Error as error:
            raise postgres_error(error, url) from None


def open_redis_store(store: RedisStore, *, decode: bool = True, database: int | None = None) -> RedisClient:
    """Connects to a Redis of the profile for making and removing tenants, wherever its master is.

    Args:
        store: one server, a master that sentinels name, or a cluster.
        decode: whether to return text in place of bytes.
        database: a database other than that of the URL.

    Raises:
        StoreError: it refuses, the address can't be used, or no master can be found.
    """
    url = store.address(writing=True)
    options: dict[str, Any] = {
        "decode_responses": decode, "socket_timeout": _TIMEOUT_S, "socket_connect_timeout": _TIMEOUT_S
    }  # fmt: skip
    try:
        if store.cluster:
            return RedisCluster.from_url(url, connection_pool_class=_pool_within(store), **options)
        options |= parse_url(url)
        if store.sentinel is not None:
            master = entrance(store, writing=True)
            options |= {"host": master.host, "port": master.port}
        if database is not None:
            options["db"] = database
        client = redis.Redis(connection_pool=redis.ConnectionPool(**options))
        client.ping()
    except StoreUnreadable as error:
        raise StoreError(str(error)) from None
    except (redis.RedisError, RedisClusterException, ValueError, OSError) as error:
        raise redis_error(error, url) from None
    return client


def _pool_within(store: RedisStore) -> type[redis.ConnectionPool]:
    """The pool of each node of a cluster, which is made before anything connects to it, also when the node is new."""

    class Pool(redis.ConnectionPool):
        def __init__(self, **options: Any) -> None:
            try:
                check_named(store, str(options.get("host", "")), f"the cluster of Redis at {shown(store.address())}")
            except HostNotAllowed as error:
                raise redis.RedisError(str(error)) from None
            super().__init__(**options)

    return Pool


def try_reading(stores: Stores) -> None:
    """Opens every store that has an address of its own for reading: what the checker will be refused is known now.

    Raises:
        StoreError: one refuses; a load whose result nobody may read is not worth its while.
    """
    try:
        for keys in stores.all_redis().values():
            if keys.write_url is not None:
                for address in addresses(keys, entrance(keys)):
                    with RedisWire(address):
                        pass
        for rows in stores.all_postgres().values():
            if rows.write_url is not None:
                with snapshot(rows.address()):
                    pass
    except StoreUnreadable as error:
        raise StoreError(str(error)) from None


def databases_of(store: RedisStore) -> list[int | None]:
    """Returns the databases that a run may have written to: None is that of the URL.

    Raises:
        StoreError: as ``open_redis_store``.
    """
    if store.databases is None:
        return [None]
    if isinstance(store.databases, tuple):
        return list(store.databases)
    client = open_redis_store(store)
    try:
        return [*sorted(int(name[2:]) for name in client.info("keyspace") if name.startswith("db"))]
    except (redis.RedisError, OSError) as error:
        raise redis_error(error, store.address(writing=True)) from None
    finally:
        client.close()


def postgres_error(error: psycopg2.Error, url: str) -> StoreError:
    """Returns the error as a sentence that names the place and the remedy."""
    where = f"Postgres at {shown(url)}"
    if not readable(url):
        return StoreError(f"{where}: {UNREADABLE}")
    lines = scrub(str(error).strip(), url).splitlines()
    said = lines[0].strip() if lines else type(error).__name__
    if error.pgcode in ("42P01", "42703"):
        schema = "" if error.pgcode == "42703" else ", name the table with its schema if that is not public"
        return StoreError(
            f"{where}: {said.removeprefix('ERROR:').strip()}: apply the target's migrations{schema}, "
            "or correct [provisioning] in the profile"
        )
    if error.pgcode == "23505":
        return StoreError(
            f"{where}: {said.removeprefix('ERROR:').strip()}: what a tenant was to be called is somebody's already, "
            "and is left as it is; choose other names or numbers in [tenants]",
            taken=True,
        )
    if error.pgcode == "42501":
        return StoreError(f"{where}: {said.removeprefix('ERROR:').strip()}: give the role this right")
    if "password authentication failed" in said:
        return StoreError(f"{where}: the password was refused: correct stores.postgres.url")
    if "Connection refused" in str(error):
        return StoreError(f"{where}: connection refused: is it running, and is the address right?")
    return StoreError(f"{where}: {said}")


def redis_error(error: Exception, url: str) -> StoreError:
    """Returns the error as a sentence that names the place and the remedy."""
    where = f"Redis at {shown(url)}"
    if not readable(url):
        return StoreError(f"{where}: {UNREADABLE}")
    said = scrub(str(error).strip(), url) or type(error).__name__
    if isinstance(error, redis.AuthenticationError):
        return StoreError(f"{where}: the password was refused: correct stores.redis.url")
    if "refused" in said.lower():
        return StoreError(f"{where}: connection refused: is it running, and is the address right?")
    return StoreError(f"{where}: {said}")
