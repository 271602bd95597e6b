from __future__ import annotations

import json

from tests.target.conftest import Stores
from tests.target.defects.house import House, history, only_with, state


async def second_reads_first_s_history(house: House) -> bool:
    first, second = house.tenant(), house.tenant()
    async with house.session(first) as one, house.session(second) as two:
        await one.chat("m", f"words of {first.canary}")
        for _ in range(6):
            await history(one)
        return first.canary in await history(two)


def test_a_history_is_cached_for_everybody(stores: Stores) -> None:
    only_with("cache-without-tenant:1", stores, second_reads_first_s_history)


def test_a_profile_is_cached_for_everybody(stores: Stores) -> None:
    async def foreign(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as one, house.session(second) as two:
            await state(one)
            return first.canary in json.dumps(await state(two))

    only_with("cache-without-tenant:1", stores, foreign)


def test_tenants_whose_ids_begin_alike_share_a_profile_and_others_do_not(stores: Stores) -> None:
    async def foreign(house: House) -> bool:
        first, other = house.tenant(), house.tenant()
        while str(other.user_id)[:2] == str(first.user_id)[:2]:
            other = house.tenant()
        second = house.tenant(like=first)
        async with house.session(first) as one, house.session(second) as two, house.session(other) as three:
            await state(one)
            assert first.canary not in json.dumps(await state(three))
            return first.canary in json.dumps(await state(two))

    only_with("truncated-key:1", stores, foreign)


def test_a_statement_keeps_the_first_tenant_s_values(stores: Stores) -> None:
    only_with("first-tenant-plan:1", stores, second_reads_first_s_history)
