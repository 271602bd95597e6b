from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
import pytest
from psycopg2.extensions import cursor

from evidence.budgets import BudgetBands
from evidence.marks import MarkKind
from tests.checker.store_worlds import (
    KEY,
    A,
    B,
    canary,
    execute,
    found,
    marked_world,
    tenant,
)


@pytest.fixture(autouse=True)
def _little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checker.postgres_large.LARGE_BYTES", 20_000)
    monkeypatch.setattr("checker.postgres_large.WINDOW", 10_000)


@contextmanager
def blobs(url: str, kind: str) -> Iterator[cursor]:
    """Makes a table whose bodies are stored as they are, so that their size is what a window sees."""
    execute(url, f"CREATE TABLE blobs (id int PRIMARY KEY, owner uuid, body {kind})")
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as writing:
        writing.execute("ALTER TABLE blobs ALTER body SET STORAGE EXTERNAL")
        yield writing


@pytest.mark.parametrize("kind", ["text", "bytea", "jsonb"])
def test_a_value_too_large_for_memory_is_read_in_windows(fresh_database: str, kind: str) -> None:
    with blobs(fresh_database, kind) as writing:
        for number, shift in enumerate(range(-32, 8, 4)):
            before = "x" * (10_000 + shift - (1 if kind == "jsonb" else 0))
            text = before + canary(A) + "é" * 30_000 + canary(B, 100 + number)
            value = f'"{text}"' if kind == "jsonb" else text
            writing.execute(
                "INSERT INTO blobs VALUES (%s, %s, %s)",
                (number, tenant(B), value.encode() if kind == "bytea" else value),
            )
        writing.execute("INSERT INTO blobs VALUES (99, %s, %s)", (tenant(A), f'"{canary(A, 5)}"'))
    scan = marked_world().postgres(fresh_database)
    assert found(scan) == [(A, B, "public.blobs", 10)]
    assert scan.findings[0].first.place == "postgres public.blobs id=0 column body"
    assert (scan.units, scan.skipped) == (11, [])
    assert {(MarkKind.PROMPT, B, 100 + number) for number in range(10)} <= scan.own_marks
    assert (MarkKind.PROMPT, A, 5) in scan.own_marks
    shared = marked_world().postgres(fresh_database, shared=["blobs"])
    assert (found(shared), shared.units) == ([], 11)


@pytest.mark.parametrize("kind", ["text", "jsonb"])
def test_an_amount_of_another_tenants_in_a_document_too_large_for_memory_is_found(
    fresh_database: str, kind: str
) -> None:
    with blobs(fresh_database, kind) as writing:
        for number, whose in enumerate((A, B)):
            amount = BudgetBands(KEY).starting(whose)
            document = f'{{"a": "{"x" * 15_000}", "remaining": {amount}, "z": "{"y" * 15_000}"}}'
            writing.execute("INSERT INTO blobs VALUES (%s, %s, %s)", (number, tenant(B), document))
    assert found(marked_world().postgres(fresh_database, fields=["remaining"])) == [(A, B, "public.blobs", 1)]
