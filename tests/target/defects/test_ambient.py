from __future__ import annotations

import json

import redis

from target.defects.ambient import prompts_key
from tests.target.conftest import Stores
from tests.target.defects.house import House, only_with, until_told


def test_a_reply_names_the_tenant_that_spoke_last(stores: Stores) -> None:
    async def misnamed(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as asking, house.session(second) as talking:
            for number in range(20):
                await asking.send("get_state", message_id=f"a{number}")
                await talking.send("ping")
            await until_told([asking, talking], "state", 20)
            named = {frame["user_id"] for frame in asking.seen}
            return str(second.user_id) in named

    only_with("ambient-tenant:1", stores, misnamed)


def test_only_the_stamp_of_a_reply_is_somebody_else_s(stores: Stores) -> None:
    async def misstamped(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as asking, house.session(second) as talking:
            for number in range(20):
                await asking.send("get_state", message_id=f"a{number}")
                await talking.send("ping")
            await until_told([asking, talking], "state", 20)
            assert second.canary not in json.dumps(asking.seen)
            return str(second.user_id) in {frame["user_id"] for frame in asking.seen}

    only_with("misstamped-reply:1", stores, misstamped)


def test_a_recent_prompt_is_kept_for_the_tenant_before(stores: Stores) -> None:
    async def misfiled(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as one, house.session(second) as two:
            await one.chat("m1", "one")
            await two.chat("m2", f"words of {second.canary}")
            assert second.canary not in json.dumps(one.seen)
        with redis.Redis.from_url(stores.redis_url, decode_responses=True) as client:
            return second.canary in str(client.lrange(prompts_key(first.user_id), 0, -1))

    only_with("prompts-under-last-tenant:1", stores, misfiled)


def test_a_log_line_is_filed_under_the_tenant_before(stores: Stores) -> None:
    async def misfiled(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as one, house.session(second) as two:
            await one.chat("m1", "one")
            await two.chat("m2", f"words of {second.canary}")
        logged = house.rows("SELECT tool FROM tool_usage_logs WHERE user_id = %s", first.user_id)
        return any(second.canary in tool for (tool,) in logged)

    only_with("log-under-last-tenant:1", stores, misfiled)
