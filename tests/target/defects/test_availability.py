from __future__ import annotations

from tests.target.client import Frame
from tests.target.conftest import Stores, budgets
from tests.target.defects.house import House, only_with, play

CHATS = 4


def moment(event: Frame) -> tuple[int, int]:
    milliseconds, _, sequence = event["event_id"].partition("-")
    return int(milliseconds), int(sequence)


def test_one_tenant_s_chats_delay_another_s(stores: Stores) -> None:
    async def delayed(house: House) -> bool:
        busy, waiting = house.tenant(), house.tenant()
        async with house.session(busy) as one, house.session(waiting) as two:
            for number in range(CHATS):
                await one.send("chat_message", message_id=f"m{number}", content="hello")
            await one.until("agent_started")
            began = moment((await two.chat("mine"))[0])
            ends = [frame for frame in one.seen if frame["type"] == "agent_completed"]
            # Not before: the next in line may start in the same millisecond, and each stream numbers its own events.
            return began >= moment(ends[0] if ends else await one.until("agent_completed"))

    only_with("noisy-neighbour:1", stores, delayed, think_median_ms=200)


def test_requests_are_never_answered_and_pings_are(stores: Stores) -> None:
    async def unanswered(house: House) -> bool:
        owner = house.tenant()
        async with house.session(owner) as client:
            await client.send("chat_message", message_id="m", content="hello")
            await client.send("get_state", message_id="s")
            await client.answered()
            return {frame["type"] for frame in client.seen} == {"pong"} and budgets(stores, owner) == (1_000, 1_000)

    assert play(unanswered, stores, "silent")


def test_some_requests_are_answered_at_a_lower_rate(stores: Stores) -> None:
    async def some(house: House) -> bool:
        async with house.session(house.tenant()) as client:
            for number in range(40):
                await client.send("get_state", message_id=f"s{number}")
            while not any(frame["type"] == "state" for frame in client.seen):
                await client.receive()
        return True

    assert play(some, stores, "silent:0.5")
