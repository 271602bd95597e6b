"""The role that the service connects as, and the little it may do."""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg2.errors
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

# What the service's statements need and no more: it can't create tenants, set budgets up or read a secret's value.
GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT ON users, agent_state_snapshots TO {role}",
    "GRANT SELECT, INSERT ON threads, messages, user_sessions, tool_usage_logs TO {role}",
    "GRANT INSERT ON agent_state_snapshots TO {role}",
    "GRANT SELECT, INSERT, UPDATE ON runs, agent_states TO {role}",
    "GRANT SELECT, UPDATE (remaining) ON budgets TO {role}",
    "GRANT SELECT (id, user_id, key) ON secrets TO {role}",
)
ATTRIBUTES = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD"


@dataclass(frozen=True)
class ServiceRole:
    """A login role's name and password; the password is left out of ``repr``."""

    name: str
    password: str = field(repr=False)


def ensure_role(connection: Connection, role: ServiceRole) -> None:
    """Make the role if it is missing, set its password, and grant what the service needs.

    Raises:
        psycopg2.Error: the connection's role may not do that.
    """
    name = sql.Identifier(role.name)
    with connection, connection.cursor() as cursor:
        # Roles belong to the whole server, so somebody who migrates another database may make this one just now.
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role.name,))
        verb = "ALTER" if cursor.fetchone() else "CREATE"
        cursor.execute("SAVEPOINT before_role")
        try:
            cursor.execute(sql.SQL(f"{verb} ROLE {{}} {ATTRIBUTES} %s").format(name), (role.password,))
        except (psycopg2.errors.DuplicateObject, psycopg2.errors.UniqueViolation):
            cursor.execute("ROLLBACK TO SAVEPOINT before_role")
            cursor.execute(sql.SQL(f"ALTER ROLE {{}} {ATTRIBUTES} %s").format(name), (role.password,))
        for grant in GRANTS:
            cursor.execute(sql.SQL(grant).format(role=name))
