"""The parts of a serving process, opened together and closed together."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from uuid import uuid4

import redis.asyncio as redis
from starlette.websockets import WebSocket

from target.agent import Agent
from target.budget_counters import BudgetCounters
from target.charging import Till
from target.defects.assembly import seams_of
from target.event_stream import EventStream
from target.hot_copies import HotCopies
from target.records import Records
from target.scope import Scope
from target.seams import Foundations, IdMaker, Seams, Verifier, put_in
from target.session import Session
from target.settings import ServiceSettings
from target.subscriptions import Subscriptions
from target.tenant_database import TenantDatabase
from target.tenant_state import TenantState
from target.think_time import ThinkTime
from target.tokens import verify
from target.work import Work

REDIS_CONNECTIONS = 24
REDIS_TIMEOUT_S = 5.0


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
    verify: Verifier
    new_id: IdMaker
    scope_of: Callable[[Session], Scope]
    socket_of: Callable[[WebSocket], WebSocket]


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
    database = await TenantDatabase.open(settings.postgres_url)
    behaviour = settings.behaviour
    seams = seams_of(behaviour.defects, behaviour.seed, Foundations(client, database), behaviour.defect_log)
    channels = Subscriptions(redis.ConnectionPool.from_url(settings.redis_url, protocol=2))
    subscriptions = put_in(channels, [seam.subscriptions for seam in seams])
    await subscriptions.start()
    service = _put_together(settings, Foundations(client, database), subscriptions, seams)
    try:
        yield service
    finally:
        await service.work.drain()
        await subscriptions.stop()
        await client.aclose()
        await pool.disconnect()
        await database.close()


def _put_together(
    settings: ServiceSettings, stores: Foundations, subscriptions: Subscriptions, seams: list[Seams]
) -> Service:
    records = put_in(Records(stores.database), [seam.records for seam in seams])
    copies = put_in(HotCopies(stores.client), [seam.hot_copies for seam in seams])
    state = put_in(TenantState(stores.database, copies), [seam.state for seam in seams])
    counters = put_in(BudgetCounters(stores.client), [seam.counters for seam in seams])
    events = put_in(EventStream(stores.client), [seam.events for seam in seams])
    honest_verifier: Verifier = verify
    think = ThinkTime(settings.behaviour.think_median_ms, settings.behaviour.seed)
    return Service(
        settings=settings,
        client=stores.client,
        database=stores.database,
        records=records,
        state=state,
        till=Till(counters, records),
        events=events,
        agent=put_in(Agent(records, state, events, think), [seam.agent for seam in seams]),
        subscriptions=subscriptions,
        work=put_in(Work(), [seam.work for seam in seams]),
        verify=put_in(honest_verifier, [seam.verifier for seam in seams]),
        new_id=put_in(uuid4, [seam.new_id for seam in seams]),
        scope_of=lambda session: put_in(Scope(session), [seam.scope for seam in seams]),
        socket_of=lambda socket: put_in(socket, [seam.socket for seam in seams]),
    )
