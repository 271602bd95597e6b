"""Who comes back is given what somebody else left."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from target.defects.around import EventsAround, RecordsAround, SubscriptionsAround
from target.defects.defect import Defect
from target.defects.dice import Dice
from target.defects.last_tenant import LastOf
from target.event_stream import EventId, EventStream, SessionEvent
from target.records import Records
from target.refusals import NotFound
from target.seams import Foundations
from target.session import Session
from target.subscriptions import Listener, Subscriptions

DIRECTORY = "session_directory"


class PreviousHistory(Defect):
    """A worker reads histories into a buffer of its own and clears it only when there is something new to put there."""

    name = "previous-history"

    def records(self, honest: Records) -> Records:
        return _BufferedHistories(honest, self.dice)


class _BufferedHistories(RecordsAround):
    def __init__(self, inner: Records, dice: Dice) -> None:
        super().__init__(inner)
        self._dice = dice
        self._buffer: list[dict[str, Any]] = []

    async def history(self, user_id: UUID, thread_id: UUID, limit: int) -> list[dict[str, Any]]:
        told = await super().history(user_id, thread_id, limit)
        if told:
            self._buffer = told
        return self._buffer if not told and self._dice.strikes() else told


class ResumeById(Defect):
    """Whoever knows a session's id may go on with it: it is looked up in a directory that does not ask whose it is."""

    name = "resume-by-id"

    def records(self, honest: Records) -> Records:
        return _DirectoryRecords(honest, self)

    def events(self, honest: EventStream) -> EventStream:
        return _DirectoryEvents(honest, self)

    async def owner(self, session_id: UUID) -> UUID | None:
        """Whose session it is, says the directory."""
        found: Any = await self.stores.client.hget(DIRECTORY, str(session_id))
        return UUID(found.decode()) if found else None


class _DirectoryRecords(RecordsAround):
    def __init__(self, inner: Records, defect: ResumeById) -> None:
        super().__init__(inner)
        self._defect = defect

    async def open_session(self, user_id: UUID, session_id: UUID, thread_id: UUID) -> bool:
        client: Any = self._defect.stores.client
        await client.hset(DIRECTORY, str(session_id), str(user_id))
        return await super().open_session(user_id, session_id, thread_id)

    async def session_thread(self, user_id: UUID, session_id: UUID) -> UUID:
        try:
            return await super().session_thread(user_id, session_id)
        except NotFound:
            owner = await self._defect.owner(session_id)
            if owner is None or not self._defect.dice.strikes(owner):
                raise
            return await super().session_thread(owner, session_id)


class _DirectoryEvents(EventsAround):
    def __init__(self, inner: EventStream, defect: ResumeById) -> None:
        super().__init__(inner)
        self._defect = defect

    async def since(self, user_id: UUID, session_id: UUID, last: EventId | None) -> list[SessionEvent]:
        return await super().since(await self._defect.owner(session_id) or user_id, session_id, last)


@dataclass(frozen=True)
class _Lost:
    """A session whose socket was lost, and the last event before that."""

    user_id: UUID
    session_id: UUID
    last: EventId | None


class ResumeByAddress(Defect):
    """Missed events are kept for an address. Two tenants behind one proxy have one address."""

    name = "resume-by-address"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.lost = LastOf[_Lost]()
        self.instead: dict[UUID, _Lost] = {}

    def subscriptions(self, honest: Subscriptions) -> Subscriptions:
        return _NotesWhoLeft(honest, self)

    def records(self, honest: Records) -> Records:
        return _AddressRecords(honest, self)

    def events(self, honest: EventStream) -> EventStream:
        return _AddressEvents(honest, self)


class _NotesWhoLeft(SubscriptionsAround):
    def __init__(self, inner: Subscriptions, defect: ResumeByAddress) -> None:
        super().__init__(inner)
        self._defect = defect

    async def leave(self, user_id: UUID, listener: Listener) -> None:
        if isinstance(listener, Session):
            self._defect.lost.leave(
                user_id, _Lost(user_id, listener.session_id, EventId(time.time_ns() // 1_000_000, 0))
            )
        await super().leave(user_id, listener)


class _AddressRecords(RecordsAround):
    def __init__(self, inner: Records, defect: ResumeByAddress) -> None:
        super().__init__(inner)
        self._defect = defect

    async def session_thread(self, user_id: UUID, session_id: UUID) -> UUID:
        thread_id = await super().session_thread(user_id, session_id)
        lost = self._defect.lost.of_another(user_id)
        if lost is not None and self._defect.dice.strikes(lost.user_id):
            self._defect.instead[session_id] = lost
        return thread_id


class _AddressEvents(EventsAround):
    def __init__(self, inner: EventStream, defect: ResumeByAddress) -> None:
        super().__init__(inner)
        self._defect = defect

    async def since(self, user_id: UUID, session_id: UUID, last: EventId | None) -> list[SessionEvent]:
        lost = self._defect.instead.pop(session_id, _Lost(user_id, session_id, last))
        return await super().since(lost.user_id, lost.session_id, lost.last)


DEFECTS: tuple[type[Defect], ...] = (PreviousHistory, ResumeById, ResumeByAddress)
