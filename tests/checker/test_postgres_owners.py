from __future__ import annotations

import uuid
from typing import Any

import pytest
from pydantic import SecretStr

from checker.postgres_scan import scan_postgres
from checker.scan import StoreScan
from config.stores import PostgresStore
from tests.checker.store_worlds import (
    KEYRING,
    A,
    B,
    C,
    World,
    canary,
    execute,
    found,
    ignore_progress,
    marked_world,
    named_world,
    tenant,
)

NUMBERS = {A: "101", B: "102", C: "103"}


def scanned(url: str, world: World, **settings: Any) -> StoreScan:
    store = PostgresStore.model_validate({"url": SecretStr(url), **settings})
    return scan_postgres(store, KEYRING, world.roster(), ignore_progress)


def notes(url: str, kind: str, names: dict[int, str], holder: int) -> None:
    """A row of each tenant, and one of the holder with A's content; what the owner's column is called tells nothing."""
    execute(
        url,
        f"CREATE TABLE notes (id serial PRIMARY KEY, ref {kind}, body text)",
        *[f"INSERT INTO notes (ref, body) VALUES ({name}, '{canary(n, 1)}')" for n, name in names.items()],
        f"INSERT INTO notes (ref, body) VALUES ({names[holder]}, '{canary(A, 2)}')",
    )


@pytest.mark.parametrize(
    ("kind", "spelt", "world"),
    [
        ("text", lambda n: f"'{tenant(n)}'", marked_world()),
        ("uuid", lambda n: f"'{tenant(n)}'", marked_world()),
        ("bytea", lambda n: rf"'\x{uuid.UUID(tenant(n)).hex}'", marked_world()),
        ("int", lambda n: NUMBERS[n], named_world(NUMBERS)),
        ("text", lambda n: f"'{NUMBERS[n]}'", named_world(NUMBERS)),
        ("numeric", lambda n: NUMBERS[n], named_world(NUMBERS)),
    ],
)
def test_the_column_that_the_profile_names_says_whose_a_row_is(
    fresh_database: str, kind: str, spelt: Any, world: World
) -> None:
    notes(fresh_database, kind, {n: spelt(n) for n in (A, B, C)}, holder=B)
    scan = scanned(fresh_database, world, owners=[{"table": "notes", "column": "ref"}])
    assert (found(scan), scan.skipped, scan.unattributed) == ([(A, B, "public.notes", 1)], [], 0)
    assert "the owner that the profile names in column ref" in scan.findings[0].first.detail


def test_without_the_profiles_word_a_number_names_nobody(fresh_database: str) -> None:
    notes(fresh_database, "int", NUMBERS, holder=B)
    assert found(scanned(fresh_database, named_world(NUMBERS))) == []


def test_an_owner_inside_a_document(fresh_database: str) -> None:
    documents = {n: f'\'{{"meta": {{"account": {NUMBERS[n]}}}}}\'' for n in NUMBERS}
    notes(fresh_database, "jsonb", documents, holder=C)
    hint = {"table": "notes", "column": "ref", "path": "meta.account"}
    scan = scanned(fresh_database, named_world(NUMBERS), owners=[hint])
    assert (found(scan), scan.skipped) == ([(A, C, "public.notes", 1)], [])


def test_a_row_that_contradicts_the_profiles_word_is_a_finding_and_is_told(fresh_database: str) -> None:
    notes(fresh_database, "int", NUMBERS, holder=B)
    execute(
        fresh_database,
        "ALTER TABLE notes ADD user_id int",
        f"UPDATE notes SET user_id = {NUMBERS[C]} WHERE ref = {NUMBERS[A]}",
    )
    scan = scanned(fresh_database, named_world(NUMBERS), owners=[{"table": "notes", "column": "ref"}])
    assert sorted(found(scan)) == [(A, B, "public.notes", 1), (C, A, "public.notes", 1)]
    (note,) = scan.notes
    assert note.startswith("owners of notes: in 1 of 4 rows another column names another tenant than ref does")


def boards(url: str) -> None:
    """Three tables to the owner, and not one declared foreign key."""
    execute(
        url,
        "CREATE TABLE accounts (id int, code text)",
        "CREATE TABLE projects (id int, account int)",
        "CREATE TABLE boards (id int, project int)",
        "CREATE TABLE cards (id int PRIMARY KEY, board int, body text)",
        *[
            statement
            for n in (A, B, C)
            for statement in (
                f"INSERT INTO accounts VALUES ({n}, '{NUMBERS[n]}')",
                f"INSERT INTO projects VALUES ({n * 10}, {n})",
                f"INSERT INTO boards VALUES ({n * 100}, {n * 10})",
                f"INSERT INTO cards VALUES ({n * 1000}, {n * 100}, '{canary(n, 1)}')",
                f"INSERT INTO cards VALUES ({n * 1000 + 1}, {n * 100}, '{canary(n, 2)}')",
            )
        ],
        f"INSERT INTO cards VALUES (9999, {B * 100}, '{canary(A, 3)}')",
    )


