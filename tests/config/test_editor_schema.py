from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from config.editor_schema import editor_schema, written
from config.load import DEFAULT_PROFILE
from tests.config.profiles import document

FILE = Path(__file__).parents[2] / "docs" / "profile.schema.json"
SHIPPED = sorted(DEFAULT_PROFILE.parent.glob("*.toml"))


def mistakes(profile: dict[str, Any]) -> list[str]:
    return [error.message for error in jsonschema.Draft7Validator(editor_schema()).iter_errors(profile)]


def test_the_file_is_that_of_the_schema() -> None:
    assert FILE.read_text(encoding="utf-8") == written(), (
        "make it anew: python -m config schema docs/profile.schema.json"
    )
    jsonschema.Draft7Validator.check_schema(editor_schema())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_profile_fits_and_names_its_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert mistakes(tomllib.loads(text)) == []
    named = text.splitlines()[0].removeprefix("#:schema ")
    assert (path.parent / named).resolve() == FILE


@pytest.mark.parametrize(
    "changes",
    [
        {"target.tiemout": 5},
        {"target.reply_timeout_s": 0},
        {"operations.chat.ends": 5},
        {"auth.source": "jtw"},
        {"attempts.doors.read_state.does": "peep"},
    ],
)
def test_a_mistake_is_seen_in_the_editor(changes: dict[str, object]) -> None:
    assert mistakes(document(changes))


def test_only_what_extends_nothing_has_to_be_whole() -> None:
    assert mistakes({"target": {"name": "x"}})
    assert mistakes({"extends": "other.toml", "target": {"name": "x"}, "operations": {"chat": {"cost": 1}}}) == []
    assert mistakes({"extends": "other.toml", "stores": {"redis": False}}) == []
