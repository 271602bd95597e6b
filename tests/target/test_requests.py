from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from target.charging import CHAT_COST
from target.service_process import ServiceProcess
from target.session import CHATS_IN_FLIGHT
from tests.target.client import STREAM, Frame, connected
from tests.target.conftest import SECRET_VALUE, Services, Stores, Tenant, budgets, provision, socket_url

MakeTenant = Callable[..., Tenant]


@pytest.mark.parametrize(
    "frame",
    [
        "not json",
        "[1]",
        "3",
        '{"no": "type"}',
        '{"type": "secretword"}',
        '{"type": ["secretword"]}',
        '{"type": "chat_message", "content": "secretword"}',
        '{"type": "chat_message", "message_id": "m", "content": {"secretword": 1}}',
        '{"type": "chat_message", "message_id": "m", "content": "a", "thread_id": "secretword"}',
        '{"type": "chat_message", "message_id": "m", "content": "a\\u0000b"}',
        '{"type": "update_state", "message_id": "m", "patch": ["secretword"]}',
        '{"type": "history", "message_id": "m", "limit": 100000}',
        '{"type": "resume", "message_id": "m", "session_id": "secretword"}',
        json.dumps({"type": "chat_message", "message_id": "m", "content": "secretword" * 4_000}),
        b"\x00\x01",
    ],
)
def test_a_bad_frame_is_answered_without_its_text_and_the_session_stays(
    services: Services, tenant: MakeTenant, frame: str | bytes
) -> None:
    async def error_and_pong() -> tuple[Frame, Frame]:
        async with connected(services.first, tenant().token) as client:
            await client.socket.send(frame)
            return await client.receive(), await client.request("ping", "pong")

    error, pong = asyncio.run(error_and_pong())
    assert (error["type"], error["code"]) == ("error", "validation_error")
    assert "secretword" not in json.dumps(error)
    assert pong["type"] == "pong"


def test_an_error_names_the_message_it_is_about(services: Services, tenant: MakeTenant) -> None:
    async def error() -> Frame:
        async with connected(services.first, tenant().token) as client:
            return await client.request("chat_message", message_id="mine", content=3)

    assert asyncio.run(error())["message_id"] == "mine"


def test_a_routing_test_comes_back_with_the_authenticated_tenant(services: Services, tenant: MakeTenant) -> None:
    async def result() -> Frame:
        async with connected(services.first, owner.token) as client:
            return await client.request("routing_test", "routing_test_result", test_id="t", user_id="somebody else")

    owner = tenant()
    frame = asyncio.run(result())
    assert (frame["test_id"], frame["user_id"]) == ("t", str(owner.user_id))


def test_a_chat_is_answered_by_a_stream_that_draws_on_the_tenants_own_data(
    services: Services, tenant: MakeTenant
) -> None:
    async def stream() -> tuple[Frame, list[Frame]]:
        async with connected(services.first, owner.token) as client:
            return client.ready, await client.chat("m1", "what do you know?")

    owner = tenant(100)
    ready, events = asyncio.run(stream())
    assert [event["type"] for event in events] == STREAM
    for event in events:
        assert event["message_id"] == "m1"
        assert event["user_id"] == str(owner.user_id)
        assert event["session_id"] == ready["session_id"]
        assert event["thread_id"] == ready["thread_id"]
        assert {event["run_id"], event["agent_instance_id"]} == {events[0]["run_id"], events[0]["agent_instance_id"]}
    ids = [tuple(int(part) for part in event["event_id"].split("-")) for event in events]
    assert ids == sorted(set(ids))
    assert events[3]["result"]["context"] == {"project": owner.canary}
    assert events[3]["result"]["secrets"] == ["api_key"]
    assert f"state{owner.canary}" in events[4]["content"]
    assert (events[4]["charged"], events[4]["remaining"]) == (CHAT_COST, 100 - CHAT_COST)
    assert SECRET_VALUE not in json.dumps(events)


def test_chats_in_flight_on_one_session_each_get_their_own_whole_stream(services: Services, tenant: MakeTenant) -> None:
    async def streams() -> list[Frame]:
        async with connected(services.first, tenant().token) as client:
            for number in range(8):
                await client.send("chat_message", message_id=f"m{number}", content=f"question {number}")
            for _ in range(8):
                await client.until("agent_completed")
            return client.seen

    seen = asyncio.run(streams())
    for number in range(8):
        mine = [frame for frame in seen if frame["message_id"] == f"m{number}"]
        assert [frame["type"] for frame in mine] == STREAM
        assert f"question {number}" in mine[-1]["content"]
    assert len({frame["agent_instance_id"] for frame in seen}) == 8


def test_more_chats_in_flight_than_allowed_are_refused_and_not_charged(services: Services, tenant: MakeTenant) -> None:
    async def refusals() -> list[Frame]:
        async with connected(services.first, owner.token) as client:
            for number in range(CHATS_IN_FLIGHT + 4):
                await client.send("chat_message", message_id=f"m{number}", content="hello")
            ends = [await client.until("agent_completed", "error") for _ in range(CHATS_IN_FLIGHT + 4)]
            return [frame for frame in ends if frame["type"] == "error"]

    owner = tenant()
    refused = asyncio.run(refusals())
    assert {frame["code"] for frame in refused} == {"too_many_requests"}
    spent = (CHATS_IN_FLIGHT + 4 - len(refused)) * CHAT_COST
    assert budgets(services.stores, owner) == (1_000 - spent, 1_000 - spent)


