from __future__ import annotations

from pathlib import Path

from config.reference import reference
from config.schema_tables import tables

PAGE = Path(__file__).parents[2] / "docs" / "profile.md"


def test_the_page_is_that_of_the_schema() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "make it anew: python -m config reference docs/profile.md"


def test_every_key_stands_on_the_page() -> None:
    page = reference()
    for _, table in tables():
        for name in table.model_fields:
            assert f"| `{name}` |" in page or f"[{name}" in page or f".{name}" in page, (table, name)


def test_every_key_says_what_it_means() -> None:
    silent = [f"{path}.{name}" for path, table in tables() for name, field in table.model_fields.items()
              if not (field.description or "").strip()]  # fmt: skip
    assert silent == []
