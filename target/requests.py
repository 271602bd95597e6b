"""What the service does for each kind of frame."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

from target import frames
from target.charging import CHAT_COST, STORE_FAILURES, UPDATE_COST
from target.event_stream import EventId
from target.records import Chat
from target.refusals import InvalidFrame, NotFound, Refusal, TooManyRequests, Unavailable
from target.scope import Scope
from target.service import Service
from target.session import CHATS_IN_FLIGHT, Session
from target.tenant_database import CommitUncertain

Reply = dict[str, Any]
Request = TypeVar("Request", frames.ChatMessage, frames.History, frames.GetState, frames.UpdateState, frames.Resume)
Handler = Callable[[Scope, Request], Coroutine[Any, Any, Reply | None]]

logger = logging.getLogger(__name__)


class Requests:
    """Answers one session's frames."""

    def __init__(self, service: Service, session: Session) -> None:
        self._service = service
        self._session = session

    async def receive(self, text: str) -> None:
        """Check a frame and answer it, at once or in a task that outlives the socket."""
        scope = self._service.scope_of(self._session)
        try:
            frame = frames.parse(text)
        except InvalidFrame as refusal:
            scope.reply(refusal.frame())
            return
        match frame:
            case frames.Ping():
                scope.reply({"type": "pong", "timestamp": datetime.now(UTC).timestamp()})
            case frames.RoutingTest():
                scope.reply(_routing_result(scope, frame))
            case frames.Resume():
                # Awaited here: the frames behind it are for the session it adopts.
                await self._answer(scope, self._resume, frame)
            case frames.ChatMessage():
                self._begin(scope, self._chat, frame)
            case frames.History():
                self._begin(scope, self._history, frame)
            case frames.GetState():
                self._begin(scope, self._get_state, frame)
            case frames.UpdateState():
                self._begin(scope, self._update_state, frame)

    def refuse_binary(self) -> None:
        """Answer a binary frame."""
        scope = self._service.scope_of(self._session)
        scope.reply(InvalidFrame("binary frames are not understood; send text").frame())

    def _begin(self, scope: Scope, handler: Handler[Request], frame: Request) -> None:
        self._service.work.begin(self._answer(scope, handler, frame))

    async def _answer(self, scope: Scope, handler: Handler[Request], frame: Request) -> None:
        message_id = frame.message_id
        try:
            reply = await handler(scope, frame)
            if reply is not None:
                scope.reply(reply)
        except Refusal as refusal:
            scope.reply(refusal.frame(message_id))
        except (*STORE_FAILURES, CommitUncertain) as error:
            logger.warning("a request failed: %s", type(error).__name__)
            scope.reply(Unavailable("a store failed; try again").frame(message_id))
        except Exception as error:  # a bug of ours must not end the session; its text could hold a tenant's words
            logger.error("a request failed unexpectedly: %s", type(error).__name__)
            scope.reply(Unavailable("the service failed").frame(message_id))

    async def _chat(self, scope: Scope, frame: frames.ChatMessage) -> None:
        session = scope.session
        if frame.session_id not in (None, session.session_id):
            raise NotFound("no such session")
        if session.chats_in_flight >= CHATS_IN_FLIGHT:
            raise TooManyRequests(f"{CHATS_IN_FLIGHT} chats are in flight on this session; wait for one to end")
        chat = Chat(
            user_id=scope.user_id,
            session_id=session.session_id,
            thread_id=frame.thread_id or session.thread_id,
            message_id=frame.message_id,
            content=frame.content,
            run_id=self._service.new_id(),
            agent_instance_id=self._service.new_id(),
            metadata={"user_data": frame.user_data, "context": frame.context},
        )
        session.chats_in_flight += 1
        try:
            background = await self._service.till.charged(
                chat.user_id, chat.message_id, CHAT_COST, lambda: self._service.records.accept_chat(chat, CHAT_COST)
            )
            await self._service.agent.run(chat, background)
        finally:
            session.chats_in_flight -= 1

    async def _history(self, scope: Scope, frame: frames.History) -> Reply:
        thread_id = frame.thread_id or scope.session.thread_id
        messages = await self._service.records.history(scope.user_id, thread_id, frame.limit)
        return _reply(scope, "history", frame.message_id, messages=messages)

    async def _get_state(self, scope: Scope, frame: frames.GetState) -> Reply:
        view = await self._service.state.read(scope.user_id)
        return _reply(
            scope,
            "state",
            frame.message_id,
            state=view.state,
            context=view.context,
            version=view.version,
            budget={"remaining": view.remaining, "quota": view.quota},
        )

    async def _update_state(self, scope: Scope, frame: frames.UpdateState) -> Reply:
        state, user_id, session_id = self._service.state, scope.user_id, scope.session.session_id
        write = await self._service.till.charged(
            user_id,
            frame.message_id,
            UPDATE_COST,
            lambda: state.merge(user_id, frame.patch, frame.message_id, UPDATE_COST),
        )
        await state.renew_hot_copy(user_id, write)
        change = {
            "type": "state_changed",
            "user_id": str(user_id),
            "session_id": str(session_id),
            "version": write.version,
            "patch": frame.patch,
        }
        await self._service.events.announce_state_change(user_id, session_id, change)
        return _reply(
            scope,
            "state_updated",
            frame.message_id,
            version=write.version,
            charged=UPDATE_COST,
            remaining=write.remaining,
        )

    async def _resume(self, scope: Scope, frame: frames.Resume) -> None:
        session = scope.session
        thread_id = await self._service.records.session_thread(session.user_id, frame.session_id)
        last = EventId.parse(frame.last_event_id) if frame.last_event_id else None
        resumed = _reply(scope, "resumed", frame.message_id, session_id=str(frame.session_id))
        await session.adopt(frame.session_id, thread_id, last, resumed)
        await self._service.events.announce_takeover(session.user_id, frame.session_id, session.socket_id)


def _reply(scope: Scope, kind: str, message_id: str, **fields: Any) -> Reply:
    return {"type": kind, "message_id": message_id, "user_id": str(scope.user_id), **fields}


def _routing_result(scope: Scope, frame: frames.RoutingTest) -> Reply:
    return {
        "type": "routing_test_result",
        "test_id": frame.test_id,
        "user_id": str(scope.user_id),
        "session_id": str(scope.session.session_id),
    }
