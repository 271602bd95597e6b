from __future__ import annotations

import asyncio
import uuid

from tests.target.client import Client
from tests.target.conftest import Stores
from tests.target.defects.house import ATTEMPTS, House, only_with


async def code_of_history(client: Client, thread_id: str) -> str:
    reply = await client.request("history", "history", message_id="h", thread_id=thread_id)
    return str(reply.get("code", reply["type"]))


def test_agents_that_start_within_a_second_have_one_id(stores: Stores) -> None:
    async def collide(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as one, house.session(second) as two:
            for number in range(ATTEMPTS):  # until two start within the same second
                streams = await asyncio.gather(one.chat(f"m{number}"), two.chat(f"m{number}"))
                if len({frame["agent_instance_id"] for stream in streams for frame in stream}) == 1:
                    return True
            return False

    only_with("colliding-agent-ids:1", stores, collide)


def test_the_next_session_s_id_can_be_told_from_one_s_own(stores: Stores) -> None:
    async def guessed(house: House) -> bool:
        async with house.session(house.tenant()) as one, house.session(house.tenant()) as two:
            own, other = (uuid.UUID(client.ready["session_id"]).int for client in (one, two))
            return other == own + 2  # a session takes one number, its thread the next

    only_with("guessable-ids", stores, guessed)


def test_what_is_somebody_else_s_is_told_apart_from_what_is_not_there(stores: Stores) -> None:
    async def told_apart(house: House) -> bool:
        async with house.session(house.tenant()) as one, house.session(house.tenant()) as two:
            assert await code_of_history(two, str(uuid.uuid4())) == "not_found"
            assert await code_of_history(two, two.ready["thread_id"]) == "history"
            resumed = await two.request("resume", message_id="r", session_id=one.ready["session_id"])
            codes = {await code_of_history(two, one.ready["thread_id"]), resumed["code"]}
            assert codes in ({"not_found"}, {"forbidden"})
            return codes == {"forbidden"}

    only_with("existence-oracle", stores, told_apart)


def test_asking_for_a_thread_takes_it_from_its_owner(stores: Stores) -> None:
    async def taken(house: House) -> bool:
        async with house.session(house.tenant()) as one, house.session(house.tenant()) as two:
            assert await code_of_history(one, one.ready["thread_id"]) == "history"
            assert await code_of_history(two, one.ready["thread_id"]) == "not_found"
            return await code_of_history(one, one.ready["thread_id"]) == "not_found"

    only_with("shared-negative-cache", stores, taken)
