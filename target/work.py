"""Requests and agent runs under way in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

DRAIN_S = 5.0


class Work:
    """Requests and agent runs under way. They belong to the process, not to a socket: none is cancelled by a drop."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a piece of work and keep hold of it."""
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def drain(self, deadline_s: float = DRAIN_S) -> None:
        """Wait for what is under way, at most ``deadline_s`` seconds, then cancel the rest."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=deadline_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
