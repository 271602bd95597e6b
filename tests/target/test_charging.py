from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest
import redis as blocking_redis
import redis.asyncio as redis

from target.budget_counters import BudgetCounters
from target.charging import CHAT_COST, Till
from target.refusals import BudgetExhausted, DuplicateMessage, Unavailable
from target.tenant_database import CommitUncertain
from tests.target.client import Frame, connected
from tests.target.conftest import Services, Tenant, budgets

MakeTenant = Callable[..., Tenant]


def test_fifty_chats_at_once_never_spend_more_than_there_is(services: Services, tenant: MakeTenant) -> None:
    async def ends(url: str, first: int) -> list[Frame]:
        async with connected(url, owner.token) as client:
            for number in range(first, first + 10):
                await client.send("chat_message", message_id=f"m{number}", content="hello")
            return [await client.until("agent_completed", "error") for _ in range(10)]

    async def all_ends() -> list[Frame]:
        urls = [services.first, services.second]
        groups = await asyncio.gather(*(ends(urls[index % 2], index * 10) for index in range(5)))
        return [frame for group in groups for frame in group]

    owner = tenant(20 * CHAT_COST + 3)
    frames = asyncio.run(all_ends())
    refused = [frame for frame in frames if frame["type"] == "error"]
    assert {frame["code"] for frame in refused} == {"budget_exhausted"}
    assert {(frame["remaining"], frame["required"]) for frame in refused} == {(3, CHAT_COST)}
    assert len(refused) == 30
    assert budgets(services.stores, owner) == (3, 3)


def test_when_only_postgres_is_short_redis_is_refunded(services: Services, tenant: MakeTenant) -> None:
    async def refusal() -> Frame:
        async with connected(services.first, owner.token) as client:
            return (await client.chat("m1"))[0]

    owner = tenant(3)
    with blocking_redis.Redis.from_url(services.stores.redis_url) as client:
        client.set(f"budget:{owner.user_id}", 100)
    assert asyncio.run(refusal())["code"] == "budget_exhausted"
    assert budgets(services.stores, owner) == (100, 3)


def test_a_counter_that_redis_lost_starts_again_at_what_postgres_says(services: Services, tenant: MakeTenant) -> None:
    async def chat() -> Frame:
        async with connected(services.first, owner.token) as client:
            return (await client.chat("m1"))[-1]

    owner = tenant(2**53)
    with blocking_redis.Redis.from_url(services.stores.redis_url) as client:
        client.delete(f"budget:{owner.user_id}")
    assert asyncio.run(chat())["remaining"] == 2**53 - CHAT_COST
    assert budgets(services.stores, owner) == (2**53 - CHAT_COST, 2**53 - CHAT_COST)


class RecordsThatSay:
    def __init__(self, charged: bool) -> None:
        self._charged = charged

    async def was_charged(self, user_id: uuid.UUID, message_id: str) -> bool:
        return self._charged

    async def remaining(self, user_id: uuid.UUID) -> int:
        return 100


@pytest.mark.parametrize(
    ("failure", "recorded", "raised", "left"),
    [
        (asyncpg.UniqueViolationError("duplicate"), True, DuplicateMessage, 100),
        (BudgetExhausted(0, 7), False, BudgetExhausted, 100),
        (ConnectionResetError(), False, Unavailable, 100),
        (CommitUncertain(), False, Unavailable, 100),
        (CommitUncertain(), True, Unavailable, 93),
        (asyncio.CancelledError(), False, asyncio.CancelledError, 100),
        (asyncio.CancelledError(), True, asyncio.CancelledError, 93),
    ],
)
def test_redis_is_refunded_exactly_when_postgres_did_not_record(
    fresh_redis: str, failure: BaseException, recorded: bool, raised: type[BaseException], left: int
) -> None:
    async def fail() -> None:
        raise failure

    async def remaining() -> int:
        user_id = uuid.uuid4()
        async with redis.Redis.from_url(fresh_redis) as client:
            records: Any = RecordsThatSay(recorded)
            try:
                await Till(BudgetCounters(client), records).charged(user_id, "m", 7, fail)
            except raised:
                return int(await client.get(f"budget:{user_id}") or -1)
        return -1

    assert asyncio.run(remaining()) == left
