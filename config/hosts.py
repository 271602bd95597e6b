"""Which machines a profile leads to, and whether somebody has said that they may be tested.

A load test with other people's data in reach is begun by a typing error as easily as on purpose. So whatever is not on
this machine needs a permission that names it: ``target.allow_hosts`` in the profile, or an option. Nothing is resolved
or sent to find out: a name counts as it stands, wherever it leads. What sentinels and nodes of a cluster name at run
time is held to the same before anything connects to it. Where a command or an adapter goes can't be seen.
"""

from __future__ import annotations

import contextlib
import fnmatch
import ipaddress
import os
import re
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

import psycopg2
from psycopg2.extensions import parse_dsn
from pydantic import BaseModel, SecretStr

from config.errors import HostNotAllowed
from config.positions import Path as Key
from config.profile import Profile
from config.redis_store import RedisStore
from config.sentences import written

_LEADS_SOMEWHERE = re.compile(r"(?:^|_)(?:url|urls|addresses|nodes|sentinels)$")
_LIBPQ = {"host": "PGHOST", "hostaddr": "PGHOSTADDR", "service": "PGSERVICE"}
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def add_allow_host(parser: ArgumentParser) -> None:
    """Adds the option ``--allow-host`` to the parser of a command that talks to what a profile names."""
    parser.add_argument(
        "--allow-host", dest="allow_hosts", action="append", default=[], metavar="NAME",
        help="a machine other than this one that may be talked to; may be given several times",
    )  # fmt: skip


def check_hosts(
    profile: Profile, allowed: Sequence[str] = (), concerns: Callable[[Key], bool] = lambda _key: True
) -> None:
    """Does nothing if every machine the profile leads to is this one or is allowed.

    Args:
        profile: the profile; its ``target.allow_hosts`` are allowed.
        allowed: further host names; ``*`` stands for any part of a name.
        concerns: whether a key is looked at, for who does not go everywhere.

    Raises:
        HostNotAllowed: one is not; the message names it and the key that leads there.
    """
    permitted = _permitted(profile, allowed)
    wrong: dict[str, Key] = {}
    for key, host in hosts_of(profile):
        if concerns(key) and not _may_be_tested(host, permitted):
            wrong.setdefault(host, key)
    if wrong:
        named = " and ".join(f"{host} ({written(key)})" for host, key in wrong.items())
        listed = ", ".join(f'"{host}"' for host in wrong)
        raise HostNotAllowed(
            f"the profile leads to {named}, not on this machine, and nothing was sent: if you may test what is there, "
            f"say so with allow_hosts = [{listed}] in [target], or with the option --allow-host"
        )


def allow_named(profile: Profile, allowed: Sequence[str] = ()) -> None:
    """Lets sentinels and clusters of the profile name these hosts at run time, and those that the profile allows."""
    for store in profile.stores.all_redis().values():
        store.allow(_permitted(profile, allowed))


def check_named(store: RedisStore, host: str, whence: str) -> None:
    """Does nothing if a host that a server named at run time may be connected to.

    Args:
        store: the store that led there.
        host: the host.
        whence: who named it, for the message.

    Raises:
        HostNotAllowed: it may not.
    """
    urls = [url.get_secret_value() for url in (store.url, store.write_url) if url is not None]
    own = [named for url in urls for named in hosts_in(url)]
    plain = _plain(f"[{host}]" if ":" in host else host)
    if plain not in own and not _may_be_tested(plain, store.allowed_hosts):
        raise HostNotAllowed(
            f"{whence} names {plain}, not on this machine, and nothing was sent there: if you may test what is there, "
            f'say so with allow_hosts = ["{plain}"] in [target], or with the option --allow-host'
        )


def hosts_of(profile: Profile) -> Iterator[tuple[Key, str]]:
    """Yields every key of the profile that leads to a host, with the host's name in lower case.

    A host with a placeholder in it has ``*`` there. A local socket is ``localhost``.
    """
    for key, address in _addresses(profile, ()):
        for host in hosts_in(address):
            yield key, host


def hosts_in(address: str, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Returns the hosts of a URL, which may name several, of ``host:port``, or of libpq's ``key=value`` words.

    Args:
        address: the address.
        environment: where libpq finds what an address of a Postgres leaves open.
    """
    if address.startswith(("postgres://", "postgresql://")) or (
        "=" in address and "://" not in address.partition("=")[0]
    ):
        with contextlib.suppress(psycopg2.Error):  # what libpq can't read it can't connect to either
            return _of_postgres(address, environment)
    return _of_url(address) if "://" in address else [_plain(address)]


def is_here(host: str) -> bool:
    """Returns whether a host is this machine by its name, without asking a resolver.

    Names under ``localhost`` are not: some resolvers ask a server in the network for them.
    """
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _permitted(profile: Profile, allowed: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.lower() for name in (*profile.target.allow_hosts, *allowed))


def _may_be_tested(host: str, permitted: Sequence[str]) -> bool:
    return is_here(host) or any(fnmatch.fnmatchcase(host, name) for name in permitted)


def _of_url(address: str) -> list[str]:
    authority = re.split(r"[/?#]", address.partition("://")[2], maxsplit=1)[0]
    named = authority.rpartition("@")[2]
    asked = parse_qs(urlsplit("//x/?" + address.partition("?")[2].partition("#")[0]).query)
    hosts = [_plain(one) for one in named.split(",") if one]
    return [*hosts, *(_socket_or_host(name) for name in asked.get("host", []))] or ["localhost"]


def _of_postgres(address: str, environment: Mapping[str, str]) -> list[str]:
    """As libpq itself reads it. Where a service file leads can't be known here, so the service has to be allowed.

    What the address leaves open libpq takes from the environment: each of these three apart from the others.

    Raises:
        psycopg2.Error: libpq can't read it.
    """
    parts = parse_dsn(address)
    said = {key: parts.get(key) or environment.get(variable, "") for key, variable in _LIBPQ.items()}
    hosts = [_socket_or_host(name) for key in ("host", "hostaddr") if said[key] for name in said[key].split(",")]
    if said["service"]:
        hosts.append(f"service:{said['service']}".lower())
    return hosts or ["localhost"]


def _socket_or_host(name: str) -> str:
    return "localhost" if name.startswith(("/", "@")) else _plain(name)


def _plain(name: str) -> str:
    """A host without its port, in lower case, with ``*`` for placeholders."""
    name = _PLACEHOLDER.sub("*", name.strip().lower())
    if name.startswith("["):
        return name[1:].partition("]")[0]
    host, colon, port = name.rpartition(":")
    return host if colon and ":" not in host and (port.isdigit() or port == "*" or not port) else name


def _addresses(value: object, key: Key) -> Iterator[tuple[Key, str]]:
    """The addresses in the tables of the schema: what messages contain is none of them."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _addresses(getattr(value, name), (*key, name))
    elif isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, (BaseModel, tuple)):
                yield from _addresses(inner, (*key, str(name)))
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from _addresses(inner, (*key, index))
    elif key and _LEADS_SOMEWHERE.search(next(str(step) for step in reversed(key) if isinstance(step, str))):
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if isinstance(text, str) and text:
            yield key, text
