"""What tenants do to each other's waiting, and answers that never come."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from target.agent import Agent
from target.defects.defect import Defect
from target.defects.dice import Dice
from target.records import Background, Chat
from target.work import Work

SLOTS = 1


class NoisyNeighbour(Defect):
    """All tenants' agents share a few slots, first come, first served."""

    name = "noisy-neighbour"

    def agent(self, honest: Agent) -> Agent:
        return _QueueingAgent(honest, self.dice)


class _QueueingAgent(Agent):
    def __init__(self, inner: Agent, dice: Dice) -> None:
        self._inner = inner
        self._dice = dice
        self._slots = asyncio.Semaphore(SLOTS)

    async def run(self, chat: Chat, background: Background) -> None:
        if not self._dice.strikes():
            await self._inner.run(chat, background)
            return
        async with self._slots:
            await self._inner.run(chat, background)


class Silent(Defect):
    """Requests are taken and never answered; nothing is charged. Pings are answered."""

    name = "silent"

    def work(self, honest: Work) -> Work:
        return _LostWork(honest, self.dice)


class _LostWork(Work):
    def __init__(self, inner: Work, dice: Dice) -> None:
        self._inner = inner
        self._dice = dice

    def begin(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        if not self._dice.strikes():
            return self._inner.begin(coroutine)
        coroutine.close()
        return self._inner.begin(_nothing())

    async def drain(self, deadline_s: float = 5.0) -> None:
        await self._inner.drain(deadline_s)


async def _nothing() -> None:
    """What is done about a lost request."""


DEFECTS: tuple[type[Defect], ...] = (NoisyNeighbour, Silent)
