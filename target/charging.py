"""One charge in two stores: Redis first, then Postgres together with what is paid for, or neither."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import asyncpg
import redis.exceptions

from target.budget_counters import BudgetCounters, CounterMissing, CounterTooLow
from target.records import Records
from target.refusals import BudgetExhausted, DuplicateMessage, Refusal, Unavailable
from target.tenant_database import CommitUncertain

CHAT_COST = 7
UPDATE_COST = 1
REFUND_ATTEMPTS = 5

Result = TypeVar("Result")
STORE_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, redis.exceptions.RedisError, OSError, TimeoutError)

logger = logging.getLogger(__name__)


class Till:
    """Takes a tenant's units in both stores and gives them back if the paid-for work was not recorded."""

    def __init__(self, counters: BudgetCounters, records: Records) -> None:
        self._counters = counters
        self._records = records

    async def charged(
        self, user_id: UUID, message_id: str, amount: int, record: Callable[[], Awaitable[Result]]
    ) -> Result:
        """Charge ``amount`` units in Redis, then let ``record`` charge and record in one Postgres transaction.

        The caller must not cancel this in the middle (requests run to their end even if their socket is gone); if it
        happens all the same, what Postgres did not record is refunded.

        Raises:
            BudgetExhausted, DuplicateMessage, NotFound: nothing was charged.
            Unavailable: a store failed; the charge may stand.
        """
        await self._take(user_id, amount)
        try:
            return await record()
        except CommitUncertain:
            await self._settle_uncertain(user_id, message_id, amount)
            raise Unavailable("the database was lost while the request was recorded") from None
        except asyncpg.UniqueViolationError:
            await self._give_back(user_id, amount)
            raise DuplicateMessage("this message_id was used before") from None
        except Refusal:
            await self._give_back(user_id, amount)
            raise
        except STORE_FAILURES:
            await self._give_back(user_id, amount)
            raise Unavailable("the database did not record the request") from None
        except BaseException:
            await asyncio.shield(self._settle_uncertain(user_id, message_id, amount))
            raise

    async def _take(self, user_id: UUID, amount: int) -> None:
        try:
            try:
                await self._counters.charge(user_id, amount)
            except CounterMissing:
                await self._counters.begin(user_id, await self._records.remaining(user_id))
                await self._counters.charge(user_id, amount)
        except CounterTooLow as error:
            raise BudgetExhausted(error.remaining, amount) from None
        except (*STORE_FAILURES, CounterMissing):
            raise Unavailable("the budget could not be charged") from None

    async def _settle_uncertain(self, user_id: UUID, message_id: str, amount: int) -> None:
        # Fail closed: units whose fate nobody can tell stay spent, or a tenant could spend them twice.
        for attempt in range(REFUND_ATTEMPTS):
            with contextlib.suppress(*STORE_FAILURES):
                if not await self._records.was_charged(user_id, message_id):
                    await self._give_back(user_id, amount)
                return
            await asyncio.sleep(0.1 * 2**attempt)
        logger.warning("a charge of %d units could not be settled and stands in Redis", amount)

    async def _give_back(self, user_id: UUID, amount: int) -> None:
        for attempt in range(REFUND_ATTEMPTS):
            try:
                await asyncio.shield(self._counters.refund(user_id, amount))
                return
            except redis.exceptions.ConnectionError:
                await asyncio.sleep(0.1 * 2**attempt)
            except (redis.exceptions.RedisError, OSError, TimeoutError):
                break  # Redis may have done it: doing it again could give units away
        logger.warning("a refund of %d units did not reach Redis", amount)
