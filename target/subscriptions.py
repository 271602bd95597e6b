"""Tenants' channels: one connection a process, subscribed to exactly the tenants that have a socket here."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from uuid import UUID

import redis.asyncio as redis
from redis.exceptions import RedisError

from target.event_stream import Notice, channel_name, notice

SUBSCRIBE_TIMEOUT_S = 10.0
RECONNECT_PAUSE_S = 0.2
FAILURES = (RedisError, OSError, TimeoutError)

logger = logging.getLogger(__name__)


class Listener(Protocol):
    """A socket that wants its tenant's notices."""

    def hear(self, heard: Notice) -> None:
        """Take a notice; must not wait."""

    async def catch_up(self) -> None:
        """The channel was lost for a while: read from the stream what was missed."""


class Subscriptions:
    """Hands every notice of a tenant's channel to that tenant's listeners, and to nobody else."""

    def __init__(self, pool: redis.ConnectionPool) -> None:
        self._pool = pool
        self._connection: Any = None
        self._connected = asyncio.Event()
        self._listeners: dict[bytes, set[Listener]] = {}
        self._confirmed: dict[bytes, asyncio.Event] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect and begin to listen."""
        self._task = asyncio.create_task(self._listen_for_ever(), name="subscriptions")
        await asyncio.wait_for(self._connected.wait(), SUBSCRIBE_TIMEOUT_S)

    async def stop(self) -> None:
        """Stop listening and disconnect."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def join(self, user_id: UUID, listener: Listener) -> None:
        """Hand the tenant's notices to ``listener`` from now on; returns when Redis has confirmed it.

        Raises:
            TimeoutError: Redis did not confirm in time.
        """
        channel = channel_name(user_id).encode()
        members = self._listeners.setdefault(channel, set())
        members.add(listener)
        confirmed = self._confirmed.get(channel)
        if confirmed is None:
            confirmed = self._confirmed[channel] = asyncio.Event()
            await self._send("SUBSCRIBE", channel)
        await asyncio.wait_for(confirmed.wait(), SUBSCRIBE_TIMEOUT_S)

    async def leave(self, user_id: UUID, listener: Listener) -> None:
        """Stop handing notices to ``listener``; the last one to leave ends the subscription."""
        channel = channel_name(user_id).encode()
        members = self._listeners.get(channel)
        if members is None:
            return
        members.discard(listener)
        if not members:
            del self._listeners[channel]
            self._confirmed.pop(channel, None)
            await self._send("UNSUBSCRIBE", channel)

    async def _send(self, *command: str | bytes) -> None:
        # Without a connection there is nothing to do: the next one subscribes to all that have listeners.
        if self._connected.is_set():
            with contextlib.suppress(*FAILURES):
                await self._connection.send_command(*command, check_health=False)

    async def _listen_for_ever(self) -> None:
        again = False
        while True:
            make_connection: Callable[[], Any] = self._pool.make_connection
            connection = self._connection = make_connection()
            try:
                await connection.connect()
                for confirmed in self._confirmed.values():
                    confirmed.clear()
                if self._listeners:
                    await connection.send_command("SUBSCRIBE", *self._listeners, check_health=False)
                self._connected.set()
                after_gap = self._catch_up if again else None
                await self._read(connection, after_gap)
            except FAILURES:
                logger.warning("the connection to Redis's channels was lost; connecting again")
            finally:
                self._connected.clear()
                with contextlib.suppress(*FAILURES):
                    await connection.disconnect(nowait=True)
            again = True
            await asyncio.sleep(RECONNECT_PAUSE_S)

    async def _read(self, connection: Any, after_gap: Callable[[], Awaitable[None]] | None) -> None:
        catching_up = asyncio.ensure_future(after_gap()) if after_gap else None
        try:
            while True:
                kind, channel, data = await connection.read_response(timeout=math.inf)
                if kind == b"message":
                    self._hand_out(channel, data)
                elif kind == b"subscribe" and channel in self._confirmed:
                    self._confirmed[channel].set()
        finally:
            if catching_up:
                catching_up.cancel()

    def _hand_out(self, channel: bytes, data: bytes) -> None:
        listeners = self._listeners.get(channel)
        if listeners:
            heard = notice(data)
            for listener in tuple(listeners):
                listener.hear(heard)

    async def _catch_up(self) -> None:
        for channel, listeners in list(self._listeners.items()):
            confirmed = self._confirmed.get(channel)
            if confirmed:
                await confirmed.wait()
            for listener in list(listeners):
                with contextlib.suppress(*FAILURES):
                    await listener.catch_up()
