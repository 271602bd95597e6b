"""A tenant's socket and the session it carries: what goes out, in which order, and never twice."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from uuid import UUID, uuid4

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from target.event_stream import (
    AGENT_EVENT,
    STATE_CHANGE,
    TAKEOVER,
    EventId,
    EventStream,
    Notice,
    SessionEvent,
    session_event,
)

OUTGOING_FRAMES = 5_000
CHATS_IN_FLIGHT = 16

POLICY_VIOLATION = 1008
GOING_AWAY = 1001
TRY_AGAIN_LATER = 1013
RESUMED_ELSEWHERE = 4001


class Session:
    """What one socket may see: replies to its own requests, and events of its session from its tenant's channel."""

    def __init__(
        self, socket: WebSocket, events: EventStream, user_id: UUID, session_id: UUID, thread_id: UUID
    ) -> None:
        self.user_id = user_id
        self.session_id = session_id
        self.thread_id = thread_id
        self.socket_id = uuid4().hex
        self.chats_in_flight = 0
        self._socket = socket
        self._events = events
        self._outgoing: asyncio.Queue[str] = asyncio.Queue(OUTGOING_FRAMES)
        self._last: EventId | None = None
        self._held_back: list[SessionEvent] | None = None
        self._ended: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    def send(self, frame: dict[str, Any]) -> None:
        """Send a frame when its turn comes; a client that doesn't read is disconnected and may resume."""
        self._put(orjson.dumps(frame).decode())

    def end(self, code: int, reason: str) -> None:
        """Close the socket with ``code`` and ``reason`` as soon as the writer gets to it."""
        if not self._ended.done():
            self._ended.set_result((code, reason))

    async def write_until_ended(self) -> None:
        """Write what is sent until somebody ends the session, then close the socket."""
        writing = asyncio.create_task(self._write(), name="session writer")
        either: set[asyncio.Future[Any]] = {writing, self._ended}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if self._ended.done():
                code, reason = self._ended.result()
                await self._socket.close(code, reason)
        finally:
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError, OSError):
                await writing

    def hear(self, heard: Notice) -> None:
        """Take from the tenant's channel what is for this socket."""
        mine = heard.session_id == str(self.session_id)
        if heard.kind == AGENT_EVENT and mine:
            identity, _, event = heard.rest.partition(b" ")
            self._take(session_event(identity, event))
        elif heard.kind == STATE_CHANGE and not mine:
            self._put(heard.rest.decode())
        elif heard.kind == TAKEOVER and mine and heard.rest.decode() != self.socket_id:
            self.end(RESUMED_ELSEWHERE, "session resumed elsewhere")

    async def adopt(self, session_id: UUID, thread_id: UUID, last: EventId | None, resumed: dict[str, Any]) -> None:
        """Go on with an earlier session of this tenant: say so, replay what was missed, then carry on live.

        Live events are held back from before the stream is read until after the replay, so that none is lost between
        the two; those in both are recognised by their ids.
        """
        before = (self.session_id, self.thread_id, self._last)
        self._held_back = []
        self.session_id, self.thread_id, self._last = session_id, thread_id, last
        try:
            missed = await self._events.since(self.user_id, session_id, last)
        except BaseException:
            self.session_id, self.thread_id, self._last = before
            self._held_back = None
            raise
        self.send({**resumed, "replayed": len(missed)})
        self._release(missed)

    async def catch_up(self) -> None:
        """The channel was silent for a while: send what the stream has and the socket has not."""
        if self._held_back is not None:
            return
        self._held_back = []
        try:
            missed = await self._events.since(self.user_id, self.session_id, self._last)
        except BaseException:
            self._release([])
            raise
        self._release(missed)

    def _release(self, missed: list[SessionEvent]) -> None:
        held_back, self._held_back = self._held_back or [], None
        for event in (*missed, *held_back):
            self._take(event)

    def _take(self, event: SessionEvent) -> None:
        if self._held_back is not None:
            self._held_back.append(event)
        elif self._last is None or event.event_id > self._last:
            self._last = event.event_id
            self._put(event.text)

    def _put(self, text: str) -> None:
        try:
            self._outgoing.put_nowait(text)
        except asyncio.QueueFull:
            self.end(TRY_AGAIN_LATER, "too many frames unread")

    async def _write(self) -> None:
        while True:
            await self._socket.send_text(await self._outgoing.get())
