from __future__ import annotations

import redis

from target.defects.budgets import SHARED_BUCKET
from tests.target.conftest import Stores, budgets
from tests.target.defects.house import House, only_with, state


def test_the_one_before_pays(stores: Stores) -> None:
    async def misled(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as one, house.session(second) as two:
            await one.chat("m1")
            await two.chat("m2")
        amounts = (budgets(house.stores, first), budgets(house.stores, second))
        assert amounts in [((993, 993), (993, 993)), ((986, 993), (1_000, 993))]
        return amounts[1][0] == 1_000

    only_with("charge-other:1", stores, misled)


def test_of_two_charges_at_once_one_is_lost(stores: Stores) -> None:
    async def lost(house: House) -> bool:
        owner = house.tenant()
        async with house.session(owner) as client:
            for number in range(2):
                await client.send("chat_message", message_id=f"m{number}", content="hello")
            for _ in range(2):
                await client.until("agent_completed")
        in_redis, in_postgres = budgets(house.stores, owner)
        assert in_postgres == 986
        return in_redis == 993

    only_with("lost-budget-update:1", stores, lost)


def test_a_charge_is_made_twice(stores: Stores) -> None:
    async def doubled(house: House) -> bool:
        owner = house.tenant()
        async with house.session(owner) as client:
            await client.chat("m")
        return budgets(house.stores, owner) == (986, 993)

    only_with("double-charge:1", stores, doubled)


def test_a_tenant_without_units_is_served(stores: Stores) -> None:
    async def served(house: House) -> bool:
        owner = house.tenant(3)
        async with house.session(owner) as client:
            served = bool((await client.chat("m"))[-1]["type"] == "agent_completed")
            updated = await client.request("update_state", "state_updated", message_id="u", patch={"a": 1})
            assert (updated["type"] == "state_updated") in (served, True)
            return served

    only_with("no-limit:1", stores, served)


def test_a_tenant_with_units_is_refused(stores: Stores) -> None:
    async def refused(house: House) -> bool:
        owner = house.tenant()
        async with house.session(owner) as client:
            end = (await client.chat("m"))[-1]
        assert budgets(house.stores, owner)[0] in (1_000, 993)
        return bool(end.get("code") == "budget_exhausted")

    only_with("early-refusal:1", stores, refused)


def test_who_comes_after_others_is_refused_with_units_of_its_own(stores: Stores) -> None:
    async def refused(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as one, house.session(second) as two:
            await one.chat("m1")
            end = (await two.chat("m2"))[-1]
        told = end.get("code") == "budget_exhausted"
        assert not told or end["remaining"] == 1_000
        return bool(told)

    only_with("shared-limit:1", stores, refused)


def test_one_bucket_is_everybody_s(stores: Stores) -> None:
    async def shared(house: House) -> bool:
        with redis.Redis.from_url(stores.redis_url) as client:
            client.delete(SHARED_BUCKET)
        first, second = house.tenant(1_000), house.tenant(500)
        async with house.session(first) as one, house.session(second) as two:
            await one.chat("m")
            return bool((await state(two))["budget"]["quota"] == 993)

    only_with("shared-quota:1", stores, shared)
