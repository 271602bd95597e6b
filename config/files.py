"""Files that a profile names: found beside the profile, read as tables or keys."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, PlainSerializer, ValidationInfo

FOLDERS = "folders"
"""Name of the validation context's list of folders that relative paths are looked up in: those of the profile and of
what it extends."""


def _found(path: Path, info: ValidationInfo) -> Path:
    folders = (info.context or {}).get(FOLDERS, [Path()])
    for folder in folders:
        if (folder / path).is_file():
            return Path(folder / path)
    raise ValueError(f"there is no file {path}: a relative path starts at the profile's folder")


def _shown(path: Path) -> str:
    return f"{path.name}, {path.stat().st_size} bytes"


ProfileFile = Annotated[Path, AfterValidator(_found), PlainSerializer(_shown, return_type=str)]
"""The path of a file that exists, relative to the profile. In evidence it shows by name and size: nodes of one run may
keep it in different folders, but not different ones."""


def read_table(path: Path) -> list[dict[str, str]]:
    """Returns the lines of a CSV file with a head line, or of a file of JSON objects (``.jsonl``, ``.ndjson``).

    Raises:
        ValueError: it can't be read, a line is no object, or a CSV line has more cells than the head. What stands in it
            is not shown.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            if path.suffix in {".jsonl", ".ndjson"}:
                return [_object(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
            reader = csv.DictReader(lines, strict=True)
            table = []
            for row in reader:
                if None in row or None in row.values():
                    raise ValueError(f"{path.name}, line {reader.line_num}: has not as many cells as the first line")
                table.append({name.strip(): value.strip() for name, value in row.items()})
            return table
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ValueError(f"{path.name} can't be read as a UTF-8 table: {reason}") from None


def _object(path: Path, number: int, line: str) -> dict[str, str]:
    try:
        document = json.loads(line)
    except json.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise ValueError(f"{path.name}, line {number}: is no JSON object")
    return {str(name): str(value) for name, value in document.items() if value is not None}


def column(path: Path, table: list[dict[str, str]], name: str, key: str) -> list[str]:
    """Returns a column's values.

    Args:
        path: whence the table comes, for the error.
        table: its lines.
        name: the column's name.
        key: the profile's key that names the column.

    Raises:
        ValueError: a line has no such column, or nothing in it.
    """
    for number, row in enumerate(table, 1):
        if name not in row:
            there = ", ".join(sorted(row))
            raise ValueError(f"{key}: {path.name} has no column '{name}'; it has: {there}")
        if not row[name]:
            raise ValueError(f"{key}: {path.name} has nothing in column '{name}' of entry {number}")
    return [row[name] for row in table]
