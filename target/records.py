"""What the service keeps of a tenant's conversations in Postgres. One statement a step, prepared by the driver.

Every statement runs in a transaction of its tenant, so none of them has to repeat whose rows it may touch; where one
names the owner it is for the index, and because a second lock costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import orjson

from target.refusals import BudgetExhausted, NotFound
from target.tenant_database import TenantDatabase

RECENT_MESSAGES = 3

OPEN_SESSION = """
WITH who AS (SELECT id FROM users WHERE id = $1 AND is_active),
thread AS (
    INSERT INTO threads (id, user_id, metadata_)
    SELECT $3, who.id, jsonb_build_object('user_id', who.id, 'session_id', $2::uuid) FROM who RETURNING id
), session AS (
    INSERT INTO user_sessions (id, user_id, thread_id) SELECT $2, who.id, thread.id FROM who, thread RETURNING id
)
SELECT count(*) FROM session
"""

ACCEPT_CHAT = f"""
WITH thread AS (SELECT id FROM threads WHERE id = $2),
paid AS (
    UPDATE budgets SET remaining = remaining - $4
    WHERE user_id = $1 AND remaining >= $4 AND EXISTS (SELECT FROM thread) RETURNING remaining
), run AS (
    INSERT INTO runs (id, thread_id, status, agent_instance_id)
    SELECT $3, thread.id, 'running', $5 FROM thread, paid RETURNING id
), message AS (
    INSERT INTO messages (id, thread_id, run_id, role, content, metadata_)
    SELECT $6, thread.id, run.id, 'user', $7::jsonb, $8::jsonb FROM thread, run
), usage AS (
    INSERT INTO tool_usage_logs (id, user_id, run_id, tool, tokens_used, cost_cents, message_id)
    SELECT gen_random_uuid(), $1, run.id, 'chat', $9, $4, $10 FROM run
)
SELECT
    EXISTS (SELECT FROM thread) AS has_thread,
    (SELECT remaining FROM paid) AS paid_remaining,
    (SELECT remaining FROM budgets WHERE user_id = $1) AS held,
    (SELECT array_agg(recent.content ->> 'text' ORDER BY recent.position) FROM (
        SELECT content, position FROM messages WHERE thread_id = $2 ORDER BY position DESC LIMIT {RECENT_MESSAGES}
    ) AS recent) AS recent,
    (SELECT array_agg(key ORDER BY key) FROM secrets WHERE user_id = $1) AS secret_names
"""

COMPLETE_CHAT = """
WITH run AS (
    UPDATE runs SET status = 'completed', completed_at = clock_timestamp() WHERE id = $3 RETURNING id
), message AS (
    INSERT INTO messages (id, thread_id, run_id, role, content, metadata_)
    SELECT gen_random_uuid(), $2, run.id, 'assistant', $4::jsonb, $5::jsonb FROM run
), snapshot AS (
    INSERT INTO agent_state_snapshots (id, run_id, thread_id, user_id, state_data)
    SELECT gen_random_uuid(), run.id, $2, $1, $6::jsonb FROM run
)
SELECT remaining FROM budgets WHERE user_id = $1
"""

FAIL_RUN = "UPDATE runs SET status = 'failed', completed_at = clock_timestamp() WHERE id = $1"

HISTORY = """
SELECT id, thread_id, run_id, role, coalesce(content ->> 'text', content::text) AS content, created_at
FROM messages WHERE thread_id = $1 ORDER BY position DESC LIMIT $2
"""


@dataclass(frozen=True)
class Statements:
    """The SQL of each step."""

    open_session: str = OPEN_SESSION
    accept_chat: str = ACCEPT_CHAT
    complete_chat: str = COMPLETE_CHAT
    history: str = HISTORY


HONEST = Statements()


@dataclass(frozen=True)
class Chat:
    """A chat message as it is recorded: who said what where, and the run that will answer it."""

    user_id: UUID
    session_id: UUID
    thread_id: UUID
    message_id: str
    content: str
    run_id: UUID
    agent_instance_id: UUID
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Background:
    """What Postgres knows that an answer may draw on: the tenant's own last words, and what its secrets are called."""

    recent: tuple[str, ...]
    secret_names: tuple[str, ...]


