"""Row-level security on every table, forced on the owner too.

Who is asking is the setting ``app.user_id`` of the transaction. Unset, or set back to empty when a transaction ends, it
is null, and null equals nobody. The sub-select lets the planner evaluate it once a statement instead of once a row.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.user_id', true), '')::uuid)"
OWN_THREADS = f"(SELECT id FROM threads WHERE user_id = {TENANT})"

POLICIES = {
    "users": f"id = {TENANT}",
    "threads": f"user_id = {TENANT}",
    "runs": f"thread_id IN {OWN_THREADS}",
    "messages": f"thread_id IN {OWN_THREADS}",
    "agent_state_snapshots": f"user_id = {TENANT}",
    "user_sessions": f"user_id = {TENANT}",
    "agent_states": f"user_id = {TENANT}",
    "secrets": f"user_id = {TENANT}",
    "budgets": f"user_id = {TENANT}",
    "tool_usage_logs": f"user_id = {TENANT}",
}


def upgrade() -> None:
    for table, condition in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {table} USING ({condition}) WITH CHECK ({condition})")


def downgrade() -> None:
    for table in POLICIES:
        op.execute(f"DROP POLICY tenant ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
