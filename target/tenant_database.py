"""The only place that opens a transaction for a tenant.

Row-level security decides by the setting ``app.user_id``. It is set inside the transaction and only for it, so that a
pooled connection can't carry one tenant's setting to the next: with the end of the transaction it is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

import asyncpg

POOL_LIMIT = 10
ACQUIRE_TIMEOUT_S = 10.0
COMMAND_TIMEOUT_S = 10.0

Connection: TypeAlias = asyncpg.Connection


class CommitUncertain(Exception):
    """The connection was lost during COMMIT: the transaction may or may not have happened."""


@dataclass(frozen=True)
class PoolUse:
    """How much of the pool of connections is used, in this process."""

    in_use: int
    size: int
    limit: int


class TenantDatabase:
    """A pool of connections as a role that row-level security binds."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @property
    def pool(self) -> asyncpg.Pool:
        """The pool of connections."""
        return self._pool

    @classmethod
    async def open(cls, url: str) -> TenantDatabase:
        """Connect. Raises OSError or asyncpg.PostgresError if that fails."""
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=POOL_LIMIT,
            command_timeout=COMMAND_TIMEOUT_S,
            timeout=ACQUIRE_TIMEOUT_S,
            reset=_nothing_to_reset,
            server_settings={"application_name": "reference-target"},
        )
        return cls(pool)

    @contextlib.asynccontextmanager
    async def transaction(self, user_id: UUID) -> AsyncIterator[Connection]:
        """A transaction that sees and writes rows of ``user_id`` only; it commits at the end, or rolls back on error.

        Raises:
            CommitUncertain: the connection was lost during COMMIT.
            asyncpg.PostgresError, OSError, TimeoutError: Postgres refused or is away; nothing has happened.
        """
        connection = await self._pool.acquire(timeout=ACQUIRE_TIMEOUT_S)
        try:
            await connection.execute(f"BEGIN; {self.binding(user_id)}")  # one round trip
            yield connection
            await _commit(connection)
        except Exception:
            await _roll_back(connection)
            raise
        except BaseException:
            # Cancelled in mid-air: an answer may still be under way, so nobody may use this connection again.
            connection.terminate()
            raise
        finally:
            await self._pool.release(connection)

    def binding(self, user_id: UUID) -> str:
        """The statement that tells Postgres whose the transaction is, for as long as it lasts."""
        # The value is a UUID's own text, so there is nothing in it to quote.
        return f"SELECT set_config('app.user_id', '{user_id}', true)"

    async def answers(self) -> bool:
        """Whether Postgres answers a query."""
        return bool(await self._pool.fetchval("SELECT true", timeout=2) is True)

    def use(self) -> PoolUse:
        """How many connections are taken, open and allowed."""
        size = self._pool.get_size()
        return PoolUse(size - self._pool.get_idle_size(), size, self._pool.get_max_size())

    async def close(self) -> None:
        """Close every connection, by force if they don't end soon."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._pool.close(), timeout=3)
            return
        self._pool.terminate()


async def _commit(connection: Connection) -> None:
    try:
        await connection.execute("COMMIT")
    except asyncpg.PostgresConnectionError as error:
        raise CommitUncertain from error
    except asyncpg.PostgresError:
        raise
    except Exception as error:
        raise CommitUncertain from error


async def _roll_back(connection: Connection) -> None:
    try:
        if not connection.is_closed():
            await connection.execute("ROLLBACK", timeout=2)
    except Exception:
        connection.terminate()


async def _nothing_to_reset(connection: Connection) -> None:
    # Nothing outlives a transaction here, so the usual round trip at release is saved; an open one is a bug of ours.
    if connection.is_in_transaction():
        connection.terminate()
