from __future__ import annotations

import redis

from target.charging import CHAT_COST
from target.defects.balances import BATCH, dashboard_key
from tests.target.conftest import Stores, Tenant, budgets
from tests.target.defects.house import House, only_with, state

SESSIONS_AFTER = 20


def test_a_tenant_is_shown_the_quota_shown_before(stores: Stores) -> None:
    async def shown(house: House) -> bool:
        first, second = house.tenant(1_000), house.tenant(500)
        async with house.session(first) as one, house.session(second) as two:
            assert (await state(one))["budget"]["quota"] == 1_000
            told = (await state(two))["budget"]
        assert told["remaining"] == 500
        return bool(told["quota"] == 1_000)

    only_with("quota-of-last:1", stores, shown)


def test_a_balance_is_kept_for_the_tenant_before(stores: Stores) -> None:
    async def kept(house: House) -> bool:
        first, second = house.tenant(1_000), house.tenant(500)
        async with house.session(first) as one, house.session(second) as two:
            await state(one)
            assert (await state(two))["budget"]["quota"] == 500
        with redis.Redis.from_url(stores.redis_url, decode_responses=True) as client:
            return bool(client.hget(dashboard_key(first.user_id), "remaining") == "500")

    only_with("balance-under-last-tenant:1", stores, kept)


def test_a_quota_is_shown_as_it_was_before_a_charge(stores: Stores) -> None:
    async def stale(house: House) -> bool:
        owner = house.tenant(1_000)
        async with house.session(owner) as client:
            await state(client)
            await client.chat("m")
            told = (await state(client))["budget"]
        assert told["remaining"] == 1_000 - CHAT_COST
        assert budgets(house.stores, owner) == (1_000 - CHAT_COST, 1_000 - CHAT_COST)
        return bool(told["quota"] == 1_000)

    only_with("stale-balance:1", stores, stale)


def test_the_last_request_is_counted_again_when_its_session_is_closed(stores: Stores) -> None:
    async def counted(house: House) -> bool:
        owner, silent = house.tenant(), house.tenant()
        async with house.session(silent), house.session(owner) as client:
            for number in range(BATCH):
                await client.chat(f"m{number}")
        twice = await charged_again(house, owner)
        assert budgets(house.stores, silent) == (1_000, 1_000)
        return twice

    only_with("counted-at-close:1", stores, counted)


async def charged_again(house: House, owner: Tenant) -> bool:
    """Whether the tenant is charged once more, in Redis alone; the service may hear of a close a moment after us."""
    once = 1_000 - BATCH * CHAT_COST
    for _ in range(SESSIONS_AFTER):
        async with house.session(owner) as client:
            await state(client)
        in_redis, in_postgres = budgets(house.stores, owner)
        assert in_postgres == once
        if in_redis != once:
            return in_redis == once - CHAT_COST
    return False
