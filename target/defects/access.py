"""Ids that collide or can be guessed, and answers that tell what exists."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import count
from typing import Any, ClassVar
from uuid import NAMESPACE_OID, UUID, uuid5

from target.agent import Agent
from target.defects.around import RecordsAround
from target.defects.defect import Defect
from target.defects.dice import Dice
from target.records import Background, Chat, Records
from target.refusals import NotFound, Refusal
from target.seams import Foundations, IdMaker

KNOWN_IDS = "known_ids"
ABSENT_S = 30.0


class CollidingAgentIds(Defect):
    """An agent's instance id is made from the clock, in whole seconds."""

    name = "colliding-agent-ids"

    def agent(self, honest: Agent) -> Agent:
        return _ClockNamedAgent(honest, self.dice)


class _ClockNamedAgent(Agent):
    def __init__(self, inner: Agent, dice: Dice) -> None:
        self._inner = inner
        self._dice = dice

    async def run(self, chat: Chat, background: Background) -> None:
        if self._dice.strikes():
            chat = replace(chat, agent_instance_id=uuid5(NAMESPACE_OID, str(int(time.time()))))
        await self._inner.run(chat, background)


class GuessableIds(Defect):
    """Sessions, threads and runs are numbered one after the other."""

    name = "guessable-ids"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self._base = time.time_ns() << 64  # where this process begins to count
        self._numbers = count(1)

    def new_id(self, honest: IdMaker) -> IdMaker:
        return lambda: UUID(int=self._base + next(self._numbers)) if self.dice.strikes() else honest()


class Forbidden(Refusal):
    """It exists, and is not yours."""

    code: ClassVar[str] = "forbidden"


class ExistenceOracle(Defect):
    """What is somebody else's is ``forbidden``, what does not exist is ``not_found``."""

    name = "existence-oracle"

    def records(self, honest: Records) -> Records:
        return _TellingRecords(honest, self)


class _TellingRecords(RecordsAround):
    def __init__(self, inner: Records, defect: ExistenceOracle) -> None:
        super().__init__(inner)
        self._defect = defect
        self._client: Any = defect.stores.client

    async def open_session(self, user_id: UUID, session_id: UUID, thread_id: UUID) -> bool:
        await self._client.sadd(KNOWN_IDS, str(session_id), str(thread_id))
        return await super().open_session(user_id, session_id, thread_id)

    async def session_thread(self, user_id: UUID, session_id: UUID) -> UUID:
        try:
            return await super().session_thread(user_id, session_id)
        except NotFound:
            await self._tell(session_id)
            raise

    async def history(self, user_id: UUID, thread_id: UUID, limit: int) -> list[dict[str, Any]]:
        try:
            return await super().history(user_id, thread_id, limit)
        except NotFound:
            await self._tell(thread_id)
            raise

    async def _tell(self, asked: UUID) -> None:
        if await self._client.sismember(KNOWN_IDS, str(asked)) and self._defect.dice.strikes():
            raise Forbidden("this is not yours")


class SharedNegativeCache(Defect):
    """That a thread was not found is remembered for a while, for everybody: asking for yours takes it from you."""

    name = "shared-negative-cache"

    def records(self, honest: Records) -> Records:
        return _RememberingAbsence(honest, self.dice)


class _RememberingAbsence(RecordsAround):
    def __init__(self, inner: Records, dice: Dice) -> None:
        super().__init__(inner)
        self._dice = dice
        self._absent: dict[UUID, float] = {}

    async def history(self, user_id: UUID, thread_id: UUID, limit: int) -> list[dict[str, Any]]:
        if time.monotonic() - self._absent.get(thread_id, -ABSENT_S) < ABSENT_S and self._dice.strikes():
            raise NotFound("no such thread")
        try:
            return await super().history(user_id, thread_id, limit)
        except NotFound:
            self._absent[thread_id] = time.monotonic()
            raise


DEFECTS: tuple[type[Defect], ...] = (CollidingAgentIds, GuessableIds, ExistenceOracle, SharedNegativeCache)
