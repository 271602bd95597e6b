"""The platform's HTTP and WebSocket endpoints."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
import jwt
import orjson
import redis.asyncio as redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from systems.agent_platform.agent import Agent, Event
from systems.agent_platform.hot_state import HotState
from systems.agent_platform.records import Records, new_id

HEARTBEAT_S = 30.0
POLICY_VIOLATION = 1008
GOING_AWAY = 1001


@dataclass(frozen=True)
class Settings:
    """Where the stores are, and how the platform is built.

    Attributes:
        redis_url: address of Redis.
        postgres_url: address of Postgres.
        secret: what tokens are signed with.
        fault: what is wrong with this build; None for nothing.
    """

    redis_url: str
    postgres_url: str
    secret: str
    fault: str | None = None


class Platform:
    """The platform, with its stores open."""

    def __init__(self, settings: Settings, records: Records, hot_state: HotState) -> None:
        self._settings = settings
        self._records = records
        self._agent = Agent(records, hot_state)
        self._silent = settings.fault == "silent"

    async def serve(self, socket: WebSocket) -> None:
        """Speaks with one client until it goes or is silent for as long as a heartbeat may take."""
        try:
            claims = self._claims(socket.query_params.get("token", ""))
        except jwt.InvalidTokenError:
            await socket.close()  # before it was accepted: the upgrade is answered with 403
            return
        await socket.accept()
        user_id = str(claims.get("user_id"))
        if claims.get("sub") != user_id or not await self._records.is_active(user_id):
            await socket.close(POLICY_VIOLATION, "not a user")
            return
        session_id = await self._records.open_session(user_id)
        working: set[asyncio.Task[None]] = set()
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # RuntimeError: gone while we were writing
            try:
                while True:
                    async with asyncio.timeout(HEARTBEAT_S):
                        text = await socket.receive_text()
                    await self._take(socket, user_id, session_id, text, working)
            except TimeoutError:
                await socket.close(GOING_AWAY, "no frame for 30 s")

    async def _take(
        self, socket: WebSocket, user_id: str, session_id: str, text: str, working: set[asyncio.Task[None]]
    ) -> None:
        frame = _object(text)
        match frame.get("type"):
            case "ping":
                await _send(socket, {"type": "pong", "timestamp": datetime.now(UTC).isoformat()})
            case "routing_test":
                await _send(socket, {"type": "routing_test", "test_id": frame.get("test_id"), "user_id": user_id})
            case "chat_message":
                if self._silent:
                    return
                asked_for = str(frame.get("session_id", session_id))
                if not await self._records.has_session(user_id, asked_for):
                    await _refuse(socket, "session_not_found", "there is no such session")
                    return
                instance_id = new_id("agent")
                await _send(socket, {"type": "agent_started", "agent_instance_id": instance_id})
                task = asyncio.create_task(
                    self._chat(socket, user_id, asked_for, str(frame.get("content")), instance_id)
                )
                working.add(task)
                task.add_done_callback(working.discard)
            case _:
                await _refuse(socket, "validation_error", "a frame needs a type")

    async def _chat(self, socket: WebSocket, user_id: str, session_id: str, question: str, instance_id: str) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            async for event in self._agent.answer(user_id, session_id, question, instance_id):
                await _send(socket, event)

    def _claims(self, token: str) -> dict[str, object]:
        required = ["sub", "user_id", "iat", "exp"]
        return dict(jwt.decode(token, self._settings.secret, algorithms=["HS256"], options={"require": required}))


def application(settings: Settings) -> Starlette:
    """Returns the platform as an ASGI application."""
    opened: list[Platform] = []

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        client = redis.from_url(settings.redis_url, decode_responses=True)
        pool = await asyncpg.create_pool(settings.postgres_url, min_size=1, max_size=10)
        try:
            migrated = await pool.fetchval("SELECT to_regclass('threads') IS NOT NULL")
            records = Records(pool, migrated=migrated, owner_checked=settings.fault != "owner-unchecked")
            hot_state = HotState(client, cache_by_user=settings.fault != "shared-cache")
            opened.append(Platform(settings, records, hot_state))
            yield
        finally:
            await pool.close()
            await client.aclose()

    async def health(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "healthy"})

    async def websocket(socket: WebSocket) -> None:
        await opened[0].serve(socket)

    routes = [Route("/health", health), WebSocketRoute("/ws", websocket)]
    return Starlette(routes=routes, lifespan=lifespan)


def _object(text: str) -> Event:
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return frame if isinstance(frame, dict) else {}


async def _send(socket: WebSocket, event: Event) -> None:
    await socket.send_text(orjson.dumps(event).decode())


async def _refuse(socket: WebSocket, code: str, message: str) -> None:
    """Says what is wrong, and of which frame it doesn't say: a frame has no id that could be repeated."""
    await _send(socket, {"type": "error", "code": code, "message": message})
