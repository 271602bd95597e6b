"""The ASGI application: ``/health`` and ``/ws``."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TypedDict

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from target import health
from target.connections import serve_socket
from target.service import Service, open_service
from target.settings import ServiceSettings


class State(TypedDict):
    """What the server hands to every request."""

    service: Service


def application(settings: ServiceSettings) -> Starlette:
    """The service as an ASGI application; it connects to its stores when the server starts it."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with open_service(settings) as service:
            yield {"service": service}

    return Starlette(
        routes=[Route("/health", _health, methods=["GET"]), WebSocketRoute("/ws", _socket)], lifespan=lifespan
    )


async def _health(request: Request) -> Response:
    report = await health.report(request.state.service)
    return JSONResponse(report, status_code=200 if report["status"] == "ok" else 503)


async def _socket(socket: WebSocket) -> None:
    await serve_socket(socket.state.service, socket)
