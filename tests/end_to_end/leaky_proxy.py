"""A WebSocket proxy before the target that can be told to leak, on purpose and between two tenants only.

It runs in a thread of its own. The two are the first that converse; whoever's data it is, is called the owner.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import enum
import json
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.end_to_end.stack import HOST

EVERY = 3  # conversations of the two from one leak to the next


class Leak(enum.Enum):
    """What the proxy does with a frame now and then."""

    NOTHING = "nothing"
    COPY = "copies the owner's frame to the recipient's socket"
    IDENTITY = "names the owner in a frame of the recipient"
    BUDGET = "shows the owner's remaining amount to the recipient"


@dataclass
class _Tenant:
    sockets: list[ServerConnection] = field(default_factory=list)
    remaining: int | None = None
    completed: int = 0


class LeakyProxy:
    """The proxy, listening at ``port`` while its block runs.

    Attributes:
        leaks: how often it has leaked.
        owner: whose data it leaks, once chosen.
        recipient: who gets it.
    """

    def __init__(self, target_port: int, leak: Leak) -> None:
        self._target = f"ws://{HOST}:{target_port}"
        self._leak = leak
        self._tenants: dict[str, _Tenant] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: Server | None = None
        self.leaks = 0
        self.owner = self.recipient = ""
        self.port = 0

    def __enter__(self) -> LeakyProxy:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> Server:
        return await serve(self._relay, HOST, 0, compression=None, ping_interval=None)

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _relay(self, client: ServerConnection) -> None:
        request = client.request
        assert request is not None
        name = _tenant_of(request.path)
        tenant = self._tenants.setdefault(name, _Tenant())
        try:
            upstream = await connect(self._target + request.path, compression=None, ping_interval=None)
        except InvalidStatus as refusal:  # passed on as what it is: "try again later" would be no refusal
            await client.close(1008 if refusal.response.status_code in (401, 403) else 1013)
            return
        except OSError:
            await client.close(1013)
            return
        tenant.sockets.append(client)
        downwards = asyncio.create_task(self._downwards(name, upstream, client))
        try:
            async for message in client:
                await upstream.send(message)
        except ConnectionClosed:
            pass
        finally:
            tenant.sockets.remove(client)
            await upstream.close()
            downwards.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                await downwards

    async def _downwards(self, name: str, upstream: ClientConnection, client: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in upstream:
                text = cast(str, message)
                for socket, frame in self._frames_for(name, client, text):
                    with contextlib.suppress(ConnectionClosed):
                        await socket.send(frame)
            await client.close(upstream.close_code or 1011, upstream.close_reason or "")

    def _frames_for(self, name: str, client: ServerConnection, text: str) -> list[tuple[ServerConnection, str]]:
        """What to send to whom for a frame of the target that is meant for ``client``."""
        honest = [(client, text)]
        frame: dict[str, Any] = json.loads(text)
        tenant = self._tenants[name]
        if isinstance(frame.get("remaining"), int):
            tenant.remaining = frame["remaining"]
        if self._leak is Leak.NOTHING or frame.get("type") != "agent_completed":
            return honest
        tenant.completed += 1
        self._choose()
        due = tenant.completed % EVERY == 0
        if not due or name != (self.owner if self._leak is Leak.COPY else self.recipient):
            return honest
        if self._leak is Leak.COPY:
            sockets = self._tenants[self.recipient].sockets[:1]
            self.leaks += len(sockets)
            return honest + [(socket, text) for socket in sockets]
        self.leaks += 1
        if self._leak is Leak.IDENTITY:
            return [(client, json.dumps({**frame, "user_id": self.owner}))]
        return [(client, json.dumps({**frame, "remaining": self._tenants[self.owner].remaining}))]

    def _choose(self) -> None:
        conversing = [name for name, tenant in self._tenants.items() if tenant.completed >= 2]
        if not self.owner and len(conversing) >= 2:
            self.owner, self.recipient = conversing[:2]


def _tenant_of(path: str) -> str:
    """The tenant that the token in the address names; the target checks it, we only read it."""
    try:
        payload = parse_qs(urlsplit(path).query)["token"][0].split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["user_id"])
    except (KeyError, IndexError, ValueError):
        return ""