VIA = ["board -> boards.id", "project -> projects.id", "account -> accounts.id"]


def test_an_owner_three_tables_away_without_a_declared_foreign_key(fresh_database: str) -> None:
    boards(fresh_database)
    world = named_world(NUMBERS)
    assert found(scanned(fresh_database, world)) == []  # nothing leads there
    scan = scanned(fresh_database, world, owners=[{"table": "cards", "column": "code", "via": VIA}])
    assert (found(scan), scan.skipped, scan.unattributed) == ([(A, B, "public.cards", 1)], [], 0)
    assert scan.findings[0].first.place == "postgres public.cards id=9999 column body"


def test_a_way_alone_leads_to_what_names_its_owner_by_itself(fresh_database: str) -> None:
    boards(fresh_database)
    execute(
        fresh_database,
        "ALTER TABLE accounts ADD user_id uuid",
        *[f"UPDATE accounts SET user_id = '{tenant(n)}' WHERE id = {n}" for n in (A, B, C)],
    )
    scan = scanned(fresh_database, marked_world(), owners=[{"table": "cards", "via": VIA}])
    assert (found(scan), scan.skipped) == ([(A, B, "public.cards", 1)], [])


@pytest.mark.parametrize(
    ("owner", "words"),
    [
        ({"table": "note", "column": "ref"}, "owners of note: there is no table note"),
        ({"table": "notes", "column": "reff"}, "owners of notes: table public.notes has no column reff"),
        ({"table": "notes", "column": "body"}, "none of 4 values of column body names a tenant of this run"),
        ({"table": "notes", "column": "ref", "path": "a"}, "none of 4 values of column ref"),
        ({"table": "notes", "via": ["ref -> nowhere.id"]}, "there is no table nowhere"),
        ({"table": "notes", "via": ["ref -> empty.no"]}, "table public.empty has no column no"),
        ({"table": "notes", "via": ["ref -> empty.id"]}, "column ref leads to no row that is anybody's"),
    ],
)
def test_a_word_that_does_not_fit_the_database_is_a_doubt(
    fresh_database: str, owner: dict[str, object], words: str
) -> None:
    notes(fresh_database, "int", NUMBERS, holder=B)
    execute(fresh_database, "CREATE TABLE empty (id int)")
    (sentence,) = scanned(fresh_database, named_world(NUMBERS), owners=[owner]).skipped
    assert words in sentence


def test_a_tenants_id_in_sixteen_bytes_is_recognised_without_any_word(fresh_database: str) -> None:
    notes(fresh_database, "bytea", {n: rf"'\x{uuid.UUID(tenant(n)).hex}'" for n in (A, B, C)}, holder=B)
    scan = scanned(fresh_database, marked_world())
    assert (found(scan), scan.unattributed) == ([(A, B, "public.notes", 1)], 0)


def test_what_the_profile_calls_opaque_is_counted_and_no_doubt(fresh_database: str) -> None:
    cut = (b"x" * 20 + b"\x1f\x8b\x08\x00garbage that begins like gzip" * 3).hex()
    execute(
        fresh_database,
        "CREATE TABLE secrets (who uuid, cipher bytea, note text)",
        *[rf"INSERT INTO secrets VALUES ('{tenant(n)}', '\x{cut}', '{canary(n)}')" for n in (A, B)],
        f"INSERT INTO secrets VALUES ('{tenant(C)}', NULL, '{canary(A, 3)}')",
    )
    scan = scanned(fresh_database, marked_world(), opaque=["secrets.cipher"])
    assert (scan.left_out, scan.skipped) == ({"public.secrets.cipher": 2}, [])
    assert found(scan) == [(A, C, "public.secrets", 1)]


def test_a_column_called_opaque_that_is_not_there_is_a_doubt(fresh_database: str) -> None:
    execute(fresh_database, "CREATE TABLE secrets (who uuid)")
    (sentence,) = scanned(fresh_database, marked_world(), opaque=["secrets.cypher"]).skipped
    assert sentence == "opaque names secrets.cypher, and there is no such column: correct it"
