"""What the platform keeps in Redis: a user's context, and the state of its agents."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from time import monotonic

import orjson
import redis.asyncio as redis

TURNS_KEPT = 5
CACHED_S = 0.25


class HotState:
    """Contexts and states, by user.

    Args:
        client: to Redis, decoding what it reads.
        cache_by_user: whether the cache in front of contexts has an entry for each user.
    """

    def __init__(self, client: redis.Redis, *, cache_by_user: bool = True) -> None:
        self._client = client
        self._cache_by_user = cache_by_user
        self._cache: dict[str, tuple[float, dict[str, str]]] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def context(self, user_id: str) -> dict[str, str]:
        """Returns a user's context: from a small cache, or from Redis."""
        key = f"user_context:{user_id}" if self._cache_by_user else "user_context"
        cached = self._cache.get(key)
        if cached is not None and monotonic() - cached[0] < CACHED_S:
            return cached[1]
        fields = await self._client.hgetall(f"user_context:{user_id}")
        context = {str(name): str(value) for name, value in fields.items()}
        self._cache[key] = (monotonic(), context)
        return context

    async def remember(self, user_id: str, session_id: str, question: str, answer: str) -> dict[str, object]:
        """Adds a turn to the state of a user's agents and returns the state; one change at a time for each user."""
        key = f"agent_state:{user_id}"
        async with self._locks[user_id]:
            stored = await self._client.hget(key, "state")
            state: dict[str, object] = orjson.loads(stored) if stored else {}
            turns = state.get("conversation")
            earlier = turns if isinstance(turns, list) else []
            turn = {"question": question, "answer": answer}
            state |= {"conversation": [*earlier, turn][-TURNS_KEPT:], "session": {"id": session_id}}
            await self._client.hset(key, "state", orjson.dumps(state))
        return state
