"""Pushes that reach more than those they are for."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from uuid import UUID

import orjson
import redis.asyncio as redis
from redis.exceptions import RedisError

from target.defects.around import SubscriptionsAround
from target.defects.defect import Defect
from target.defects.dice import Dice
from target.event_stream import AGENT_EVENT, Notice, channel_name, notice, session_event
from target.seams import Foundations
from target.session import Session
from target.subscriptions import Listener, Subscriptions

PREFIX_CHARACTERS = 1
SLOTS = 64
NOTHING = "tenant_events:"


class WideSubscription(Defect):
    """A socket subscribes to a pattern of its tenant's name, cut short; the pattern matches other names as well."""

    name = "wide-subscription"

    def subscriptions(self, honest: Subscriptions) -> Subscriptions:
        return _PatternSubscriptions(honest, self)


class _PatternSubscriptions(SubscriptionsAround):
    """Subscribes some sockets to a pattern as well, on a connection of its own."""

    def __init__(self, inner: Subscriptions, defect: WideSubscription) -> None:
        super().__init__(inner)
        self._dice = defect.dice
        pool: Any = defect.stores.client.connection_pool
        kwargs = {**pool.connection_kwargs, "socket_timeout": None}
        self._client = redis.Redis(
            connection_pool=redis.ConnectionPool(connection_class=pool.connection_class, **kwargs)
        )
        self._listening: Any = self._client.pubsub(ignore_subscribe_messages=True)
        self._members: dict[bytes, set[tuple[Listener, bytes]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await super().start()
        await self._listening.psubscribe(NOTHING)  # a connection without any subscription stops listening
        self._task = asyncio.create_task(self._listen(), name="patterns")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._listening.aclose()
        await self._client.aclose()
        await self._client.connection_pool.disconnect()
        await super().stop()

    async def join(self, user_id: UUID, listener: Listener) -> None:
        await super().join(user_id, listener)
        if self._dice.strikes(user_id):
            pattern, name = pattern_of(user_id), channel_name(user_id).encode()
            self._members.setdefault(pattern, set()).add((listener, name))
            await self._listening.psubscribe(pattern)

    async def leave(self, user_id: UUID, listener: Listener) -> None:
        members = self._members.get(pattern_of(user_id), set())
        members.discard((listener, channel_name(user_id).encode()))
        await super().leave(user_id, listener)

    async def _listen(self) -> None:
        with contextlib.suppress(RedisError, OSError):
            async for heard in self._listening.listen():
                for listener, own in tuple(self._members.get(heard["pattern"], ())):
                    if heard["channel"] != own:  # that one it has by the channel's own name
                        listener.hear(notice(heard["data"]))


def pattern_of(user_id: UUID) -> bytes:
    """The pattern of a tenant's channel, cut short."""
    name = channel_name(user_id)
    return f"{name[: len(name) - len(str(user_id)) + PREFIX_CHARACTERS]}*".encode()


class RoomOutlivesMember(Defect):
    """Rooms hold the slots of sockets. A slot is used again before its former holder has left its room."""

    name = "room-outlives-member"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.left: list[UUID] = []
        self.inherited: dict[Listener, tuple[UUID, Listener]] = {}

    def subscriptions(self, honest: Subscriptions) -> Subscriptions:
        return _SlotSubscriptions(honest, self)


class _SlotSubscriptions(SubscriptionsAround):
    def __init__(self, inner: Subscriptions, defect: RoomOutlivesMember) -> None:
        super().__init__(inner)
        self._defect = defect

    async def join(self, user_id: UUID, listener: Listener) -> None:
        await super().join(user_id, listener)
        former = next((left for left in self._defect.left if left != user_id), None)
        if former is not None and isinstance(listener, Session):
            self._defect.left.remove(former)
            member = _RoomMember(listener)
            self._defect.inherited[listener] = (former, member)
            await super().join(former, member)

    async def leave(self, user_id: UUID, listener: Listener) -> None:
        former, member = self._defect.inherited.pop(listener, (None, None))
        if former is not None and member is not None:
            await super().leave(former, member)
        if self._defect.dice.strikes(user_id):
            self._defect.left.append(user_id)
            del self._defect.left[:-SLOTS]
        await super().leave(user_id, listener)


class _RoomMember:
    """A socket in a room: it gets what is said there."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def hear(self, heard: Notice) -> None:
        """Pass on every event of the room."""
        if heard.kind == AGENT_EVENT:
            identity, _, event = heard.rest.partition(b" ")
            self._session.send(orjson.loads(session_event(identity, event).text))

    async def catch_up(self) -> None:
        """Nothing is made up for."""


DEFECTS: tuple[type[Defect], ...] = (WideSubscription, RoomOutlivesMember)
