from __future__ import annotations

import asyncio
from collections.abc import Callable

from websockets.exceptions import ConnectionClosed

from tests.target.client import STREAM, Client, Frame, connected
from tests.target.conftest import Services, Tenant

MakeTenant = Callable[..., Tenant]
CHATS = 6


async def resume(client: Client, session_id: str, last_event_id: str | None) -> Frame:
    known = {"last_event_id": last_event_id} if last_event_id else {}
    return await client.request("resume", "resumed", message_id="r", session_id=session_id, **known)


def test_no_event_is_lost_or_doubled_over_a_drop_and_a_resume_in_another_process(
    services: Services, tenant: MakeTenant
) -> None:
    async def both_halves(drop_after: int) -> tuple[list[Frame], list[Frame]]:
        token = tenant().token
        async with connected(services.first, token) as before:
            for number in range(CHATS):
                await before.send("chat_message", message_id=f"m{number}", content="hello")
            for _ in range(drop_after):
                await before.receive()
        last = before.seen[-1]["event_id"] if before.seen else None
        async with connected(services.second, token) as after:
            resumed = await resume(after, before.ready["session_id"], last)
            assert resumed["session_id"] == before.ready["session_id"]
            for _ in range(CHATS * len(STREAM) - len(before.seen)):
                await after.receive()
            await after.answered()
            assert after.seen[0]["type"] == "resumed"
            return before.seen, [frame for frame in after.seen if "event_id" in frame]

    async def at_several_moments() -> list[tuple[list[Frame], list[Frame]]]:
        return await asyncio.gather(*(both_halves(drop_after) for drop_after in (0, 1, 5, 9, 14, 20, 25)))

    for before, after in asyncio.run(at_several_moments()):
        events = before + after
        assert len({event["event_id"] for event in events}) == len(events) == CHATS * len(STREAM)
        for number in range(CHATS):
            assert [event["type"] for event in events if event["message_id"] == f"m{number}"] == STREAM


def test_a_resumed_session_keeps_its_thread_and_goes_on(services: Services, tenant: MakeTenant) -> None:
    async def story() -> tuple[Frame, list[Frame], Frame]:
        token = tenant().token
        async with connected(services.first, token) as before:
            await before.chat("m1", "before the drop")
        async with connected(services.second, token) as after:
            resumed = await resume(after, before.ready["session_id"], before.seen[-1]["event_id"])
            events = await after.chat("m2", session_id=before.ready["session_id"])
            assert resumed["replayed"] == 0
            return before.ready, events, await after.request("history", "history", message_id="h")

    ready, events, history = asyncio.run(story())
    assert {event["thread_id"] for event in events} == {ready["thread_id"]}
    assert history["messages"][0]["content"] == "before the drop"


def test_the_older_socket_of_a_resumed_session_is_closed(services: Services, tenant: MakeTenant) -> None:
    async def code() -> int:
        token = tenant().token
        async with connected(services.first, token) as old, connected(services.second, token) as new:
            await resume(new, old.ready["session_id"], None)
            try:
                await old.receive()
            except ConnectionClosed as closed:
                assert closed.rcvd is not None
                return closed.rcvd.code
        return 0

    assert asyncio.run(code()) == 4001
