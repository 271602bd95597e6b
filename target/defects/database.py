"""Row security that is in place and does not hold, and rows that are not where they belong."""

from __future__ import annotations

import base64
import gzip
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import orjson

from target.defects.around import RecordsAround
from target.defects.catalogue import READER, VIEW
from target.defects.defect import Defect
from target.defects.dice import Dice
from target.defects.last_tenant import LastOf
from target.records import ACCEPT_CHAT, HONEST, Background, Chat, Records, Statements, message
from target.seams import Foundations
from target.tenant_database import TenantDatabase

# "Row security filters anyway": right for as long as it does.
COLUMNS = "id, thread_id, run_id, role, coalesce(content ->> 'text', content::text) AS content, created_at"
RECENT = f"SELECT {COLUMNS} FROM messages ORDER BY position DESC LIMIT $1"
RECENT_OF_VIEW = f"SELECT {COLUMNS} FROM {VIEW} WHERE $1::uuid IS NOT NULL ORDER BY position DESC LIMIT $2"

ACCEPT_UNSTORED = ACCEPT_CHAT.replace(
    "INSERT INTO messages (id, thread_id, run_id, role, content, metadata_)\n"
    "    SELECT $6, thread.id, run.id, 'user', $7::jsonb, $8::jsonb FROM thread, run",
    "SELECT $6::uuid, $7::jsonb, $8::jsonb",
)
SNAPSHOT = """
INSERT INTO agent_state_snapshots (id, thread_id, user_id, state_data, compression_type)
VALUES ($1, $2, $3, $4::jsonb, 'gzip')
"""


class StickyDatabaseSession(Defect):
    """A connection is told its tenant when it is fresh, for the whole session, and nobody tells it again."""

    name = "sticky-database-session"

    def records(self, honest: Records) -> Records:
        return _RecentHistories(honest, self.dice, _StickyDatabase(self.stores.database.pool), None)


class UnfilteredQuery(Defect):
    """Histories are read with a reporting role that row security does not bind, by a query without its filter."""

    name = "unfiltered-query"

    def records(self, honest: Records) -> Records:
        return _RecentHistories(honest, self.dice, self.stores.database, READER)


class _RecentHistories(RecordsAround):
    """Answers some reads of the history with the last messages that row security lets through, of any thread."""

    def __init__(self, inner: Records, dice: Dice, database: TenantDatabase, role: str | None) -> None:
        super().__init__(inner)
        self._dice = dice
        self._recent_of = database
        self._role = role

    async def history(self, user_id: UUID, thread_id: UUID, limit: int) -> list[dict[str, Any]]:
        if not self._dice.strikes():
            return await super().history(user_id, thread_id, limit)
        async with self._recent_of.transaction(user_id) as connection:
            if self._role:
                await connection.execute(f"SET LOCAL ROLE {self._role}")
            rows = await connection.fetch(RECENT, limit)
        return [message(row) for row in reversed(rows)]


class _StickyDatabase(TenantDatabase):
    def binding(self, user_id: UUID) -> str:
        return (
            "SELECT CASE WHEN coalesce(current_setting('app.user_id', true), '') = '' "
            f"THEN set_config('app.user_id', '{user_id}', false) END"
        )


class OwnerRightsView(Defect):
    """Histories are read from a view, with the rights of its owner, whom row security does not bind."""

    name = "owner-rights-view"

    def records(self, honest: Records) -> Records:
        of_view = Records(self.stores.database, replace(HONEST, history=RECENT_OF_VIEW))
        return _SomeHistoriesElsewhere(honest, of_view, self.dice)


class _SomeHistoriesElsewhere(RecordsAround):
    def __init__(self, inner: Records, elsewhere: Records, dice: Dice) -> None:
        super().__init__(inner)
        self._elsewhere = elsewhere
        self._dice = dice

    async def history(self, user_id: UUID, thread_id: UUID, limit: int) -> list[dict[str, Any]]:
        source = self._elsewhere if self._dice.strikes() else self._inner
        return await source.history(user_id, thread_id, limit)


class MisfiledRow(Defect):
    """Answers are written with parameters that are kept between writes; a late one goes where the last one went."""

    name = "misfiled-row"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.last = LastOf[Chat]()

    def records(self, honest: Records) -> Records:
        return _MisfilingRecords(honest, self)


class _MisfilingRecords(RecordsAround):
    def __init__(self, inner: Records, defect: MisfiledRow) -> None:
        super().__init__(inner)
        self._defect = defect

    async def complete_chat(self, chat: Chat, answer: str, state: dict[str, Any]) -> int:
        other = self._defect.last.of_another(chat.user_id)
        self._defect.last.leave(chat.user_id, chat)
        if other is None or not self._defect.dice.strikes(other.user_id):
            return await super().complete_chat(chat, answer, state)
        await super().complete_chat(other, answer, state)
        return await super().remaining(chat.user_id)


class MisfiledSnapshot(Defect):
    """Compressed snapshots are written by a batch that pairs tenants and snapshots off by one."""

    name = "misfiled-snapshot"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.last = LastOf[Chat]()

    def records(self, honest: Records) -> Records:
        return _CompressingRecords(honest, self)


class _CompressingRecords(RecordsAround):
    def __init__(self, inner: Records, defect: MisfiledSnapshot) -> None:
        super().__init__(inner)
        self._defect = defect

    async def complete_chat(self, chat: Chat, answer: str, state: dict[str, Any]) -> int:
        remaining = await super().complete_chat(chat, answer, state)
        other = self._defect.last.of_another(chat.user_id)
        self._defect.last.leave(chat.user_id, chat)
        if other is not None and self._defect.dice.strikes(other.user_id):
            packed = base64.b64encode(gzip.compress(orjson.dumps(state))).decode()
            async with self._defect.stores.database.transaction(other.user_id) as connection:
                document = orjson.dumps({"data": packed}).decode()
                await connection.execute(SNAPSHOT, uuid4(), other.thread_id, other.user_id, document)
        return remaining


class AcknowledgedNotStored(Defect):
    """Messages are stored by a queue that nobody waits for; what it loses was acknowledged all the same."""

    name = "acknowledged-not-stored"

    def records(self, honest: Records) -> Records:
        unstored = Records(self.stores.database, Statements(accept_chat=ACCEPT_UNSTORED))
        return _ForgetfulRecords(honest, unstored, self.dice)


class _ForgetfulRecords(RecordsAround):
    def __init__(self, inner: Records, unstored: Records, dice: Dice) -> None:
        super().__init__(inner)
        self._unstored = unstored
        self._dice = dice
        self._lost: set[UUID] = set()

    async def accept_chat(self, chat: Chat, cost: int) -> Background:
        if not self._dice.strikes():
            return await super().accept_chat(chat, cost)
        self._lost.add(chat.run_id)
        return await self._unstored.accept_chat(chat, cost)

    async def complete_chat(self, chat: Chat, answer: str, state: dict[str, Any]) -> int:
        if chat.run_id not in self._lost:
            return await super().complete_chat(chat, answer, state)
        self._lost.discard(chat.run_id)
        return await super().remaining(chat.user_id)


DEFECTS: tuple[type[Defect], ...] = (
    StickyDatabaseSession, UnfilteredQuery, OwnerRightsView, MisfiledRow, MisfiledSnapshot, AcknowledgedNotStored
)  # fmt: skip
