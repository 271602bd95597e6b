"""Tenants, their conversations, state, secrets, budgets and usage.

Everything hangs on ``users`` with ON DELETE CASCADE: deleting a user removes all that is theirs.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL UNIQUE,
    display_name text NOT NULL DEFAULT '',
    is_active boolean NOT NULL DEFAULT true,
    plan_tier text NOT NULL DEFAULT 'free',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE threads (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    metadata_ jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX threads_user_id ON threads (user_id);

CREATE TABLE runs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    thread_id uuid NOT NULL REFERENCES threads ON DELETE CASCADE,
    status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'completed', 'failed')),
    agent_instance_id uuid UNIQUE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    completed_at timestamptz
);
CREATE INDEX runs_thread_id ON runs (thread_id);

-- A message names its owner through its thread only. The client's message id is in metadata_.
CREATE TABLE messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    position bigint GENERATED ALWAYS AS IDENTITY,
    thread_id uuid NOT NULL REFERENCES threads ON DELETE CASCADE,
    run_id uuid REFERENCES runs ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('user', 'assistant', 'system', 'tool')),
    content jsonb NOT NULL,
    metadata_ jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX messages_thread_id_position ON messages (thread_id, position);
CREATE INDEX messages_run_id ON messages (run_id);

CREATE TABLE agent_state_snapshots (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    run_id uuid REFERENCES runs ON DELETE CASCADE,
    thread_id uuid REFERENCES threads ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    state_data jsonb NOT NULL,
    compression_type text CHECK (compression_type IN ('gzip', 'zstd')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX agent_state_snapshots_run_id ON agent_state_snapshots (run_id);
CREATE INDEX agent_state_snapshots_thread_id ON agent_state_snapshots (thread_id);
CREATE INDEX agent_state_snapshots_user_id ON agent_state_snapshots (user_id);

CREATE TABLE user_sessions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    thread_id uuid NOT NULL REFERENCES threads ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX user_sessions_user_id ON user_sessions (user_id);
CREATE INDEX user_sessions_thread_id ON user_sessions (thread_id);

CREATE TABLE agent_states (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    state jsonb NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE secrets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    key text NOT NULL,
    encrypted_value text NOT NULL,
    UNIQUE (user_id, key)
);

CREATE TABLE budgets (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    starting bigint NOT NULL CHECK (starting >= 0),
    remaining bigint NOT NULL CHECK (remaining >= 0)
);

-- One row a charge: the unique message id is what makes a repeated request cost nothing.
CREATE TABLE tool_usage_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    run_id uuid REFERENCES runs ON DELETE CASCADE,
    tool text NOT NULL,
    tokens_used bigint NOT NULL DEFAULT 0,
    cost_cents bigint NOT NULL DEFAULT 0,
    message_id text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (user_id, message_id)
);
CREATE INDEX tool_usage_logs_run_id ON tool_usage_logs (run_id);
"""

NAMES = (
    "users",
    "threads",
    "runs",
    "messages",
    "agent_state_snapshots",
    "user_sessions",
    "agent_states",
    "secrets",
    "budgets",
    "tool_usage_logs",
)


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    for name in reversed(NAMES):
        op.execute(f"DROP TABLE {name}")
