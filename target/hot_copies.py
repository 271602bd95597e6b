"""What Redis holds of a tenant: context, a copy of its state, its quota. Every key names its tenant whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import redis.asyncio as redis

from target.budget_counters import counter_key

# An older writer that comes late must not put back an older state.
KEEP_NEWER = """
local held = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if held < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'version', ARGV[1], 'state', ARGV[2]) end
return 1
"""


@dataclass(frozen=True)
class HotState:
    """What Redis holds of a tenant."""

    context: dict[str, str]
    state: dict[str, Any]
    version: int | None
    quota: int


class HotCopies:
    """Reads a tenant's context, state and quota, and renews the state's copy."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._keep_newer: Any = client.register_script(KEEP_NEWER)

    async def read(self, user_id: UUID) -> HotState:
        """Context, state and quota, in one round trip."""
        pipeline = self._client.pipeline(transaction=False)
        pipeline.hgetall(context_key(user_id))
        pipeline.hmget(state_key(user_id), ["state", "version"])
        pipeline.get(counter_key(user_id))
        return hot_state(await pipeline.execute())

    async def renew(self, user_id: UUID, version: int, state_json: str) -> None:
        """Put a state that Postgres has committed here, unless a newer one is here."""
        await self._keep_newer(keys=[state_key(user_id)], args=[version, state_json])


def hot_state(replies: list[Any]) -> HotState:
    """What the replies to the three reading commands say."""
    context, (state, version), quota = replies
    return HotState(
        context={key.decode(errors="replace"): value.decode(errors="replace") for key, value in context.items()},
        state=document(state),
        version=_integer(version),
        quota=_integer(quota) or 0,
    )


def context_key(user_id: UUID) -> str:
    """The hash with what is known of a tenant."""
    return f"user_context:{user_id}"


def state_key(user_id: UUID) -> str:
    """The hash with the copy of a tenant's state."""
    return f"agent_state:{user_id}"


def document(text: bytes | str | None) -> dict[str, Any]:
    """The JSON object in ``text``; an empty one if it holds none."""
    try:
        document = orjson.loads(text or b"{}")
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _integer(text: bytes | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError:
        return None
