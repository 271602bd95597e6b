"""Looked at before serving: do the stores answer, are the tables there, does row security bind our role?"""

from __future__ import annotations

import asyncio

import asyncpg
import redis.asyncio as redis
from redis.exceptions import AuthenticationError, RedisError

from target.defects.catalogue import VIEW, entries
from target.errors import SchemaError, StoreUnreachableError
from target.settings import ServiceSettings, address_of

TIMEOUT_S = 5.0
TABLES = (
    "users",
    "threads",
    "runs",
    "messages",
    "agent_state_snapshots",
    "user_sessions",
    "agent_states",
    "secrets",
    "budgets",
    "tool_usage_logs",
)
MISSING_TABLES = """
SELECT array_agg(name ORDER BY name) FROM unnest($1::text[]) AS name WHERE to_regclass(quote_ident(name)) IS NULL
"""
UNBOUND_ROLE = """
SELECT rolsuper OR rolbypassrls OR EXISTS (
    SELECT FROM pg_tables WHERE tablename = ANY($1) AND tableowner = current_user
)
FROM pg_roles WHERE rolname = current_user
"""


async def check_stores(settings: ServiceSettings) -> None:
    """Return if the service can work with its stores.

    Raises:
        StoreUnreachableError: Redis or Postgres does not answer, or refuses the password.
        SchemaError: tables are missing, or row-level security would not bind the role.
    """
    await _check_redis(settings.redis_url)
    await _check_postgres(settings.postgres_url)
    await _check_prepared(settings)


async def _check_prepared(settings: ServiceSettings) -> None:
    wanting = [choice.name for choice in settings.behaviour.defects if entries()[choice.name].prepared]
    if not wanting:
        return
    connection = await asyncpg.connect(settings.postgres_url, timeout=TIMEOUT_S)
    try:
        if not await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", VIEW):
            raise SchemaError(
                f"the database is not prepared for the defect {wanting[0]}; "
                f"run: python -m target migrate --defect {wanting[0]} (with POSTGRES_URL)"
            )
    finally:
        await asyncio.wait_for(connection.close(), TIMEOUT_S)


async def _check_redis(url: str) -> None:
    client = redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
    try:
        await client.ping()
    except AuthenticationError:
        raise StoreUnreachableError(f"Redis at {address_of(url)} refuses the password in REDIS_URL") from None
    except (RedisError, OSError, ValueError):
        raise StoreUnreachableError(
            f"Redis does not answer at {address_of(url)}; check REDIS_URL, or use: python -m target run"
        ) from None
    finally:
        await client.aclose()


async def _check_postgres(url: str) -> None:
    try:
        connection = await asyncpg.connect(url, timeout=TIMEOUT_S)
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError):
        raise StoreUnreachableError(
            f"Postgres at {address_of(url)} refuses the role, password or database in TARGET_POSTGRES_URL"
        ) from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ValueError):
        raise StoreUnreachableError(
            f"Postgres does not answer at {address_of(url)}; check TARGET_POSTGRES_URL, or use: python -m target run"
        ) from None
    try:
        missing = await connection.fetchval(MISSING_TABLES, list(TABLES))
        if missing:
            raise SchemaError(
                f"the database lacks the tables {', '.join(missing)}; run: python -m target migrate (with POSTGRES_URL)"
            )
        if await connection.fetchval(UNBOUND_ROLE, list(TABLES)):
            raise SchemaError(
                "the role in TARGET_POSTGRES_URL is a superuser, the tables' owner or has BYPASSRLS, so row security "
                "would not bind it; use the role app that python -m target migrate makes"
            )
    finally:
        await asyncio.wait_for(connection.close(), TIMEOUT_S)
