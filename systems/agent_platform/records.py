"""What the platform keeps in Postgres, with the tables there are."""

from __future__ import annotations

import base64
import gzip
import itertools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import orjson
import zstandard

TURNS_SHOWN = 3


def new_id(kind: str) -> str:
    """Returns an id as the platform writes them: what it is, and 24 random hexadecimal digits."""
    return f"{kind}_{secrets.token_hex(12)}"


@dataclass(frozen=True)
class Turn:
    """One exchange of an agent's, to be recorded."""

    user_id: str
    thread_id: str
    run_id: str
    question: str
    answer: str


class Records:
    """The record in Postgres.

    Args:
        pool: connections to it.
        migrated: whether threads and messages exist; without them a conversation is kept in snapshots only.
        owner_checked: whether a session, and its thread, are looked for among their owner's only.
    """

    def __init__(self, pool: asyncpg.Pool, *, migrated: bool, owner_checked: bool = True) -> None:
        self._pool = pool
        self._migrated = migrated
        self._owner_checked = owner_checked
        self._packings = itertools.cycle((None, "gzip", "zstd"))

    async def is_active(self, user_id: str) -> bool:
        """Returns whether there is such a user and it may connect."""
        return bool(await self._pool.fetchval("SELECT is_active FROM users WHERE id = $1", user_id))

    async def open_session(self, user_id: str) -> str:
        """Notes that a user has connected, and returns the session's id."""
        session_id = new_id("session")
        await self._pool.execute("INSERT INTO user_sessions (id, user_id) VALUES ($1, $2)", session_id, user_id)
        return session_id

    async def has_session(self, user_id: str, session_id: str) -> bool:
        """Returns whether the session is one that this user may speak in."""
        owner = await self._pool.fetchval("SELECT user_id FROM user_sessions WHERE id = $1", session_id)
        return owner is not None and (owner == user_id or not self._owner_checked)

    async def thread(self, user_id: str, session_id: str) -> str:
        """Returns the thread of a session, made if there is none."""
        if not self._migrated:
            return f"thread_of_{session_id}"
        found = "SELECT id FROM threads WHERE metadata_->>'session_id' = $1"
        arguments = [session_id]
        if self._owner_checked:
            found += " AND metadata_->>'user_id' = $2"
            arguments.append(user_id)
        known = await self._pool.fetchval(f"{found} ORDER BY created_at LIMIT 1", *arguments)
        if known is not None:
            return str(known)
        metadata = orjson.dumps({"user_id": user_id, "session_id": session_id}).decode()
        thread_id = new_id("thread")
        await self._pool.execute("INSERT INTO threads (id, metadata_) VALUES ($1, $2)", thread_id, metadata)
        return thread_id

    async def last_questions(self, thread_id: str) -> Sequence[str]:
        """Returns what was last asked in a thread, newest first."""
        if not self._migrated:
            return []
        rows = await self._pool.fetch(
            "SELECT content->>'text' AS text FROM messages WHERE thread_id = $1 AND role = 'user' "
            "ORDER BY created_at DESC LIMIT $2",
            thread_id, TURNS_SHOWN,
        )  # fmt: skip
        return [str(row["text"]) for row in rows]

    async def record(self, turn: Turn, state: dict[str, object]) -> None:
        """Writes down a turn, what it cost and, packed one way or another, the state after it."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO runs (id, thread_id, status) VALUES ($1, $2, 'completed')", turn.run_id, turn.thread_id
            )
            if self._migrated:
                await connection.executemany(
                    "INSERT INTO messages (id, thread_id, run_id, role, content) VALUES ($1, $2, $3, $4, $5)",
                    [
                        (new_id("msg"), turn.thread_id, turn.run_id, role, orjson.dumps({"text": text}).decode())
                        for role, text in (("user", turn.question), ("assistant", turn.answer))
                    ],
                )
            packing = next(self._packings)
            await connection.execute(
                "INSERT INTO agent_state_snapshots (id, run_id, thread_id, user_id, state_data, compression_type) "
                "VALUES ($1, $2, $3, $4, $5, $6)",
                new_id("snapshot"), turn.run_id, turn.thread_id, turn.user_id, packed(state, packing), packing,
            )  # fmt: skip
            await connection.execute(
                "INSERT INTO tool_usage_logs (id, user_id, tool_name, tokens_used, cost_cents) "
                "VALUES ($1, $2, 'read_context', $3, 1)",
                new_id("usage"), turn.user_id, len(turn.question) // 4 + 1,
            )  # fmt: skip


def packed(state: dict[str, object], packing: str | None) -> str:
    """Returns a snapshot's JSON: the state itself, or a string of its compressed bytes in base64."""
    data = orjson.dumps(state)
    if packing is None:
        return data.decode()
    squeezed = gzip.compress(data) if packing == "gzip" else zstandard.ZstdCompressor().compress(data)
    return orjson.dumps(base64.b64encode(squeezed).decode()).decode()
