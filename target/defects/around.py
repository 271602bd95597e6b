"""Parts that stand before another one and pass everything on: a defect overrides what it gets wrong."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from target.budget_counters import BudgetCounters
from target.event_stream import EventId, EventStream, SessionEvent
from target.hot_copies import HotCopies, HotState
from target.records import Background, Chat, Records
from target.scope import Scope
from target.session import Session
from target.subscriptions import Listener, Subscriptions
from target.tenant_state import StateView, StateWrite, TenantState


class RecordsAround(Records):
    """Passes everything on to ``inner``."""

    def __init__(self, inner: Records) -> None:
        self._inner = inner

    async def open_session(self, user_id: UUID, session_id: UUID, thread_id: UUID) -> bool:
        return await self._inner.open_session(user_id, session_id, thread_id)

    async def session_thread(self, user_id: UUID, session_id: UUID) -> UUID:
        return await self._inner.session_thread(user_id, session_id)

    async def accept_chat(self, chat: Chat, cost: int) -> Background:
        return await self._inner.accept_chat(chat, cost)

    async def complete_chat(self, chat: Chat, answer: str, state: dict[str, Any]) -> int:
        return await self._inner.complete_chat(chat, answer, state)

    async def fail_run(self, user_id: UUID, run_id: UUID) -> None:
        await self._inner.fail_run(user_id, run_id)

    async def history(self, user_id: UUID, thread_id: UUID, limit: int) -> list[dict[str, Any]]:
        return await self._inner.history(user_id, thread_id, limit)

    async def remaining(self, user_id: UUID) -> int:
        return await self._inner.remaining(user_id)

    async def was_charged(self, user_id: UUID, message_id: str) -> bool:
        return await self._inner.was_charged(user_id, message_id)


class HotCopiesAround(HotCopies):
    """Passes everything on to ``inner``."""

    def __init__(self, inner: HotCopies) -> None:
        self._inner = inner

    async def read(self, user_id: UUID) -> HotState:
        return await self._inner.read(user_id)

    async def renew(self, user_id: UUID, version: int, state_json: str) -> None:
        await self._inner.renew(user_id, version, state_json)


class StateAround(TenantState):
    """Passes everything on to ``inner``."""

    def __init__(self, inner: TenantState) -> None:
        self._inner = inner

    async def hot(self, user_id: UUID) -> HotState:
        return await self._inner.hot(user_id)

    async def read(self, user_id: UUID) -> StateView:
        return await self._inner.read(user_id)

    async def merge(self, user_id: UUID, patch: dict[str, Any], message_id: str, cost: int) -> StateWrite:
        return await self._inner.merge(user_id, patch, message_id, cost)

    async def renew_hot_copy(self, user_id: UUID, write: StateWrite) -> None:
        await self._inner.renew_hot_copy(user_id, write)


class CountersAround(BudgetCounters):
    """Passes everything on to ``inner``."""

    def __init__(self, inner: BudgetCounters) -> None:
        self._inner = inner

    async def charge(self, user_id: UUID, amount: int) -> None:
        await self._inner.charge(user_id, amount)

    async def refund(self, user_id: UUID, amount: int) -> None:
        await self._inner.refund(user_id, amount)

    async def begin(self, user_id: UUID, remaining: int) -> None:
        await self._inner.begin(user_id, remaining)


class EventsAround(EventStream):
    """Passes everything on to ``inner``."""

    def __init__(self, inner: EventStream) -> None:
        self._inner = inner

    async def emit(self, user_id: UUID, session_id: UUID, event: dict[str, Any]) -> None:
        await self._inner.emit(user_id, session_id, event)

    async def since(self, user_id: UUID, session_id: UUID, last: EventId | None) -> list[SessionEvent]:
        return await self._inner.since(user_id, session_id, last)

    async def announce_state_change(self, user_id: UUID, session_id: UUID, frame: dict[str, Any]) -> None:
        await self._inner.announce_state_change(user_id, session_id, frame)

    async def announce_takeover(self, user_id: UUID, session_id: UUID, socket_id: str) -> None:
        await self._inner.announce_takeover(user_id, session_id, socket_id)


class SubscriptionsAround(Subscriptions):
    """Passes everything on to ``inner``."""

    def __init__(self, inner: Subscriptions) -> None:
        self._inner = inner

    async def start(self) -> None:
        await self._inner.start()

    async def stop(self) -> None:
        await self._inner.stop()

    async def join(self, user_id: UUID, listener: Listener) -> None:
        await self._inner.join(user_id, listener)

    async def leave(self, user_id: UUID, listener: Listener) -> None:
        await self._inner.leave(user_id, listener)


class ScopeAround(Scope):
    """Passes everything on to ``inner``."""

    def __init__(self, inner: Scope) -> None:
        self._inner = inner

    @property
    def user_id(self) -> UUID:
        return self._inner.user_id

    @property
    def session(self) -> Session:
        return self._inner.session

    def reply(self, frame: dict[str, Any]) -> None:
        self._inner.reply(frame)
