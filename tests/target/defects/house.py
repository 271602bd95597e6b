"""A service with defects in the test's own process, two tenants or more, and the same steps played with and without."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2

from target.application import application
from target.defects.choice import chosen
from target.server import bound_socket, server_of
from target.settings import Behaviour, ServiceSettings
from tests.target.client import Client, connected
from tests.target.conftest import Stores, Tenant, provision

DEADLINE_S = 10.0
ATTEMPTS = 20


@dataclass(frozen=True)
class House:
    """A running service."""

    url: str
    stores: Stores
    jwt_secret: str

    def tenant(self, budget: int = 1_000, *, like: Tenant | None = None) -> Tenant:
        """A new tenant; ``like`` another means that the first eight characters of their ids are the same."""
        own = uuid.uuid4()
        user_id = uuid.UUID(str(like.user_id)[:8] + str(own)[8:]) if like else own
        return provision(self.stores, self.jwt_secret, budget, user_id=user_id)

    @asynccontextmanager
    async def session(self, tenant: Tenant) -> AsyncIterator[Client]:
        async with connected(self.url, tenant.token) as client:
            yield client

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What Postgres holds, past row security."""
        connection = psycopg2.connect(self.stores.owner_url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, [str(parameter) for parameter in parameters])
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


Scenario = Callable[[House], Awaitable[bool]]


def only_with(defect: str, stores: Stores, scenario: Scenario, *, think_median_ms: float = 2.0) -> None:
    """Assert that ``scenario`` shows the fault in the service with ``defect`` and doesn't in the honest one."""
    assert not play(scenario, stores, think_median_ms=think_median_ms)
    assert play(scenario, stores, defect, think_median_ms=think_median_ms)


def play(scenario: Scenario, stores: Stores, *defects: str, think_median_ms: float = 2.0) -> bool:
    """What ``scenario`` says of a service with ``defects``."""

    async def played() -> bool:
        async with running(stores, *defects, think_median_ms=think_median_ms) as house:
            return await scenario(house)

    return asyncio.run(played())


@asynccontextmanager
async def running(stores: Stores, *defects: str, think_median_ms: float = 2.0) -> AsyncIterator[House]:
    jwt_secret = secrets.token_hex(32)
    behaviour = Behaviour(chosen(defects), 1, think_median_ms)
    settings = ServiceSettings(stores.redis_url, stores.service_url, jwt_secret, behaviour=behaviour)
    bound = bound_socket("127.0.0.1", 0)
    server = server_of(application(settings))
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    deadline_s = time.monotonic() + DEADLINE_S
    while not server.started:
        assert time.monotonic() < deadline_s
        assert not serving.done()
        await asyncio.sleep(0.005)
    try:
        yield House(f"ws://127.0.0.1:{bound.getsockname()[1]}/ws", stores, jwt_secret)
    finally:
        server.should_exit = True
        await serving


async def until_told(clients: list[Client], kind: str, number: int) -> None:
    """Receive on several sockets at once until ``number`` frames of a kind have come in all."""
    receiving = {asyncio.create_task(client.receive()): client for client in clients}
    try:
        while sum(frame["type"] == kind for client in clients for frame in client.seen) < number:
            done, _ = await asyncio.wait(receiving, timeout=DEADLINE_S, return_when=asyncio.FIRST_COMPLETED)
            assert done, "too few frames came"
            for task in done:
                task.result()
                client = receiving.pop(task)
                receiving[asyncio.create_task(client.receive())] = client
    finally:
        for task in receiving:
            task.cancel()
        await asyncio.gather(*receiving, return_exceptions=True)


async def history(client: Client) -> str:
    """A session's history, as text."""
    return json.dumps(await client.request("history", "history", message_id="h"))


async def state(client: Client) -> dict[str, Any]:
    """The tenant's state frame."""
    return await client.request("get_state", "state", message_id="s")
