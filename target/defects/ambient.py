"""Who is asking is kept somewhere that the next one to ask overwrites."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from target.defects.around import RecordsAround, ScopeAround
from target.defects.defect import Defect
from target.defects.dice import Dice
from target.defects.last_tenant import LastTenant
from target.records import Background, Chat, Records
from target.scope import Scope
from target.seams import Foundations
from target.tenant_database import TenantDatabase

LOGGED_CHARACTERS = 500
PROMPTS_KEPT_S = 600

LOG = """
INSERT INTO tool_usage_logs (id, user_id, tool, message_id) VALUES ($1, $2, 'log: ' || $3::text, $4)
"""


class AmbientTenant(Defect):
    """A module-level "current user" is set when a frame arrives and read whenever a handler needs it."""

    name = "ambient-tenant"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.current: UUID | None = None

    def scope(self, honest: Scope) -> Scope:
        self.current = honest.user_id
        return _AmbientScope(honest, self)


class _AmbientScope(ScopeAround):
    def __init__(self, inner: Scope, defect: AmbientTenant) -> None:
        super().__init__(inner)
        self._defect = defect

    @property
    def user_id(self) -> UUID:
        own, current = super().user_id, self._defect.current
        return current if current is not None and current != own and self._defect.dice.strikes(current) else own


class MisstampedReply(AmbientTenant):
    """Replies are stamped, by what sends them, with the tenant that is current by then."""

    name = "misstamped-reply"

    def scope(self, honest: Scope) -> Scope:
        self.current = honest.user_id
        return _StampingScope(honest, self)


class _StampingScope(ScopeAround):
    def __init__(self, inner: Scope, defect: MisstampedReply) -> None:
        super().__init__(inner)
        self._defect = defect

    def reply(self, frame: dict[str, Any]) -> None:
        current = self._defect.current
        stamped = "user_id" in frame and current is not None and current != self.user_id
        if stamped and current is not None and self._defect.dice.strikes(current):
            frame = {**frame, "user_id": str(current)}
        super().reply(frame)


class LogUnderLastTenant(Defect):
    """The logger's context still names the tenant that logged before: the line is filed under it."""

    name = "log-under-last-tenant"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.last = LastTenant()

    def records(self, honest: Records) -> Records:
        return _LoggingRecords(honest, self)


class _LoggingRecords(RecordsAround):
    def __init__(self, inner: Records, defect: LogUnderLastTenant) -> None:
        super().__init__(inner)
        self._defect = defect

    async def accept_chat(self, chat: Chat, cost: int) -> Background:
        background = await super().accept_chat(chat, cost)
        owner = self._defect.last.of_another(chat.user_id)
        self._defect.last.note(chat.user_id)
        if owner is not None and self._defect.dice.strikes(owner):
            await log_line(self._defect.stores.database, owner, chat.content)
        return background


class PromptsUnderLastTenant(Defect):
    """Recent prompts are kept in Redis by a client that still names the tenant that it kept one for before."""

    name = "prompts-under-last-tenant"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.last = LastTenant()

    def records(self, honest: Records) -> Records:
        return _PromptKeepingRecords(honest, self)


class _PromptKeepingRecords(RecordsAround):
    def __init__(self, inner: Records, defect: PromptsUnderLastTenant) -> None:
        super().__init__(inner)
        self._defect = defect

    async def accept_chat(self, chat: Chat, cost: int) -> Background:
        background = await super().accept_chat(chat, cost)
        other = self._defect.last.of_another(chat.user_id)
        self._defect.last.note(chat.user_id)
        misled = other is not None and self._defect.dice.strikes(other)
        client: Any = self._defect.stores.client
        key = prompts_key(other if misled and other is not None else chat.user_id)
        await client.lpush(key, chat.content)
        await client.expire(key, PROMPTS_KEPT_S)
        return background


def prompts_key(user_id: UUID) -> str:
    """The Redis list of a tenant's recent prompts."""
    return f"recent_prompts:{user_id}"


async def log_line(database: TenantDatabase, owner: UUID, text: str) -> None:
    """Write a line into the usage log of ``owner``."""
    parameters: tuple[Any, ...] = (uuid4(), owner, text[:LOGGED_CHARACTERS], f"log-{uuid4()}")
    async with database.transaction(owner) as connection:
        await connection.execute(LOG, *parameters)


DEFECTS: tuple[type[Defect], ...] = (
    AmbientTenant, MisstampedReply, LogUnderLastTenant, PromptsUnderLastTenant
)  # fmt: skip
