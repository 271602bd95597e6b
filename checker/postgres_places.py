"""What a Postgres row is called: for people, for SQL, and for the command that shows it again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from checker.postgres_catalogue import Table
from checker.postgres_copy import NULL, unescape

_OWN_ID = re.compile(r"^(?:id|pk|key|uuid|guid)$", re.IGNORECASE)


def label_of(table: Table, column: str) -> str:
    """What a column is called: ``id`` of ``users`` is called ``users``."""
    return table.name if _OWN_ID.match(column) else column


def key_of(cells: list[bytes], indexes: tuple[int, ...]) -> bytes | None:
    """The text of key columns, or None if one of them is null."""
    if len(indexes) == 1:
        cell = cells[indexes[0]]
        return None if cell == NULL else cell
    parts = [cells[index] for index in indexes]
    return None if NULL in parts else b"\t".join(parts)


def _text(cell: bytes) -> str:
    return unescape(cell).decode("utf-8", "replace")


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


def identifier(name: str) -> str:
    """Returns a name of the profile for SQL, exactly as it is spelt there; quoted, for ``user`` is no column else."""
    return '"' + name.strip('"').replace('"', '""') + '"'


def qualified(table: str) -> str:
    """Returns a table of the profile for SQL: of the schema ``public`` where none is named."""
    schema, _, name = table.rpartition(".")
    return f"{identifier(schema or 'public')}.{identifier(name)}"


def key_names(table: Table) -> tuple[str, ...]:
    """Returns the columns that tell the table's rows apart."""
    return table.key or ("ctid",)


def identity(names: Sequence[str], row: bytes) -> str:
    """Returns a row's key for people; ``row`` is the text of its key columns, with tabs between."""
    return " ".join(f"{name}={_text(cell)[:120]}" for name, cell in zip(names, row.split(b"\t"), strict=True))


def condition(names: Sequence[str], row: bytes) -> str:
    """Returns a row's key as an SQL condition."""
    pairs = zip(names, row.split(b"\t"), strict=True)
    return " AND ".join(f"{_quoted(name)} = {literal(_text(cell))}" for name, cell in pairs)


def literal(value: str) -> str:
    """Returns the value as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def psql(statement: str) -> str:
    """Returns the command that runs a statement, for a shell that has the URL in its environment."""
    escaped = re.sub(r'([\\"$`])', r"\\\1", statement)
    return f'psql "$POSTGRES_URL" -c "{escaped}"'
