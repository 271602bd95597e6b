"""Two processes of the service on one pair of stores, and tenants for them."""

from __future__ import annotations

import os
import secrets
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
import redis

from target.embedded import EmbeddedPostgres, EmbeddedRedis, Guardian
from target.service_process import ServiceCommand, ServiceProcess
from target.tokens import mint
from tests.fixtures_stores import MigratedDatabase, database_url, execute_alone, migrated

SECRET_VALUE = "sealed-value-that-no-answer-may-show"


@dataclass(frozen=True)
class Stores:
    redis_url: str
    owner_url: str
    service_url: str


@dataclass(frozen=True)
class Tenant:
    user_id: uuid.UUID
    budget: int
    token: str
    canary: str


@dataclass(frozen=True)
class Services:
    """Where two processes of the service listen, and their signing key."""

    first: str
    second: str
    jwt_secret: str
    stores: Stores


@pytest.fixture(scope="session")
def stores(postgres_server: EmbeddedPostgres, redis_server: EmbeddedRedis) -> Stores:
    execute_alone(postgres_server.url, "CREATE DATABASE target_tests")
    database: MigratedDatabase = migrated(database_url(postgres_server.url, "target_tests"))
    return Stores(redis_server.url, database.owner_url, database.service_url)


@pytest.fixture(scope="session")
def start_service(
    stores: Stores, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., tuple[ServiceProcess, str]]]:
    """Start the service with the options given; returns its process and its signing key."""
    running: list[ServiceProcess] = []
    jwt_secret = secrets.token_hex(32)
    with Guardian() as guardian:

        def start(*options: str, stores: Stores = stores) -> tuple[ServiceProcess, str]:
            folder: Path = tmp_path_factory.mktemp("service")
            environment = {
                **os.environ,
                "REDIS_URL": stores.redis_url,
                "TARGET_POSTGRES_URL": stores.service_url,
                "TARGET_JWT_SECRET": jwt_secret,
            }
            command = ServiceCommand("service", ["serve", *options], environment, "127.0.0.1", 0)
            process = ServiceProcess(command, folder, guardian)
            process.start()
            running.append(process)
            return process, jwt_secret

        yield start
        for process in running:
            process.stop()


@pytest.fixture(scope="session")
def services(start_service: Callable[..., tuple[ServiceProcess, str]], stores: Stores) -> Services:
    first, jwt_secret = start_service("--think-median-ms", "15", "--seed", "1")
    second, _ = start_service("--think-median-ms", "15", "--seed", "2")
    return Services(socket_url(first), socket_url(second), jwt_secret, stores)


@pytest.fixture
def tenant(services: Services) -> Callable[..., Tenant]:
    """Make a tenant in both stores."""

    def make(budget: int = 1_000, *, active: bool = True) -> Tenant:
        return provision(services.stores, services.jwt_secret, budget, active=active)

    return make


def provision(
    stores: Stores, jwt_secret: str, budget: int, *, active: bool = True, user_id: uuid.UUID | None = None
) -> Tenant:
    user_id, canary = user_id or uuid.uuid4(), f"canary{uuid.uuid4().hex}"
    with psycopg2.connect(stores.owner_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO users (id, email, is_active) VALUES (%s, %s, %s);"
            "INSERT INTO budgets (user_id, starting, remaining) VALUES (%s, %s, %s);"
            "INSERT INTO secrets (user_id, key, encrypted_value) VALUES (%s, 'api_key', %s)",
            (str(user_id), f"{user_id}@example.com", active, str(user_id), budget, budget, str(user_id), SECRET_VALUE),
        )
    connection.close()
    with redis.Redis.from_url(stores.redis_url) as client:
        client.set(f"budget:{user_id}", budget)
        client.hset(f"user_context:{user_id}", mapping={"project": canary})
        client.hset(f"agent_state:{user_id}", "state", f'{{"note": "state{canary}"}}')
    return Tenant(user_id, budget, mint(user_id, jwt_secret), canary)


def socket_url(process: ServiceProcess) -> str:
    return f"ws://127.0.0.1:{process.port}/ws"


def budgets(stores: Stores, tenant: Tenant) -> tuple[int, int]:
    """What remains in Redis and in Postgres."""
    with redis.Redis.from_url(stores.redis_url) as client:
        held = client.get(f"budget:{tenant.user_id}")
    connection = psycopg2.connect(stores.owner_url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT remaining FROM budgets WHERE user_id = %s", (str(tenant.user_id),))
            row = cursor.fetchone()
    finally:
        connection.close()
    assert isinstance(held, bytes)
    assert row is not None
    return int(held), int(row[0])
