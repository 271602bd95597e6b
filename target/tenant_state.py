"""A tenant's state: Postgres is the record, Redis the hot copy. The higher version is the newer one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from target.hot_copies import HotCopies, HotState, document
from target.refusals import BudgetExhausted
from target.tenant_database import TenantDatabase

READ = """
SELECT
    (SELECT state::text FROM agent_states WHERE user_id = $1) AS state,
    (SELECT version FROM agent_states WHERE user_id = $1) AS version,
    (SELECT remaining FROM budgets WHERE user_id = $1) AS remaining
"""

# The first write takes over what was put into Redis without a version (by whoever set the tenant up).
WRITE = """
WITH paid AS (
    UPDATE budgets SET remaining = remaining - $4 WHERE user_id = $1 AND remaining >= $4 RETURNING remaining
), written AS (
    INSERT INTO agent_states AS held (user_id, state, version) SELECT $1, $2::jsonb || $3::jsonb, 1 FROM paid
    ON CONFLICT (user_id) DO UPDATE
    SET state = held.state || $2::jsonb || $3::jsonb, version = held.version + 1, updated_at = clock_timestamp()
    RETURNING state::text, version
), usage AS (
    INSERT INTO tool_usage_logs (id, user_id, tool, tokens_used, cost_cents, message_id)
    SELECT gen_random_uuid(), $1, 'update_state', 0, $4, $5 FROM written
)
SELECT written.state, written.version, paid.remaining FROM written, paid
"""


@dataclass(frozen=True)
class StateView:
    """A tenant's state, context and budget as its owner sees them."""

    state: dict[str, Any]
    context: dict[str, str]
    version: int
    remaining: int
    quota: int


@dataclass(frozen=True)
class StateWrite:
    """The outcome of an update."""

    version: int
    remaining: int
    state_json: str


class TenantState:
    """Reads and merges tenants' state."""

    def __init__(self, database: TenantDatabase, copies: HotCopies) -> None:
        self._database = database
        self._copies = copies

    async def hot(self, user_id: UUID) -> HotState:
        """Context, state and quota from Redis."""
        return await self._copies.read(user_id)

    async def read(self, user_id: UUID) -> StateView:
        """The newest of both stores' states; Redis's where it carries no version."""
        hot = await self.hot(user_id)
        async with self._database.transaction(user_id) as connection:
            row = await connection.fetchrow(READ, user_id)
        recorded = row["version"] or 0
        stale = not hot.state or (hot.version is not None and hot.version < recorded)
        return StateView(
            state=document(row["state"]) if stale and row["state"] else hot.state,
            context=hot.context,
            version=max(recorded, hot.version or 0),
            remaining=row["remaining"] or 0,
            quota=hot.quota,
        )

    async def merge(self, user_id: UUID, patch: dict[str, Any], message_id: str, cost: int) -> StateWrite:
        """Charge ``cost`` units and set the patch's top-level fields, in one transaction.

        Hand the outcome to ``renew_hot_copy`` afterwards.

        Raises:
            BudgetExhausted: too little remains.
            asyncpg.UniqueViolationError: the message id was charged before.
        """
        hot = await self.hot(user_id)
        base = hot.state if hot.version is None else {}
        async with self._database.transaction(user_id) as connection:
            row = await connection.fetchrow(
                WRITE, user_id, orjson.dumps(base).decode(), orjson.dumps(patch).decode(), cost, message_id
            )
            if row is None:
                held = await connection.fetchval("SELECT remaining FROM budgets WHERE user_id = $1", user_id)
                raise BudgetExhausted(held or 0, cost)
        return StateWrite(row["version"], row["remaining"], row["state"])

    async def renew_hot_copy(self, user_id: UUID, write: StateWrite) -> None:
        """Put a state that Postgres has committed into Redis, unless a newer one is there."""
        await self._copies.renew(user_id, write.version, write.state_json)
