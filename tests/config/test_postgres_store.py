from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from config.postgres_store import PostgresStore, Step, step_of


def store(**changes: Any) -> PostgresStore:
    return PostgresStore.model_validate({"url": "host=db dbname=shop", **changes})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"owners": [{"table": "notes"}]}, "must stand somewhere"),
        ({"owners": [{"table": "notes", "via": ["board_id -> boards.id"], "path": "a"}]}, "path is of no use"),
        ({"owners": [{"table": "notes", "via": ["board_id -> boards"]}]}, "match pattern"),
        ({"owners": [{"table": "notes", "via": ["board_id = boards.id"]}]}, "match pattern"),
        ({"budgets": [{"table": "wallets", "owner": "who"}]}, "Field required"),
        ({"opaque": ["secrets"]}, "write table.column"),
        ({"remove": ["DELETE FROM users"]}, "could remove others"),
        ({"settle_s": -1}, "greater than or equal to 0"),
    ],
)
def test_what_can_not_be_meant_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        store(**changes)


def test_what_writes_may_have_an_address_of_its_own() -> None:
    both = store(write_url="service=writing")
    assert (both.address(), both.address(writing=True)) == ("host=db dbname=shop", "service=writing")
    assert store().address(writing=True) == "host=db dbname=shop"


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("board_id -> boards.id", Step("board_id", "boards", "id")),
        ("board_id->app.boards.id", Step("board_id", "app.boards", "id")),
    ],
)
def test_a_step_leads_from_a_column_to_another_tables(text: str, step: Step) -> None:
    assert step_of(text) == step


def test_what_is_no_step_is_refused() -> None:
    with pytest.raises(ValueError, match=r"should read 'column -> table\.column'"):
        step_of("boards")
