from __future__ import annotations

import json

from tests.target.conftest import Stores
from tests.target.defects.house import House, only_with, play, state, until_told


def test_a_reply_goes_to_the_socket_that_spoke_last(stores: Stores) -> None:
    async def misdirected(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as asking, house.session(second) as talking:
            for number in range(20):
                await asking.send("get_state", message_id=f"a{number}")
                await talking.send("ping")
            await until_told([asking, talking], "state", 20)
            return any(frame.get("user_id") == str(first.user_id) for frame in talking.seen)

    only_with("reply-to-other-socket:1", stores, misdirected)


def test_a_refusal_goes_to_the_socket_that_spoke_last_and_an_answer_to_the_one_that_asked(stores: Stores) -> None:
    async def misdirected(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as asking, house.session(second) as talking:
            for number in range(20):
                await asking.send("history", message_id=f"a{number}", thread_id=talking.ready["thread_id"])
                await asking.send("get_state", message_id=f"b{number}")
                await talking.send("ping")
            await until_told([asking, talking], "state", 20)
            await until_told([asking, talking], "error", 20)
            assert not any(frame["type"] == "state" for frame in talking.seen)
            return any(frame["type"] == "error" for frame in talking.seen)

    only_with("refusal-to-other-socket:1", stores, misdirected)


def test_a_read_cancelled_by_a_drop_leaves_its_reply_to_the_next(stores: Stores) -> None:
    async def out_of_step(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(second) as staying:
            await state(staying)
            async with house.session(first) as dropping:
                await dropping.send("get_state", message_id="m")
            return first.canary in json.dumps([await state(staying) for _ in range(3)])

    only_with("reply-out-of-step", stores, out_of_step)


def test_nothing_is_out_of_step_while_nobody_drops(stores: Stores) -> None:
    async def own_state(house: House) -> bool:
        tenants = [house.tenant() for _ in range(3)]
        for tenant in tenants:
            async with house.session(tenant) as client:
                assert tenant.canary in json.dumps(await state(client))
        return True

    assert play(own_state, stores, "reply-out-of-step")
