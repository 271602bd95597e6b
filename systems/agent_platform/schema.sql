-- What exists before the migrations ran. Everything of a user's names it, except a run.
CREATE TABLE users (
    id varchar PRIMARY KEY,
    email varchar UNIQUE NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    plan_tier varchar NOT NULL DEFAULT 'free',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE runs (
    id varchar PRIMARY KEY,
    thread_id varchar NOT NULL,
    status varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE agent_state_snapshots (
    id varchar PRIMARY KEY,
    run_id varchar NOT NULL,
    thread_id varchar NOT NULL,
    user_id varchar NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    state_data json NOT NULL,
    compression_type varchar CHECK (compression_type IN ('gzip', 'zstd')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE user_sessions (
    id varchar PRIMARY KEY,
    user_id varchar NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    opened_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE secrets (
    id varchar PRIMARY KEY,
    user_id varchar NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key varchar NOT NULL,
    encrypted_value text NOT NULL
);
CREATE TABLE tool_usage_logs (
    id varchar PRIMARY KEY,
    user_id varchar NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tool_name varchar NOT NULL,
    tokens_used integer NOT NULL,
    cost_cents integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
