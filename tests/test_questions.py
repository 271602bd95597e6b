"""The page of questions: every key on it is one of the schema, and every test one that there is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from config.schema_tables import tables_at

HERE = Path(__file__).parent
ROWS = [
    line.split(" | ")
    for line in (HERE.parent / "docs" / "questions.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| question")
]


@pytest.mark.parametrize("row", ROWS, ids=[row[0].removeprefix("| ") for row in ROWS])
def test_a_question_has_keys_that_there_are_and_tests_that_there_are(row: list[str]) -> None:
    _, keys, tests = row
    named, shown = re.findall(r"`([a-z_.]+)`", keys), re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", tests)
    assert named and shown
    for key in named:
        *path, name = key.split(".")
        assert any(name in table.model_fields for table in tables_at(tuple(path))), key
    for file, test in shown:
        tree = ast.parse((HERE / file).read_text(encoding="utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert test in functions if test else any(name.startswith("test_") for name in functions), (file, test)
