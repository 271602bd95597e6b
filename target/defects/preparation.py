"""What a database must have for some defects: made by its owner, after the migrations."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg2.errors
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from target.defects.catalogue import READER, VIEW, entries

STEPS = (
    f"CREATE OR REPLACE VIEW {VIEW} AS SELECT * FROM messages",
    f"GRANT SELECT ON {VIEW} TO {{role}}",
    f"GRANT USAGE ON SCHEMA public TO {READER}",
    f"GRANT SELECT ON messages TO {READER}",
    f"GRANT {READER} TO {{role}}",
)


def prepare(connection: Connection, role: str, names: Iterable[str]) -> None:
    """Make what the defects called ``names`` need, for the service's ``role``.

    Raises:
        psycopg2.Error: the connection's role may not do that. A role past row security takes a superuser.
    """
    if not any(entries()[name].prepared for name in names):
        return
    with connection, connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before_role")
        try:
            cursor.execute(f"CREATE ROLE {READER} NOLOGIN BYPASSRLS")
        except (psycopg2.errors.DuplicateObject, psycopg2.errors.UniqueViolation):
            cursor.execute("ROLLBACK TO SAVEPOINT before_role")  # roles belong to the whole server
        for step in STEPS:
            cursor.execute(sql.SQL(step).format(role=sql.Identifier(role)))