class Records:
    """Sessions, chats and history of tenants."""

    def __init__(self, database: TenantDatabase, statements: Statements = HONEST) -> None:
        self._database = database
        self._statements = statements

    async def open_session(self, user_id: UUID, session_id: UUID, thread_id: UUID) -> bool:
        """Record a new session with its thread; False if there is no such active user."""
        async with self._database.transaction(user_id) as connection:
            return bool(await connection.fetchval(self._statements.open_session, user_id, session_id, thread_id))

    async def session_thread(self, user_id: UUID, session_id: UUID) -> UUID:
        """The thread of one of the tenant's own sessions. Raises NotFound."""
        async with self._database.transaction(user_id) as connection:
            thread: UUID | None = await connection.fetchval(
                "SELECT thread_id FROM user_sessions WHERE id = $1 AND user_id = $2", session_id, user_id
            )
        if thread is None:
            raise NotFound("no such session")
        return thread

    async def accept_chat(self, chat: Chat, cost: int) -> Background:
        """Charge ``cost`` units and record the message and its run, in one transaction.

        Raises:
            NotFound: the thread is not the tenant's.
            BudgetExhausted: too little remains.
            asyncpg.UniqueViolationError: the message id was charged before.
        """
        metadata = {"message_id": chat.message_id, "session_id": str(chat.session_id), **chat.metadata}
        async with self._database.transaction(chat.user_id) as connection:
            row = await connection.fetchrow(
                self._statements.accept_chat,
                chat.user_id,
                chat.thread_id,
                chat.run_id,
                cost,
                chat.agent_instance_id,
                uuid4(),
                _json({"text": chat.content}),
                _json(metadata),
                len(chat.content) // 4 + 1,
                chat.message_id,
            )
            if not row["has_thread"]:
                raise NotFound("no such thread")
            if row["paid_remaining"] is None:
                raise BudgetExhausted(row["held"] or 0, cost)
        return Background(
            tuple(text for text in row["recent"] or () if text is not None), tuple(row["secret_names"] or ())
        )

    async def complete_chat(self, chat: Chat, answer: str, state: dict[str, Any]) -> int:
        """Record the answer and the agent's state at its end; returns what remains of the budget now."""
        metadata = {"message_id": chat.message_id, "session_id": str(chat.session_id)}
        async with self._database.transaction(chat.user_id) as connection:
            remaining: int | None = await connection.fetchval(
                self._statements.complete_chat,
                chat.user_id,
                chat.thread_id,
                chat.run_id,
                _json({"text": answer}),
                _json(metadata),
                _json(state),
            )
        return remaining or 0

    async def fail_run(self, user_id: UUID, run_id: UUID) -> None:
        """Mark a run as failed."""
        async with self._database.transaction(user_id) as connection:
            await connection.execute(FAIL_RUN, run_id)

    async def history(self, user_id: UUID, thread_id: UUID, limit: int) -> list[dict[str, Any]]:
        """The last ``limit`` messages of a thread, newest last. Raises NotFound if it is not the tenant's."""
        async with self._database.transaction(user_id) as connection:
            if not await connection.fetchval(
                "SELECT true FROM threads WHERE id = $1 AND user_id = $2", thread_id, user_id
            ):
                raise NotFound("no such thread")
            rows = await connection.fetch(self._statements.history, thread_id, limit)
        return [message(row) for row in reversed(rows)]

    async def remaining(self, user_id: UUID) -> int:
        """What remains of the tenant's budget in Postgres; 0 if it has none."""
        async with self._database.transaction(user_id) as connection:
            return await connection.fetchval("SELECT remaining FROM budgets WHERE user_id = $1", user_id) or 0

    async def was_charged(self, user_id: UUID, message_id: str) -> bool:
        """Whether a charge for this message id stands."""
        async with self._database.transaction(user_id) as connection:
            return bool(
                await connection.fetchval(
                    "SELECT true FROM tool_usage_logs WHERE user_id = $1 AND message_id = $2", user_id, message_id
                )
            )


def message(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the history as it goes into a frame."""
    return {
        "id": str(row["id"]),
        "thread_id": str(row["thread_id"]),
        "run_id": None if row["run_id"] is None else str(row["run_id"]),
        "role": row["role"],
        "content": row["content"],
        "created_at": row["created_at"].isoformat(),
    }


def _json(document: dict[str, Any]) -> str:
    return orjson.dumps(document).decode()
