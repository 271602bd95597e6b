from __future__ import annotations

import asyncio
import shutil
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import redis.asyncio as redis

from target.embedded import EmbeddedRedis
from target.embedded.folders import temporary_folder
from target.event_stream import EventStream, Notice
from target.session import Session
from target.subscriptions import Subscriptions

DEADLINE_S = 15.0


@pytest.fixture
def own_redis() -> Iterator[EmbeddedRedis]:
    folder = temporary_folder("test-subscriptions-")
    with EmbeddedRedis(folder) as server:
        yield server
    shutil.rmtree(folder)


class Listener:
    def __init__(self) -> None:
        self.heard: asyncio.Queue[Notice] = asyncio.Queue()

    def hear(self, heard: Notice) -> None:
        self.heard.put_nowait(heard)

    async def catch_up(self) -> None:
        """Nothing to catch up with."""


class RecordingSocket:
    def __init__(self) -> None:
        self.sent: asyncio.Queue[str] = asyncio.Queue()

    async def send_text(self, text: str) -> None:
        self.sent.put_nowait(text)


def test_a_listener_hears_its_own_tenant_and_not_one_whose_name_is_longer(fresh_redis: str) -> None:
    async def heard() -> list[bytes]:
        user_id = uuid.uuid4()
        subscriptions = Subscriptions(redis.ConnectionPool.from_url(fresh_redis, protocol=2))
        await subscriptions.start()
        listener, other = Listener(), Listener()
        await subscriptions.join(user_id, listener)
        await subscriptions.join(uuid.uuid4(), other)
        async with redis.Redis.from_url(fresh_redis) as client:
            await client.publish(f"tenant_events:{user_id}0", b"E s foreign")
            await client.publish(f"tenant_events:{user_id}", b"E s own")
        first = await asyncio.wait_for(listener.heard.get(), DEADLINE_S)
        await subscriptions.leave(user_id, listener)
        await subscriptions.stop()
        assert other.heard.empty()
        return [first.rest]

    assert asyncio.run(heard()) == [b"own"]


def test_events_of_a_time_without_the_channel_are_caught_up_with_once_each(own_redis: EmbeddedRedis) -> None:
    async def received() -> list[str]:
        user_id, session_id = uuid.uuid4(), uuid.uuid4()
        socket: Any = RecordingSocket()
        async with redis.Redis.from_url(own_redis.url, protocol=2) as client:
            events = EventStream(client)
            subscriptions = Subscriptions(redis.ConnectionPool.from_url(own_redis.url, protocol=2))
            await subscriptions.start()
            session = Session(socket, events, user_id, session_id, uuid.uuid4())
            writing = asyncio.create_task(session.write_until_ended())
            await subscriptions.join(user_id, session)
            texts = []
            for number in range(3):
                await events.emit(user_id, session_id, {"type": "event", "number": number})
                texts.append(await asyncio.wait_for(socket.sent.get(), DEADLINE_S))
                await asyncio.to_thread(own_redis.stop)
                own_redis.start()  # in the main thread: the server follows the thread that starts it
            await events.emit(user_id, session_id, {"type": "event", "number": 3})
            texts.append(await asyncio.wait_for(socket.sent.get(), DEADLINE_S))
            assert socket.sent.empty()
            writing.cancel()
            await subscriptions.stop()
            return texts

    texts = asyncio.run(received())
    assert [f'"number":{number}' in text for number, text in enumerate(texts)] == [True] * 4
