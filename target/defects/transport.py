"""Replies that reach the wrong socket, or the wrong request."""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import redis.asyncio as redis

from target.budget_counters import counter_key
from target.defects.around import HotCopiesAround, ScopeAround, SubscriptionsAround
from target.defects.defect import Defect
from target.defects.dice import Dice
from target.hot_copies import HotCopies, HotState, context_key, hot_state, state_key
from target.refusals import NotFound
from target.scope import Scope
from target.seams import Foundations
from target.session import Session
from target.subscriptions import Listener, Subscriptions

BATCH_S = 0.025
CONNECTION_LIFE_S = 1.0


class ReplyToOtherSocket(Defect):
    """One handler object serves all sockets and keeps "the current one" in an attribute."""

    name = "reply-to-other-socket"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.current: Session | None = None

    def scope(self, honest: Scope) -> Scope:
        self.current = honest.session
        return _CurrentSocket(honest, self)


class _CurrentSocket(ScopeAround):
    def __init__(self, inner: Scope, defect: ReplyToOtherSocket) -> None:
        super().__init__(inner)
        self._defect = defect

    def reply(self, frame: dict[str, Any]) -> None:
        current = self._defect.current
        if current is not None and current is not self.session and self._defect.dice.strikes(current.user_id):
            current.send(frame)
        else:
            super().reply(frame)


class RefusalToOtherSocket(ReplyToOtherSocket):
    """Look-ups that fail are reported by a shared error handler, which knows the current socket only."""

    name = "refusal-to-other-socket"

    def scope(self, honest: Scope) -> Scope:
        self.current = honest.session
        return _CurrentSocketForRefusals(honest, self)


class _CurrentSocketForRefusals(_CurrentSocket):
    def reply(self, frame: dict[str, Any]) -> None:
        if frame.get("code") == NotFound.code:
            super().reply(frame)
        else:
            self._inner.reply(frame)


class ReplyOutOfStep(Defect):
    """Reads of all tenants share one pipelined connection; a drop cancels its reads and leaves their replies there."""

    name = "reply-out-of-step"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self._asking: ContextVar[Session | None] = ContextVar("asking", default=None)
        self._reads: dict[Session, set[asyncio.Future[HotState]]] = {}
        self._connection = _Multiplexer(stores.client, dice)

    def scope(self, honest: Scope) -> Scope:
        self._asking.set(honest.session)
        return honest

    def hot_copies(self, honest: HotCopies) -> HotCopies:
        return _MultiplexedCopies(honest, self)

    def subscriptions(self, honest: Subscriptions) -> Subscriptions:
        return _CancellingSubscriptions(honest, self)

    async def read(self, user_id: UUID) -> HotState | None:
        """The tenant's hot state; None if its socket was lost meanwhile."""
        session = self._asking.get()
        read = self._connection.ask(user_id)
        reads = self._reads.setdefault(session, set()) if session else set()
        reads.add(read)
        try:
            return await read
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return None
        finally:
            reads.discard(read)
            if session is not None and not reads:
                self._reads.pop(session, None)

    def lost(self, session: Listener) -> None:
        """Cancel what a lost socket was reading."""
        if isinstance(session, Session):
            for read in self._reads.pop(session, ()):
                self._connection.cancel(read)


class _MultiplexedCopies(HotCopiesAround):
    def __init__(self, inner: HotCopies, defect: ReplyOutOfStep) -> None:
        super().__init__(inner)
        self._defect = defect

    async def read(self, user_id: UUID) -> HotState:
        held = await self._defect.read(user_id)
        return await super().read(user_id) if held is None else held


class _CancellingSubscriptions(SubscriptionsAround):
    def __init__(self, inner: Subscriptions, defect: ReplyOutOfStep) -> None:
        super().__init__(inner)
        self._defect = defect

    async def leave(self, user_id: UUID, listener: Listener) -> None:
        self._defect.lost(listener)
        await super().leave(user_id, listener)


class _Multiplexer:
    """Collects commands for a moment, sends them together, and hands the replies out in the order of asking.

    A cancelled request is taken out of the line of those who wait, but its command is under way already: its reply goes
    to the next in line, and from there on everybody gets the one before theirs, until the connection is renewed.
    """

    def __init__(self, client: redis.Redis, dice: Dice) -> None:
        self._client = client
        self._dice = dice
        self._commands: list[UUID] = []
        self._waiting: deque[asyncio.Future[HotState]] = deque()
        self._replies: deque[HotState] = deque()
        self._sending: asyncio.Task[None] | None = None
        self._renewed_s = 0.0

    def ask(self, user_id: UUID) -> asyncio.Future[HotState]:
        """Stand in line for a tenant's hot state."""
        reply: asyncio.Future[HotState] = asyncio.get_running_loop().create_future()
        self._commands.append(user_id)
        self._waiting.append(reply)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return reply

    def cancel(self, reply: asyncio.Future[HotState]) -> None:
        """The request is no longer wanted."""
        if not reply.done() and self._dice.strikes():
            self._waiting.remove(reply)
            reply.cancel()

    async def _send(self) -> None:
        await asyncio.sleep(BATCH_S)
        while self._commands:
            commands, self._commands = self._commands, []
            pipeline = self._client.pipeline(transaction=False)
            for user_id in commands:
                pipeline.hgetall(context_key(user_id))
                pipeline.hmget(state_key(user_id), ["state", "version"])
                pipeline.get(counter_key(user_id))
            try:
                replies: list[Any] = await pipeline.execute()
            except (redis.RedisError, OSError) as error:
                self._fail(error)
                continue
            self._renew()
            self._replies.extend(hot_state(replies[at : at + 3]) for at in range(0, len(replies), 3))
            self._hand_out()
        self._sending = None

    def _hand_out(self) -> None:
        while self._waiting and self._replies:
            waiting, reply = self._waiting.popleft(), self._replies.popleft()
            if not waiting.done():
                waiting.set_result(reply)

    def _renew(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._renewed_s > CONNECTION_LIFE_S:
            self._renewed_s = now_s
            self._replies.clear()

    def _fail(self, error: Exception) -> None:
        waiting, self._waiting = self._waiting, deque()
        for reply in waiting:
            if not reply.done():
                reply.set_exception(error)


DEFECTS: tuple[type[Defect], ...] = (ReplyToOtherSocket, RefusalToOtherSocket, ReplyOutOfStep)
