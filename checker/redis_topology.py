"""Which servers and databases a Redis of the profile consists of: one, several, a named master, a cluster."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, NamedTuple

import hiredis
import redis
from redis.connection import parse_url
from redis.sentinel import MasterNotFoundError, Sentinel

from checker.redis_wire import CONNECT_TIMEOUT_S, RedisAddress, RedisWire, parse_address
from checker.scan import RightsMissing, StoreNotAllowed, StoreNotUnderstood, StoreUnreachable
from config.errors import HostNotAllowed
from config.hosts import check_named
from config.redis_store import RedisStore
from config.stores import Store, Stores

SLOTS = 16_384


class Slots(NamedTuple):
    """Slots of a cluster from the first to the last, and the master that serves them."""

    first: int
    last: int
    host: str
    port: int


def addresses(store: RedisStore, base: RedisAddress) -> list[RedisAddress]:
    """Returns one address for every database and every master that must be read.

    Args:
        store: says which databases, or that it is a cluster.
        base: the server, or any node of the cluster (see ``entrance``).

    Raises:
        StoreUnreadable: it can't be asked, slots of the cluster are served by nobody, or by a machine that is not
            allowed.
    """
    if store.cluster:
        found = masters(slots_of(base), base.where)
        for host, _ in found:
            _check_allowed(store, host, f"the cluster of Redis at {base.where}")
        return [dataclasses.replace(base, host=host, port=port) for host, port in found]
    if store.databases is None:
        return [base]
    numbers: Iterable[int] = store.databases if isinstance(store.databases, tuple) else ()
    if store.databases == "all":
        with RedisWire(dataclasses.replace(base, database=0)) as wire:
            held = keyspace(wire)
        numbers = sorted({*held, base.database} - set(store.databases_left_out))
    return [dataclasses.replace(base, database=number) for number in sorted(set(numbers))]


def entrance(store: RedisStore, *, writing: bool = False) -> RedisAddress:
    """Returns the address to begin with: the URL's, or that of the master which the sentinels name now.

    Raises:
        StoreUnreadable: the URL can't be used, no sentinel knows the master, or it is on a machine that is not allowed.
    """
    base = parse_address(store.address(writing=writing))
    if store.sentinel is None:
        return base
    host, port = _master(store, base)
    _check_allowed(store, host, f"the sentinel at {', '.join(store.sentinel.addresses)}")
    return dataclasses.replace(base, host=host, port=port, path="")


def beside_others(stores: Stores) -> dict[str, Store]:
    """Returns the stores of a profile by name; a database that is read as another store is none that goes unread."""
    redis_stores = stores.all_redis()
    found = stores.named()
    for name, store in redis_stores.items():
        others = {
            number
            for other, beside in redis_stores.items()
            if other != name and _server(beside) == _server(store)
            for number in _numbers(beside)
        }
        left_out = {*store.databases_left_out, *(others - set(_numbers(store)))}
        if not store.cluster:
            found[name] = store.model_copy(update={"databases_left_out": tuple(sorted(left_out))})
    return found


def _check_allowed(store: RedisStore, host: str, whence: str) -> None:
    try:
        check_named(store, host, whence)
    except HostNotAllowed as error:
        raise StoreNotAllowed(str(error)) from None


def _server(store: RedisStore) -> tuple[object, ...]:
    """What two stores on one server have in common; an address that can't be used is nobody else's."""
    try:
        address = parse_address(store.address())
    except StoreNotUnderstood:
        return (id(store),)
    if store.sentinel is not None:
        return (store.sentinel.addresses, store.sentinel.service)
    return (address.host, address.port, address.path)


def _numbers(store: RedisStore) -> tuple[int, ...]:
    if isinstance(store.databases, tuple):
        return store.databases
    try:
        return (parse_address(store.address()).database,)
    except StoreNotUnderstood:
        return ()


def _master(store: RedisStore, base: RedisAddress) -> tuple[str, int]:
    settings = store.sentinel
    assert settings is not None
    where = ", ".join(settings.addresses)
    options: dict[str, Any] = {
        "socket_timeout": CONNECT_TIMEOUT_S,
        "username": settings.user,
        "password": settings.password.get_secret_value() if settings.password is not None else None,
    }
    if base.tls is not None:
        said = parse_url(store.address())
        options |= {"ssl": True, **{name: value for name, value in said.items() if name.startswith("ssl_")}}
    pairs = [(host.strip("[]"), int(port)) for host, _, port in (text.rpartition(":") for text in settings.addresses)]
    sentinel = Sentinel(pairs, sentinel_kwargs=options)
    try:
        host, port = sentinel.discover_master(settings.service)
    except MasterNotFoundError:
        raise StoreUnreachable(
            f"none of the sentinels at {where} says where the master {settings.service!r} is: check that they run, "
            "that it is up, and sentinel.service and sentinel.password in the profile"
        ) from None
    except redis.RedisError as error:
        raise StoreUnreachable(f"the sentinels at {where} can't be asked: {type(error).__name__}") from None
    finally:
        for client in sentinel.sentinels:
            client.close()
    return str(host), int(port)


def slots_of(base: RedisAddress) -> list[Slots]:
    """Returns who serves which slots of the cluster that this node belongs to.

    Raises:
        StoreUnreadable: the node can't be asked, or is part of no cluster.
    """
    with RedisWire(base) as wire:
        reply = wire.ask(b"CLUSTER", b"SLOTS")
    if isinstance(reply, hiredis.ReplyError):
        if str(reply).startswith("NOPERM"):
            raise RightsMissing(f"Redis at {base.where} refuses CLUSTER SLOTS: grant the user +cluster|slots")
        raise StoreNotUnderstood(
            f"Redis at {base.where} is no node of a cluster: leave cluster = true out, or correct the URL"
        )
    return [
        Slots(int(first), int(last), (master[0] or b"").decode() or base.host, int(master[1]))
        for first, last, master, *_ in reply
    ]


def masters(slots: list[Slots], where: str) -> list[tuple[str, int]]:
    """Returns host and port of every master.

    Raises:
        StoreUnreachable: some slots are served by nobody, so that what lies there can't be read.
    """
    served = sum(span.last - span.first + 1 for span in slots)
    if served < SLOTS:
        raise StoreUnreachable(
            f"the cluster of Redis at {where} serves {served} of {SLOTS} slots: what lies in the others can't be read; "
            "bring their masters back"
        )
    return list(dict.fromkeys((span.host, span.port) for span in slots))


def keyspace(wire: RedisWire) -> dict[int, int]:
    """Returns how many keys each database of a server holds, those without any left out."""
    reply = wire.ask(b"INFO", b"keyspace")
    found: dict[int, int] = {}
    for line in reply.decode("utf-8", "replace").splitlines() if isinstance(reply, bytes) else ():
        name, _, value = line.partition(":")
        if name.startswith("db") and name[2:].isdigit():
            found[int(name[2:])] = int(value.partition(",")[0].removeprefix("keys="))
    return found