def test_a_message_id_used_before_is_refused_and_not_charged_again(services: Services, tenant: MakeTenant) -> None:
    async def second() -> Frame:
        async with connected(services.first, owner.token) as client:
            await client.chat("same")
            return (await client.chat("same"))[0]

    owner = tenant(100)
    frame = asyncio.run(second())
    assert (frame["code"], frame["message_id"]) == ("duplicate_message", "same")
    assert budgets(services.stores, owner) == (100 - CHAT_COST, 100 - CHAT_COST)


def test_history_tells_the_session_s_own_thread_newest_last(services: Services, tenant: MakeTenant) -> None:
    async def history() -> tuple[Frame, Frame]:
        async with connected(services.first, tenant().token) as client:
            await client.chat("m1", "first")
            await client.chat("m2", "second")
            whole = await client.request("history", "history", message_id="h")
            return whole, await client.request("history", "history", message_id="h", limit=1)

    whole, last = asyncio.run(history())
    assert [message["role"] for message in whole["messages"]] == ["user", "assistant", "user", "assistant"]
    assert [whole["messages"][at]["content"] for at in (0, 2)] == ["first", "second"]
    assert last["messages"] == whole["messages"][-1:]


def test_foreign_and_missing_things_are_refused_alike(services: Services, tenant: MakeTenant) -> None:
    async def answers() -> list[tuple[Frame, Frame]]:
        owner, thief = tenant(), tenant()
        async with connected(services.first, owner.token) as his, connected(services.first, thief.token) as other:
            await his.chat("m1")
            pairs = []
            for kind, field, extra in (
                ("history", "thread_id", {}),
                ("resume", "session_id", {}),
                ("chat_message", "thread_id", {"content": "hello"}),
                ("chat_message", "session_id", {"content": "hello"}),
            ):
                ids: list[Any] = [his.ready[field], str(uuid.uuid4())]
                pairs.append(
                    tuple([await other.request(kind, kind, message_id="x", **{field: one}, **extra) for one in ids])
                )
            assert budgets(services.stores, thief) == (1_000, 1_000)
            own = await his.request("history", "history", message_id="h", thread_id=his.ready["thread_id"])
            assert len(own["messages"]) == 2  # the control: it was there to be had
            return pairs  # type: ignore[return-value]

    for foreign, missing in asyncio.run(answers()):
        assert foreign["code"] == "not_found"
        assert foreign == missing


def test_state_is_merged_charged_and_read_back(services: Services, tenant: MakeTenant) -> None:
    async def replies() -> tuple[Frame, Frame, Frame]:
        async with connected(services.first, owner.token) as client:
            before = await client.request("get_state", "state", message_id="a")
            written = await client.request("update_state", "state_updated", message_id="b", patch={"mood": 2**60})
            return before, written, await client.request("get_state", "state", message_id="c")

    owner = tenant(10)
    before, written, after = asyncio.run(replies())
    assert before["state"] == {"note": f"state{owner.canary}"}
    assert before["context"] == {"project": owner.canary}
    assert before["budget"] == {"remaining": 10, "quota": 10}
    assert (written["version"], written["charged"], written["remaining"]) == (1, 1, 9)
    assert after["state"] == {"note": f"state{owner.canary}", "mood": 2**60}
    assert after["budget"] == {"remaining": 9, "quota": 9}


def test_concurrent_updates_of_one_tenant_lose_nothing(services: Services, tenant: MakeTenant) -> None:
    async def final() -> Frame:
        async with connected(services.first, owner.token) as one, connected(services.second, owner.token) as two:
            for number in range(20):
                await (one, two)[number % 2].send("update_state", message_id=f"u{number}", patch={f"k{number}": number})
            for client in (one, two):
                for _ in range(10):
                    await client.until("state_updated")
            return await one.request("get_state", "state", message_id="g")

    owner = tenant()
    state = asyncio.run(final())
    assert {key: value for key, value in state["state"].items() if key.startswith("k")} == {
        f"k{number}": number for number in range(20)
    }
    assert state["version"] == 20


def test_a_change_of_state_is_told_to_the_tenants_other_sessions_only(services: Services, tenant: MakeTenant) -> None:
    async def told() -> tuple[Frame, list[Frame], list[Frame], Frame]:
        owner, stranger = tenant(), tenant()
        async with (
            connected(services.first, owner.token) as writer,
            connected(services.second, owner.token) as sibling,
            connected(services.second, stranger.token) as other,
        ):
            await writer.request("update_state", "state_updated", message_id="u", patch={"colour": "blue"})
            change = await sibling.until("state_changed")
            await writer.answered()
            await other.answered()
            return change, writer.seen, other.seen, writer.ready

    change, writers, strangers, ready = asyncio.run(told())
    assert (change["patch"], change["session_id"]) == ({"colour": "blue"}, ready["session_id"])
    assert "state_changed" not in [frame["type"] for frame in writers]
    assert [frame["type"] for frame in strangers] == ["pong"]


def test_a_silent_service_takes_messages_and_answers_pings_only(
    start_service: Callable[..., tuple[ServiceProcess, str]], stores: Stores
) -> None:
    process, jwt_secret = start_service("--silent")
    owner = provision(stores, jwt_secret, 100)

    async def received() -> list[str]:
        async with connected(socket_url(process), owner.token) as client:
            await client.send("chat_message", message_id="m1", content="hello")
            await client.send("get_state", message_id="m2")
            await client.send("history", message_id="m3")
            await client.send("chat_message", message_id="m4")
            await client.answered()
            return [frame["type"] for frame in client.seen]

    assert asyncio.run(received()) == ["error", "pong"]
    assert budgets(stores, owner) == (100, 100)
