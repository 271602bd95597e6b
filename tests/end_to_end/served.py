"""A WebSocket service of a test's own, on a thread of its own: the swarm and its checker are other processes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from websockets.asyncio.server import Server, ServerConnection, serve

from tests.end_to_end.stack import HOST

SAY_AND_LIST = """\
[refusal]
type = "failure"
code = "why"

[operations.chat]
send = {{ kind = "say", id = "{{message_id}}", text = "{{prompt}}" }}
ends = ["said"]
stored_in = ["redis"]

[operations.history]
send = {{ kind = "list", id = "{{message_id}}" }}
ends = ["listed"]

[stores.redis]
url = "${{REDIS_URL}}"

[frames]
type = "kind"
request_id = ["id"]
tenant = ["from"]
"""
"""The end of a profile, to be formatted, of services to which people say things and that list what was said. More of
[frames] may follow.
"""


@contextmanager
def served(talk: Callable[[ServerConnection], Awaitable[None]]) -> Iterator[str]:
    """The address of a running service that talks so on each connection."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> Server:
        return await serve(talk, HOST, 0)

    async def stop(server: Server) -> None:
        server.close()
        await server.wait_closed()

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield f"ws://{HOST}:{next(iter(server.sockets)).getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(stop(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
