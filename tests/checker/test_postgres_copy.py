from __future__ import annotations

import psycopg2
import pytest

from checker.postgres_copy import copy_rows, unescape
from tests.checker.store_worlds import execute


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (b"plain", b"plain"),
        (rb"a\tb\nc\\d\re", b"a\tb\nc\\d\re"),
        (rb"\b\f\v", b"\b\f\v"),
        (rb"\\N", rb"\N"),
        (rb"\\\\n", b"\\\\n"),
        (b"", b""),
    ],
)
def test_unescape_gives_back_what_was_stored(cell: bytes, value: bytes) -> None:
    assert unescape(cell) == value


def test_rows_come_in_whole_lines_however_long_they_are(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE long (id int, body text)",
        "INSERT INTO long SELECT n, repeat('x', CASE WHEN n = 3 THEN 3000000 ELSE 10 END) FROM generate_series(1, 9) n",
    )
    blocks: list[bytes] = []
    connection = psycopg2.connect(fresh_database)
    try:
        copy_rows(connection, "SELECT id, body FROM long ORDER BY id", blocks.append)
    finally:
        connection.close()
    assert all(block.endswith(b"\n") for block in blocks)
    assert [line.split(b"\t")[0] for line in b"".join(blocks).splitlines()] == [b"%d" % n for n in range(1, 10)]


def test_what_goes_wrong_while_rows_are_taken_is_not_hidden(fresh_database: str) -> None:
    def take(block: bytes) -> None:
        raise ZeroDivisionError

    connection = psycopg2.connect(fresh_database)
    try:
        with pytest.raises(ZeroDivisionError):
            copy_rows(connection, "SELECT 1", take)
    finally:
        connection.close()
