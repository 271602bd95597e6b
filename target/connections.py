"""A WebSocket from its handshake to its end: who is it, does it still live, may it stay."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from time import time

from starlette.websockets import WebSocket, WebSocketDisconnect

from target.charging import STORE_FAILURES
from target.requests import Requests
from target.service import Service
from target.session import GOING_AWAY, POLICY_VIOLATION, TRY_AGAIN_LATER, Session
from target.tenant_database import CommitUncertain
from target.tokens import Identity, TokenRefused
from target.websocket_protocol import last_ping_s

logger = logging.getLogger(__name__)


async def serve_socket(service: Service, connection: WebSocket) -> None:
    """Serve one connection to its end."""
    socket = service.socket_of(connection)
    try:
        identity = service.verify(socket.query_params.get("token", ""), service.settings.jwt_secret)
    except TokenRefused:
        await socket.close()  # before the upgrade: the client sees HTTP 403
        return
    await socket.accept()
    session = Session(socket, service.events, identity.user_id, service.new_id(), service.new_id())
    try:
        if not await service.records.open_session(identity.user_id, session.session_id, session.thread_id):
            await socket.close(POLICY_VIOLATION, "no active user of this token")
            return
        await service.subscriptions.join(identity.user_id, session)
    except (*STORE_FAILURES, CommitUncertain):
        await service.subscriptions.leave(identity.user_id, session)
        await socket.close(TRY_AGAIN_LATER, "a store is not available")
        return
    try:
        await _converse(service, socket, session, identity)
    finally:
        await service.subscriptions.leave(identity.user_id, session)


async def _converse(service: Service, socket: WebSocket, session: Session, identity: Identity) -> None:
    session.send(
        {
            "type": "session_ready",
            "session_id": str(session.session_id),
            "user_id": str(session.user_id),
            "thread_id": str(session.thread_id),
        }
    )
    loop = asyncio.get_running_loop()
    expiry = loop.call_later(
        max(0.0, identity.expires_at_s - time()), session.end, POLICY_VIOLATION, "the token has expired"
    )
    heartbeat = Heartbeat(socket, session, service.settings.behaviour.heartbeat_s)
    reading = asyncio.create_task(_read(socket, Requests(service, session), heartbeat), name="session reader")
    writing = asyncio.create_task(session.write_until_ended(), name="session")
    try:
        await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        expiry.cancel()
        heartbeat.stop()
        for task in (reading, writing):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError, OSError):
                await task


async def _read(socket: WebSocket, requests: Requests, heartbeat: Heartbeat) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        heartbeat.heard()
        text = message.get("text")
        if text is None:
            requests.refuse_binary()
        else:
            await requests.receive(text)


class Heartbeat:
    """Ends a session that was silent for ``limit_s`` seconds; frames and protocol pings count as signs of life."""

    def __init__(self, socket: WebSocket, session: Session, limit_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = socket
        self._session = session
        self._limit_s = limit_s
        self._heard_s = self._loop.time()
        self._timer = self._loop.call_later(limit_s, self._check)

    def heard(self) -> None:
        """A frame has come. This only notes the time: one timer a session is cheaper than one a frame."""
        self._heard_s = self._loop.time()

    def stop(self) -> None:
        """The session is over."""
        self._timer.cancel()

    def _check(self) -> None:
        quiet_s = self._loop.time() - max(self._heard_s, last_ping_s(self._socket))
        if quiet_s >= self._limit_s:
            self._session.end(GOING_AWAY, "heartbeat timeout")
        else:
            self._timer = self._loop.call_later(self._limit_s - quiet_s, self._check)
