"""Real Redis and Postgres for tests: one server of each for a test process, a clean database for each test."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
import redis

from target.embedded import EmbeddedPostgres, EmbeddedRedis
from target.embedded.folders import temporary_folder
from target.migrate import migrate
from target.service_role import ServiceRole

APP_PASSWORD = "for-tests-only"


@pytest.fixture(scope="session")
def redis_server() -> Iterator[EmbeddedRedis]:
    """A running Valkey for the whole test process (one for each xdist worker)."""
    folder = temporary_folder("test-redis-")
    try:
        with EmbeddedRedis(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """A running Postgres for the whole test process; ``url`` is its superuser's."""
    folder = temporary_folder("test-postgres-")
    try:
        with EmbeddedPostgres(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def fresh_redis(redis_server: EmbeddedRedis) -> str:
    """The URL of an empty Redis: the test process's own server, flushed."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
def fresh_database(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """The superuser's URL of a new empty database, dropped after the test even if somebody is still connected."""
    name = f"test_{uuid.uuid4().hex}"
    execute_alone(postgres_server.url, f'CREATE DATABASE "{name}"')
    yield database_url(postgres_server.url, name)
    execute_alone(postgres_server.url, f'DROP DATABASE "{name}" WITH (FORCE)')


@dataclass(frozen=True)
class MigratedDatabase:
    """A database with the reference service's schema: the URL of its owner, and of the role the service uses."""

    owner_url: str
    service_url: str


@pytest.fixture
def migrated_database(fresh_database: str) -> MigratedDatabase:
    """A new database with the reference service's tables and no rows."""
    return migrated(fresh_database)


def migrated(owner_url: str) -> MigratedDatabase:
    """Bring a database to the reference service's schema."""
    parts = urlsplit(owner_url)
    migrate(owner_url, ServiceRole("app", APP_PASSWORD))
    host = parts.netloc.rpartition("@")[2]
    return MigratedDatabase(owner_url, urlunsplit(parts._replace(netloc=f"app:{APP_PASSWORD}@{host}")))


def execute_alone(url: str, statement: str) -> None:
    """Run one statement outside a transaction, as CREATE DATABASE wants it."""
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def database_url(url: str, name: str) -> str:
    """The same server and role, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
