"""One agent's run: it goes on whether or not anybody still listens, and says what it does in events."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import asyncpg
import redis.exceptions

from target.answers import TOOL, answer, snapshot, tool_result
from target.charging import CHAT_COST, STORE_FAILURES
from target.event_stream import EventStream
from target.records import Background, Chat, Records
from target.refusals import Unavailable
from target.tenant_database import CommitUncertain
from target.tenant_state import TenantState
from target.think_time import ThinkTime

logger = logging.getLogger(__name__)


class Agent:
    """Answers accepted chats. Everything about a run is in its arguments: nothing ambient can name the wrong tenant."""

    def __init__(self, records: Records, state: TenantState, events: EventStream, think: ThinkTime) -> None:
        self._records = records
        self._state = state
        self._events = events
        self._think = think

    async def run(self, chat: Chat, background: Background) -> None:
        """Answer ``chat`` (accepted and charged already); a failure becomes an error event of the session."""
        try:
            await self._answer(chat, background)
        except (*STORE_FAILURES, CommitUncertain) as error:
            logger.warning("an agent run failed: %s", type(error).__name__)
            await self._fail(chat)

    async def _answer(self, chat: Chat, background: Background) -> None:
        await self._emit(chat, "agent_started")
        await self._think.pause()
        await self._emit(chat, "agent_thinking")
        await self._emit(chat, "tool_executing", tool=TOOL)
        hot = await self._state.hot(chat.user_id)
        await self._think.pause()
        await self._emit(chat, "tool_completed", tool=TOOL, result=tool_result(hot, background))
        await self._think.pause()
        answered = answer(chat.content, hot, background)
        remaining = await self._records.complete_chat(chat, answered, snapshot(hot, answered))
        await self._emit(chat, "agent_completed", content=answered, charged=CHAT_COST, remaining=remaining)

    async def _emit(self, chat: Chat, kind: str, **details: Any) -> None:
        await self._events.emit(chat.user_id, chat.session_id, {"type": kind, **labels(chat), **details})

    async def _fail(self, chat: Chat) -> None:
        refusal = Unavailable("the agent's run failed after it was accepted", charged=CHAT_COST)
        frame = {**refusal.frame(), **labels(chat)}
        try:
            await self._events.emit(chat.user_id, chat.session_id, frame)
        except (redis.exceptions.RedisError, OSError, TimeoutError):
            logger.warning("the failure of an agent run could not be told")
        try:
            await asyncio.shield(self._records.fail_run(chat.user_id, chat.run_id))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, CommitUncertain):
            logger.warning("the failure of an agent run could not be recorded")


def labels(chat: Chat) -> dict[str, str]:
    """The fields that every event of a run carries."""
    return {
        "message_id": chat.message_id,
        "user_id": str(chat.user_id),
        "session_id": str(chat.session_id),
        "thread_id": str(chat.thread_id),
        "run_id": str(chat.run_id),
        "agent_instance_id": str(chat.agent_instance_id),
    }
