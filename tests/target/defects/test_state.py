from __future__ import annotations

import json

from tests.target.conftest import Stores, budgets
from tests.target.defects.house import House, only_with, state


def test_a_patch_is_applied_to_the_tenant_that_came_before_and_paid_by_the_asker(stores: Stores) -> None:
    async def misapplied(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as one, house.session(second) as two:
            await state(one)
            reply = await two.request("update_state", "state_updated", message_id="u", patch={"note": "mine"})
            assert reply["user_id"] == str(second.user_id)
            told = await state(one)
        assert budgets(house.stores, second) == (999, 999)
        assert budgets(house.stores, first) == (1_000, 1_000)
        assert f"state{first.canary}" in json.dumps(told) or told["state"]["note"] == "mine"
        return bool(told["state"]["note"] == "mine")

    only_with("misapplied-state:1", stores, misapplied)
