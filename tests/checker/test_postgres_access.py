"""What a role may not read is named, and the rest is read."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest

from tests.checker.store_worlds import (
    A,
    B,
    canary,
    execute,
    found,
    marked_world,
    query,
    tenant,
)


@pytest.fixture
def reader(fresh_database: str) -> Callable[..., str]:
    """Makes a role that may connect, and returns its URL."""
    name = urlsplit(fresh_database).path.strip("/") + "_reader"

    def make(*grants: str, attributes: str = "") -> str:
        execute(fresh_database, f"CREATE ROLE {name} LOGIN PASSWORD 'hunter2' {attributes}")
        execute(fresh_database, *(grant.replace("READER", name) for grant in grants))
        parts = urlsplit(fresh_database)
        return urlunsplit(parts._replace(netloc=f"{name}:hunter2@{parts.hostname}:{parts.port}"))

    return make


def test_a_table_that_may_not_be_read_is_skipped_and_named_and_the_others_are_read(
    fresh_database: str, reader: Callable[..., str]
) -> None:
    execute(
        fresh_database,
        "CREATE TABLE hidden (a text)",
        "CREATE TABLE notes (owner uuid, body text)",
        f"INSERT INTO notes VALUES ('{tenant(B)}', '{canary(A)}')",
    )
    scan = marked_world().postgres(reader("GRANT SELECT ON notes TO READER"))
    assert found(scan) == [(A, B, "public.notes", 1)]
    assert len(scan.skipped) == 1
    assert "public.hidden" in scan.skipped[0] and "GRANT SELECT" in scan.skipped[0]


def test_row_security_that_hides_rows_is_said_with_what_to_grant(
    fresh_database: str, reader: Callable[..., str]
) -> None:
    execute(
        fresh_database,
        "CREATE TABLE notes (owner uuid, body text)",
        f"INSERT INTO notes VALUES ('{tenant(B)}', '{canary(A)}')",
        "ALTER TABLE notes ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE notes FORCE ROW LEVEL SECURITY",
        "CREATE POLICY own ON notes USING (owner::text = current_setting('app.tenant', true))",
    )
    url = reader("GRANT SELECT ON notes TO READER", "ALTER TABLE notes OWNER TO READER")
    scan = marked_world().postgres(url)
    assert found(scan) == []
    assert len(scan.skipped) == 1
    assert "BYPASSRLS" in scan.skipped[0] and "public.notes" in scan.skipped[0] and "_reader" in scan.skipped[0]


def test_a_role_past_row_security_sees_everything(fresh_database: str, reader: Callable[..., str]) -> None:
    execute(
        fresh_database,
        "CREATE TABLE notes (owner uuid, body text)",
        f"INSERT INTO notes VALUES ('{tenant(B)}', '{canary(A)}')",
        "ALTER TABLE notes ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE notes FORCE ROW LEVEL SECURITY",
    )
    scan = marked_world().postgres(reader("GRANT SELECT ON notes TO READER", attributes="BYPASSRLS"))
    assert (found(scan), scan.skipped) == ([(A, B, "public.notes", 1)], [])


@pytest.fixture(autouse=True)
def _no_roles_left(fresh_database: str, postgres_server: object) -> object:
    """Roles belong to the server, not to the database that is dropped with its test."""
    yield
    name = urlsplit(fresh_database).path.strip("/") + "_reader"
    if query(fresh_database, f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'"):
        execute(fresh_database, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_a_table_that_is_locked_is_skipped_and_named(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "checker.postgres_connection._SETTINGS", ("SET row_security = off", "SET lock_timeout = '50ms'")
    )
    execute(fresh_database, "CREATE TABLE busy (a text)", "CREATE TABLE free (a text)", "INSERT INTO free VALUES ('x')")
    blocker = psycopg2.connect(fresh_database)
    try:
        with blocker.cursor() as cursor:
            cursor.execute("LOCK TABLE busy")
            scan = marked_world().postgres(fresh_database)
    finally:
        blocker.close()
    assert scan.units == 1
    assert len(scan.skipped) == 1 and "public.busy" in scan.skipped[0] and "lock" in scan.skipped[0]
