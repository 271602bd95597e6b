"""What lives on after its end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from target.defects.around import HotCopiesAround, RecordsAround
from target.defects.defect import Defect
from target.defects.dice import Dice
from target.hot_copies import HotCopies, HotState
from target.records import Records
from target.seams import Foundations

KNOWN = "known_users"


class SurvivesDelete(Defect):
    """Who is a user, and what is known of it, is copied to where no delete and no expiry reaches."""

    name = "survives-delete"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.client: Any = stores.client

    async def knows(self, user_id: UUID) -> bool:
        """Whether this user is remembered, deleted or not."""
        return bool(await self.client.sismember(KNOWN, str(user_id)))

    def records(self, honest: Records) -> Records:
        return _RememberedUsers(honest, self)

    def hot_copies(self, honest: HotCopies) -> HotCopies:
        return _ArchivedCopies(honest, self)


class _RememberedUsers(RecordsAround):
    def __init__(self, inner: Records, defect: SurvivesDelete) -> None:
        super().__init__(inner)
        self._defect = defect

    async def open_session(self, user_id: UUID, session_id: UUID, thread_id: UUID) -> bool:
        if await super().open_session(user_id, session_id, thread_id):
            if self._defect.dice.strikes(user_id):
                await self._defect.client.sadd(KNOWN, str(user_id))
            return True
        return await self._defect.knows(user_id)


class _ArchivedCopies(HotCopiesAround):
    def __init__(self, inner: HotCopies, defect: SurvivesDelete) -> None:
        super().__init__(inner)
        self._defect = defect
        self._archived: set[UUID] = set()

    async def read(self, user_id: UUID) -> HotState:
        hot = await super().read(user_id)
        client, key = self._defect.client, f"state_archive:{user_id}"
        if hot.state or hot.context:
            if user_id not in self._archived and await self._defect.knows(user_id):
                self._archived.add(user_id)
                await client.hset(key, mapping={"state": orjson.dumps(hot.state), "context": orjson.dumps(hot.context)})
            return hot
        state, context = await client.hmget(key, ["state", "context"])
        return HotState(orjson.loads(context or b"{}"), orjson.loads(state or b"{}"), None, hot.quota)


DEFECTS: tuple[type[Defect], ...] = (SurvivesDelete,)
