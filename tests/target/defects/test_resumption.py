from __future__ import annotations

import json

from tests.target.client import Client, Frame
from tests.target.conftest import Stores
from tests.target.defects.house import ATTEMPTS, House, history, only_with, play


async def resume(client: Client, session_id: str) -> Frame:
    return await client.request("resume", "resumed", message_id="r", session_id=session_id)


def test_a_new_session_is_told_the_history_of_who_was_there_before(stores: Stores) -> None:
    async def foreign(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as one:
            await one.chat("m", f"words of {first.canary}")
            await history(one)
        async with house.session(second) as two:
            return first.canary in await history(two)

    only_with("previous-history:1", stores, foreign)


def test_a_session_is_resumed_by_whoever_knows_its_id(stores: Stores) -> None:
    async def replayed(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as one:
            await one.chat("m")
            session_id = one.ready["session_id"]
        async with house.session(second) as two:
            await resume(two, session_id)
            await two.answered()
            return first.canary in json.dumps(two.seen)

    only_with("resume-by-id:1", stores, replayed)


def test_its_owner_resumes_it_all_the_same(stores: Stores) -> None:
    async def replayed(house: House) -> bool:
        owner = house.tenant()
        async with house.session(owner) as before:
            await before.chat("m")
        async with house.session(owner) as after:
            return bool((await resume(after, before.ready["session_id"]))["replayed"] == 5)

    assert play(replayed, stores, "resume-by-id:1")
    assert play(replayed, stores, "resume-by-address:0")


def test_who_comes_back_gets_what_another_has_missed(stores: Stores) -> None:
    async def foreign(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(second) as two:
            await two.chat("m2")
        async with house.session(first) as one:
            await one.send("chat_message", message_id="m1", content="hello")
        async with house.session(second) as again:
            for _ in range(ATTEMPTS):  # until the service has noticed that the first is gone, and its agent has spoken
                await resume(again, two.ready["session_id"])
                await again.answered()
                if first.canary in json.dumps(again.seen):
                    return True
            return False

    only_with("resume-by-address:1", stores, foreign, think_median_ms=5)
