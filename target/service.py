"""The parts of a serving process, opened together and closed together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from typing import Any

import redis.asyncio as redis

from target.agent import Agent
from target.budget_counters import BudgetCounters
from target.charging import Till
from target.event_stream import EventStream
from target.records import Records
from target.settings import ServiceSettings
from target.subscriptions import Subscriptions
from target.tenant_database import TenantDatabase
from target.tenant_state import TenantState
from target.think_time import ThinkTime

REDIS_CONNECTIONS = 24
REDIS_TIMEOUT_S = 5.0
DRAIN_S = 5.0


class Work:
    """Requests and agent runs under way. They belong to the process, not to a socket: none is cancelled by a drop."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a piece of work and keep hold of it."""
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def drain(self, deadline_s: float = DRAIN_S) -> None:
        """Wait for what is under way, at most ``deadline_s`` seconds, then cancel the rest."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=deadline_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


@dataclass(frozen=True)
class Service:
    """What the endpoints of one process work with."""

    settings: ServiceSettings
    client: redis.Redis
    database: TenantDatabase
    records: Records
    state: TenantState
    till: Till
    events: EventStream
    agent: Agent
    subscriptions: Subscriptions
    work: Work


@contextlib.asynccontextmanager
async def open_service(settings: ServiceSettings) -> AsyncIterator[Service]:
    """Connect to the stores, and at the end finish what is under way and disconnect."""
    # Requests share a bounded pool; the channels' connection is one of its own, with no time-out on reading.
    pool = redis.BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=REDIS_CONNECTIONS,
        timeout=REDIS_TIMEOUT_S,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
        protocol=2,
    )
    client = redis.Redis(connection_pool=pool)
    subscriptions = Subscriptions(redis.ConnectionPool.from_url(settings.redis_url, protocol=2))
    database = await TenantDatabase.open(settings.postgres_url)
    records, state, events = Records(database), TenantState(database, client), EventStream(client)
    think = ThinkTime(settings.behaviour.think_median_ms, settings.behaviour.seed)
    work = Work()
    await subscriptions.start()
    try:
        yield Service(
            settings=settings,
            client=client,
            database=database,
            records=records,
            state=state,
            till=Till(BudgetCounters(client), records),
            events=events,
            agent=Agent(records, state, events, think),
            subscriptions=subscriptions,
            work=work,
        )
    finally:
        await work.drain()
        await subscriptions.stop()
        await client.aclose()
        await pool.disconnect()
        await database.close()
