from __future__ import annotations

import subprocess

import psycopg2
import pytest

from evidence.marks import MarkKind
from tests.checker.store_worlds import (
    A,
    B,
    canary,
    execute,
    found,
    marked_world,
    message,
    query,
    tenant,
)


@pytest.mark.parametrize("around", ["\t", "\n", "\\", "\\\\n", "\b\f\v\r", "é", "'\"$`", "\\N"])
def test_escapes_of_copy_hide_no_mark(fresh_database: str, around: str) -> None:
    key = f"k{around}y"
    execute(fresh_database, "CREATE TABLE notes (id text PRIMARY KEY, owner uuid, body text)")
    with psycopg2.connect(fresh_database) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO notes VALUES (%s, %s, %s)", (key, tenant(B), f"{around}{canary(A)}{around}"))
        cursor.execute("INSERT INTO notes VALUES ('2', %s, %s)", (tenant(B), f"{around}{message(A)}{around}"))
        cursor.execute("INSERT INTO notes VALUES ('3', %s, %s)", (tenant(B), around + canary(B, 7)))
    connection.close()
    scan = marked_world().postgres(fresh_database)
    assert found(scan) == [(A, B, "public.notes", 2)]
    first = scan.findings[0].first
    assert canary(A) in first.excerpt
    assert (MarkKind.PROMPT, B, 7) in scan.own_marks
    arguments = subprocess.run(
        ["bash", "-c", first.reproduce.replace("psql", "printf '%s\\0'", 1)],
        env={"POSTGRES_URL": "unused", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    ).stdout.split(b"\0")
    assert query(fresh_database, arguments[2].decode()) == [(tenant(B), f"{around}{canary(A)}{around}")]


def test_an_escaped_hyphen_hides_no_mark(fresh_database: str) -> None:
    escaped = message(A).replace("-", "\\u002d")
    execute(fresh_database, "CREATE TABLE notes (owner uuid, body text)")
    with psycopg2.connect(fresh_database) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO notes VALUES (%s, %s)", (tenant(B), escaped))
    connection.close()
    assert found(marked_world().postgres(fresh_database)) == [(A, B, "public.notes", 1)]
