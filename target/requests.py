"""What the service does for each kind of frame."""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from target import frames
from target.charging import CHAT_COST, STORE_FAILURES, UPDATE_COST
from target.event_stream import EventId
from target.records import Chat
from target.refusals import InvalidFrame, NotFound, Refusal, TooManyRequests, Unavailable
from target.service import Service
from target.session import CHATS_IN_FLIGHT, Session
from target.tenant_database import CommitUncertain

Reply = dict[str, Any]

logger = logging.getLogger(__name__)


class Requests:
    """Answers one session's frames."""

    def __init__(self, service: Service, session: Session) -> None:
        self._service = service
        self._session = session

    async def receive(self, text: str) -> None:
        """Check a frame and answer it, at once or in a task that outlives the socket."""
        try:
            frame = frames.parse(text)
        except InvalidFrame as refusal:
            self._session.send(refusal.frame())
            return
        match frame:
            case frames.Ping():
                self._session.send({"type": "pong", "timestamp": datetime.now(UTC).timestamp()})
            case frames.RoutingTest():
                self._session.send(self._routing_result(frame))
            case frames.Resume():
                # Awaited here: the frames behind it are for the session it adopts.
                await self._answer(frame.message_id, self._resume(frame))
            case _ if self._service.settings.behaviour.silent:
                return
            case frames.ChatMessage():
                self._begin(frame.message_id, self._chat(frame))
            case frames.History():
                self._begin(frame.message_id, self._history(frame))
            case frames.GetState():
                self._begin(frame.message_id, self._get_state(frame))
            case frames.UpdateState():
                self._begin(frame.message_id, self._update_state(frame))

    def refuse_binary(self) -> None:
        """Answer a binary frame."""
        self._session.send(InvalidFrame("binary frames are not understood; send text").frame())

    def _begin(self, message_id: str, reply: Coroutine[Any, Any, Reply | None]) -> None:
        self._service.work.begin(self._answer(message_id, reply))

    async def _answer(self, message_id: str, reply: Coroutine[Any, Any, Reply | None]) -> None:
        try:
            frame = await reply
            if frame is not None:
                self._session.send(frame)
        except Refusal as refusal:
            self._session.send(refusal.frame(message_id))
        except (*STORE_FAILURES, CommitUncertain) as error:
            logger.warning("a request failed: %s", type(error).__name__)
            self._session.send(Unavailable("a store failed; try again").frame(message_id))
        except Exception as error:  # a bug of ours must not end the session; its text could hold a tenant's words
            logger.error("a request failed unexpectedly: %s", type(error).__name__)
            self._session.send(Unavailable("the service failed").frame(message_id))

    def _routing_result(self, frame: frames.RoutingTest) -> Reply:
        return {
            "type": "routing_test_result",
            "test_id": frame.test_id,
            "user_id": str(self._session.user_id),
            "session_id": str(self._session.session_id),
        }

    async def _chat(self, frame: frames.ChatMessage) -> None:
        session = self._session
        if frame.session_id not in (None, session.session_id):
            raise NotFound("no such session")
        if session.chats_in_flight >= CHATS_IN_FLIGHT:
            raise TooManyRequests(f"{CHATS_IN_FLIGHT} chats are in flight on this session; wait for one to end")
        chat = Chat(
            user_id=session.user_id,
            session_id=session.session_id,
            thread_id=frame.thread_id or session.thread_id,
            message_id=frame.message_id,
            content=frame.content,
            run_id=uuid4(),
            agent_instance_id=uuid4(),
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

    async def _history(self, frame: frames.History) -> Reply:
        thread_id = frame.thread_id or self._session.thread_id
        messages = await self._service.records.history(self._session.user_id, thread_id, frame.limit)
        return self._reply("history", frame.message_id, messages=messages)

    async def _get_state(self, frame: frames.GetState) -> Reply:
        view = await self._service.state.read(self._session.user_id)
        return self._reply(
            "state",
            frame.message_id,
            state=view.state,
            context=view.context,
            version=view.version,
            budget={"remaining": view.remaining, "quota": view.quota},
        )

    async def _update_state(self, frame: frames.UpdateState) -> Reply:
        session, state = self._session, self._service.state
        write = await self._service.till.charged(
            session.user_id,
            frame.message_id,
            UPDATE_COST,
            lambda: state.merge(session.user_id, frame.patch, frame.message_id, UPDATE_COST),
        )
        await state.renew_hot_copy(session.user_id, write)
        change = {
            "type": "state_changed",
            "user_id": str(session.user_id),
            "session_id": str(session.session_id),
            "version": write.version,
            "patch": frame.patch,
        }
        await self._service.events.announce_state_change(session.user_id, session.session_id, change)
        return self._reply(
            "state_updated", frame.message_id, version=write.version, charged=UPDATE_COST, remaining=write.remaining
        )

    async def _resume(self, frame: frames.Resume) -> None:
        session = self._session
        thread_id = await self._service.records.session_thread(session.user_id, frame.session_id)
        last = EventId.parse(frame.last_event_id) if frame.last_event_id else None
        resumed = self._reply("resumed", frame.message_id, session_id=str(frame.session_id))
        await session.adopt(frame.session_id, thread_id, last, resumed)
        await self._service.events.announce_takeover(session.user_id, frame.session_id, session.socket_id)

    def _reply(self, kind: str, message_id: str, **fields: Any) -> Reply:
        return {"type": kind, "message_id": message_id, "user_id": str(self._session.user_id), **fields}
