"""A tenant's state: Postgres is the record, Redis the hot copy. The higher version is the newer one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import redis.asyncio as redis

from target.refusals import BudgetExhausted
from target.tenant_database import TenantDatabase

# An older writer that comes late must not put back an older state.
KEEP_NEWER = """
local held = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if held < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'version', ARGV[1], 'state', ARGV[2]) end
return 1
"""

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
class HotState:
    """What Redis holds of a tenant."""

    context: dict[str, str]
    state: dict[str, Any]
    version: int | None
    quota: int


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

    def __init__(self, database: TenantDatabase, client: redis.Redis) -> None:
        self._database = database
        self._client = client
        self._keep_newer: Any = client.register_script(KEEP_NEWER)

    async def hot(self, user_id: UUID) -> HotState:
        """Context, state and quota from Redis, in one round trip."""
        pipeline = self._client.pipeline(transaction=False)
        pipeline.hgetall(f"user_context:{user_id}")
        pipeline.hmget(f"agent_state:{user_id}", ["state", "version"])
        pipeline.get(f"budget:{user_id}")
        context, (state, version), quota = await pipeline.execute()
        return HotState(
            context={key.decode(errors="replace"): value.decode(errors="replace") for key, value in context.items()},
            state=_document(state),
            version=_integer(version),
            quota=_integer(quota) or 0,
        )

    async def read(self, user_id: UUID) -> StateView:
        """The newest of both stores' states; Redis's where it carries no version."""
        hot = await self.hot(user_id)
        async with self._database.transaction(user_id) as connection:
            row = await connection.fetchrow(READ, user_id)
        recorded = row["version"] or 0
        stale = not hot.state or (hot.version is not None and hot.version < recorded)
        return StateView(
            state=_document(row["state"]) if stale and row["state"] else hot.state,
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
        await self._keep_newer(keys=[f"agent_state:{user_id}"], args=[write.version, write.state_json])


def _document(text: bytes | str | None) -> dict[str, Any]:
    try:
        document = orjson.loads(text or b"{}")
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _integer(text: bytes | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError:
        return None
