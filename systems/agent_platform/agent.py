"""An agent at work: a stream of events for each message."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

from systems.agent_platform.hot_state import HotState
from systems.agent_platform.records import Records, Turn, new_id

THINKS_S = (0.01, 0.06)

Event = dict[str, object]


class Agent:
    """Answers messages with what it knows of the user who asks."""

    def __init__(self, records: Records, hot_state: HotState) -> None:
        self._records = records
        self._hot_state = hot_state
        self._random = random.Random()

    async def answer(self, user_id: str, session_id: str, question: str, instance_id: str) -> AsyncIterator[Event]:
        """Yields the events of one turn; the last one has its answer, which is on record by then."""

        def event(kind: str, **fields: object) -> Event:
            return {"type": kind, "agent_instance_id": instance_id, **fields}

        yield event("agent_thinking")
        await self._think()
        yield event("tool_executing", tool="read_context")
        context = await self._hot_state.context(user_id)
        thread_id = await self._records.thread(user_id, session_id)
        earlier = await self._records.last_questions(thread_id)
        yield event("tool_completed", tool="read_context", result={"context": context, "earlier": list(earlier)})
        await self._think()
        told = f"For {context.get('project', 'your project')}: {question}"
        turn = Turn(user_id, thread_id, new_id("run"), question, told)
        state = await self._hot_state.remember(user_id, session_id, question, told)
        await self._records.record(turn, state)
        yield event("agent_completed", content=told, session_id=session_id, run_id=turn.run_id)

    async def _think(self) -> None:
        await asyncio.sleep(self._random.uniform(*THINKS_S))
