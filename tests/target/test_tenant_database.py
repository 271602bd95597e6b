from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import psycopg2
import pytest

from target.store_checks import TABLES
from target.tenant_database import TenantDatabase
from tests.target.client import connected
from tests.target.conftest import Services, Tenant

Result = TypeVar("Result")
MakeTenant = Callable[..., Tenant]
UNREADABLE = {"secrets": "key"}


def with_database(services: Services, work: Callable[[TenantDatabase], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        database = await TenantDatabase.open(services.stores.service_url)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


@pytest.fixture
def owner(services: Services, tenant: MakeTenant) -> Tenant:
    """A tenant with rows in every table."""

    async def talk(token: str) -> None:
        async with connected(services.first, token) as client:
            await client.chat("m1")
            await client.request("update_state", "state_updated", message_id="u", patch={"a": 1})

    made = tenant()
    asyncio.run(talk(made.token))
    return made


def test_the_services_role_sees_nothing_without_a_tenant(services: Services, owner: Tenant) -> None:
    with psycopg2.connect(services.stores.service_url) as connection, connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count({UNREADABLE.get(table, '*')}) FROM {table}")
            assert cursor.fetchone() == (0,), table
    connection.close()


def test_a_tenants_transaction_sees_its_own_rows_in_every_table_and_no_others(
    services: Services, owner: Tenant, tenant: MakeTenant
) -> None:
    async def counts(database: TenantDatabase) -> tuple[dict[str, int], dict[str, int]]:
        seen = []
        for user_id in (owner.user_id, stranger.user_id):
            async with database.transaction(user_id) as connection:
                seen.append(
                    {t: await connection.fetchval(f"SELECT count({UNREADABLE.get(t, '*')}) FROM {t}") for t in TABLES}
                )
        return seen[0], seen[1]

    stranger = tenant()
    own, strangers = with_database(services, counts)
    assert own == {**dict.fromkeys(TABLES, 1), "messages": 2, "tool_usage_logs": 2}
    assert {table for table, count in strangers.items() if count} == {"users", "budgets", "secrets"}


def test_nothing_can_be_written_into_another_tenants_thread(
    services: Services, owner: Tenant, tenant: MakeTenant
) -> None:
    async def write(database: TenantDatabase) -> None:
        async with database.transaction(owner.user_id) as connection:
            thread_id = await connection.fetchval("SELECT id FROM threads")
        async with database.transaction(tenant().user_id) as connection:
            await connection.execute(
                "INSERT INTO messages (thread_id, role, content) VALUES ($1, 'user', '{}')", thread_id
            )

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        with_database(services, write)


def test_a_secrets_value_can_not_be_read_by_the_service(services: Services, owner: Tenant) -> None:
    async def read(database: TenantDatabase) -> None:
        async with database.transaction(owner.user_id) as connection:
            await connection.fetchval("SELECT encrypted_value FROM secrets")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        with_database(services, read)


def test_a_pooled_connection_does_not_keep_its_tenant(services: Services, owner: Tenant) -> None:
    async def left_over(database: TenantDatabase) -> set[str | None]:
        settings = set()
        for failing in (False, True):
            try:
                async with database.transaction(owner.user_id):
                    if failing:
                        raise ValueError
            except ValueError:
                pass
            async with database._pool.acquire() as connection:
                settings.add(await connection.fetchval("SELECT current_setting('app.user_id', true)"))
        return settings

    assert with_database(services, left_over) <= {"", None}


def test_a_cancelled_transaction_leaves_no_connection_out_of_step(services: Services, owner: Tenant) -> None:
    async def after_cancelling(database: TenantDatabase) -> tuple[list[uuid.UUID], int]:
        async def sleep_in_it() -> None:
            async with database.transaction(owner.user_id) as connection:
                begun.set()
                await connection.execute("SELECT pg_sleep(5)")

        begun = asyncio.Event()
        sleeping = asyncio.create_task(sleep_in_it())
        await begun.wait()
        sleeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeping
        async with database.transaction(owner.user_id) as connection:
            seen = [row["id"] for row in await connection.fetch("SELECT id FROM users")]
        return seen, database.use().in_use

    assert with_database(services, after_cancelling) == ([owner.user_id], 0)


def test_deleting_a_user_removes_everything_of_it(services: Services, owner: Tenant) -> None:
    with psycopg2.connect(services.stores.owner_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM threads WHERE user_id = %s", (str(owner.user_id),))
        threads = [row[0] for row in cursor.fetchall()]
        cursor.execute("DELETE FROM users WHERE id = %s", (str(owner.user_id),))
        for table in ("runs", "messages"):
            cursor.execute(f"SELECT count(*) FROM {table} WHERE thread_id = ANY(%s::uuid[])", (threads,))
            assert cursor.fetchone() == (0,), table
        for table in set(TABLES) - {"runs", "messages", "users"}:
            cursor.execute(f"SELECT count(*) FROM {table} WHERE user_id = %s", (str(owner.user_id),))
            assert cursor.fetchone() == (0,), table
    connection.close()
