"""Opens one read-only snapshot of Postgres that sees past row-level security."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ, connection, parse_dsn

from checker.scan import StoreNotUnderstood, StoreRefused, StoreUnreachable, StoreUnreadable

CONNECT_TIMEOUT_S = 10
LOCK_TIMEOUT_S = 10

_SETTINGS = (
    "SET row_security = off",  # an error where rows would be hidden, instead of hiding them
    "SET search_path = pg_catalog",
    "SET bytea_output = hex",
    f"SET lock_timeout = '{LOCK_TIMEOUT_S}s'",
    "SET statement_timeout = 0",
    "SET idle_in_transaction_session_timeout = 0",
)
# What libpq says when it can't connect, and what to make of it. It gives no codes before the session stands.
_TROUBLES: tuple[tuple[str, type[StoreUnreadable], str], ...] = (
    ("password authentication failed", StoreRefused, "it does not accept the password (or role) in the URL"),
    ("no password supplied", StoreRefused, "it wants a password: write it into the URL"),
    ("pg_hba.conf", StoreRefused, "its pg_hba.conf does not let this role in from here"),
    ("database", StoreRefused, "the database in the URL does not exist, or the role may not connect to it"),
    ("role", StoreRefused, "the role in the URL does not exist or may not log in"),
    ("too many clients", StoreRefused, "it has no connection left; try again when fewer clients are connected"),
    ("remaining connection slots", StoreRefused, "it has no connection left; try again when fewer are connected"),
    ("starting up", StoreRefused, "it is still starting; try again in a moment"),
    ("certificate", StoreRefused, "its TLS certificate, or ours, is not accepted; check sslmode and sslrootcert"),
    ("SSL", StoreRefused, "no agreement on TLS; check sslmode in the URL"),
    ("refused", StoreUnreachable, "connection refused; start it, or correct host and port in the URL"),
    ("timeout", StoreUnreachable, f"no answer within {CONNECT_TIMEOUT_S} s; check host and port in the URL"),
    ("translate host name", StoreUnreachable, "the host in the URL is not known"),
    ("closed the connection", StoreNotUnderstood, "what answers there is no Postgres; check host and port in the URL"),
    ("invalid response", StoreNotUnderstood, "what answers there is no Postgres; check host and port in the URL"),
    ("unexpected", StoreNotUnderstood, "what answers there is no Postgres; check host and port in the URL"),
)


def where_of(url: str) -> str:
    """Returns host:port/db of a Postgres URL, without credentials.

    Raises:
        StoreNotUnderstood: it is no Postgres URL.
    """
    try:
        parts = parse_dsn(url)
    except psycopg2.Error:
        raise StoreNotUnderstood(
            "the Postgres URL can't be used; write postgresql://USER:PASSWORD@HOST:PORT/DB, or words such as host=HOST "
            "dbname=DB user=USER"
        ) from None
    user = parts.get("user", "")
    if "service" in parts and "host" not in parts:
        return f"service {parts['service']}" + (f"/{parts['dbname']}" if "dbname" in parts else "")
    return f"{parts.get('host', 'localhost')}:{parts.get('port', '5432')}/{parts.get('dbname', user)}"


@contextmanager
def snapshot(url: str) -> Iterator[connection]:
    """Opens a connection inside one read-only REPEATABLE READ transaction, so that everything is seen at one moment.

    Raises:
        StoreUnreadable: with one sentence, never with credentials.
    """
    where = where_of(url)
    try:
        opened = psycopg2.connect(
            url,
            connect_timeout=CONNECT_TIMEOUT_S,
            application_name="tenant isolation checker",
            client_encoding="UTF8",
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
        )
    except (psycopg2.Error, UnicodeError) as error:
        raise _trouble(where, str(error)) from None
    try:
        opened.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        with opened.cursor() as cursor:
            for setting in _SETTINGS:
                cursor.execute(setting)
        yield opened
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise StoreUnreachable(
            f"the connection to Postgres at {where} was lost while reading ({error.pgcode or type(error).__name__}); "
            "check that the server still runs, then check again"
        ) from None
    except psycopg2.Error as error:
        raise StoreUnreadable(
            f"Postgres at {where} answers our reading of its catalogue with error {error.pgcode or 'unknown'}; it must "
            "be PostgreSQL 12 or newer"
        ) from None
    finally:
        opened.close()


def _trouble(where: str, message: str) -> StoreUnreadable:
    for telling, kind, meaning in _TROUBLES:
        if telling in message:
            return kind(f"Postgres at {where} can't be read: {meaning}")
    return StoreUnreachable(f"Postgres at {where} can't be reached; check that it runs and that the URL is right")
