"""Tenants' budgets in Redis: the fast gate before Postgres, the record.

A script runs as one step in Redis, so no two requests can both spend the last units.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import redis.asyncio as redis

# Amounts stay below 2**53, which Lua's numbers hold exactly.
CHARGE = """
local held = redis.call('GET', KEYS[1])
if not held then return {'missing', '0'} end
local amount = tonumber(ARGV[1])
local number = tonumber(held)
if not number or number < amount then return {'refused', held} end
return {'charged', string.format('%.0f', redis.call('DECRBY', KEYS[1], ARGV[1]))}
"""

REFUND = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('INCRBY', KEYS[1], ARGV[1]) end
return 1
"""


class CounterMissing(Exception):
    """Redis has no budget for this tenant (it was never set, or Redis lost it)."""


class CounterTooLow(Exception):
    """The budget in Redis is smaller than the charge; ``remaining`` is what is left."""

    def __init__(self, remaining: int) -> None:
        super().__init__()
        self.remaining = remaining


class BudgetCounters:
    """One integer a tenant, in ``budget:{user_id}``."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._charge: Any = client.register_script(CHARGE)
        self._refund: Any = client.register_script(REFUND)

    async def charge(self, user_id: UUID, amount: int) -> None:
        """Take ``amount`` units.

        Raises:
            CounterMissing: there is no counter.
            CounterTooLow: less than ``amount`` remains; nothing was taken.
            redis.RedisError, OSError: Redis failed, and whether it took the amount is unknown.
        """
        outcome, held = await self._charge(keys=[counter_key(user_id)], args=[amount])
        if outcome == b"missing":
            raise CounterMissing
        if outcome == b"refused":
            raise CounterTooLow(int(held) if held.isdigit() else 0)

    async def refund(self, user_id: UUID, amount: int) -> None:
        """Give ``amount`` units back, unless the counter is gone."""
        await self._refund(keys=[counter_key(user_id)], args=[amount])

    async def begin(self, user_id: UUID, remaining: int) -> None:
        """Start the counter at what Postgres says remains, unless somebody has just done so."""
        await self._client.set(counter_key(user_id), remaining, nx=True)


def counter_key(user_id: UUID) -> str:
    """The Redis key of a tenant's budget."""
    return f"budget:{user_id}"
