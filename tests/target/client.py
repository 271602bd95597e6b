"""A client of the service for tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

Frame = dict[str, Any]
TIMEOUT_S = 10.0
STREAM = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]


class Client:
    """One socket, with every frame it has received kept in order."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.ready: Frame = {}
        self.seen: list[Frame] = []

    async def send(self, type_: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": type_, **fields}))

    async def receive(self) -> Frame:
        frame: Frame = json.loads(await asyncio.wait_for(self.socket.recv(), TIMEOUT_S))
        self.seen.append(frame)
        return frame

    async def until(self, *types: str) -> Frame:
        """Receive up to a frame of one of ``types``."""
        while True:
            frame = await self.receive()
            if frame["type"] in types:
                return frame

    async def request(self, type_: str, *ends: str, **fields: Any) -> Frame:
        """Send a frame and receive up to its reply or an error."""
        await self.send(type_, **fields)
        return await self.until(*ends, "error")

    async def chat(self, message_id: str, content: str = "hello", **fields: Any) -> list[Frame]:
        """Send a chat and receive its whole stream."""
        before = len(self.seen)
        await self.request("chat_message", "agent_completed", message_id=message_id, content=content, **fields)
        return self.seen[before:]

    async def answered(self) -> None:
        """Return when everything the service sent before a ping sent now has arrived."""
        await self.send("ping")
        await self.until("pong")


@asynccontextmanager
async def connected(url: str, token: str) -> AsyncIterator[Client]:
    """A client whose session is ready."""
    async with connect(f"{url}?token={token}", compression=None, ping_interval=None) as socket:
        client = Client(socket)
        client.ready = await client.receive()
        client.seen.clear()
        yield client
