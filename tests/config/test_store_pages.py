"""The pages on stores: every example in them is a profile that loads, and the grants are those that are written."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from config.grants import grants
from config.profile import Profile
from config.stores import Stores
from tests.config.profiles import changed, reference

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = re.findall(r"```toml\n(.*?)```", (DOCS / "stores.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"example {number}" for number in range(1, len(EXAMPLES) + 1)])
def test_every_example_is_part_of_a_profile(example: str) -> None:
    document = tomllib.loads(example)
    if operations := document.pop("operations", {}):
        chat = operations["chat"]
        profile = changed(**{f"operations__chat__{key}": value for key, value in chat.items()})
        assert profile.operations.chat.retention and not document
    else:
        assert Stores.model_validate(document["stores"]).named()
        assert isinstance(changed(stores=document["stores"]), Profile)


def test_every_row_on_budgets_is_understood() -> None:
    text = (DOCS / "stores.md").read_text(encoding="utf-8")
    budgets = re.findall(r"`(?:budgets = \[)?(\{ (?:key|table) = [^`]*?\})\]?`", text)
    assert len(budgets) >= 5
    for budget in budgets:
        store = "redis" if "key =" in budget else "postgres"
        document = tomllib.loads(f'[{store}]\nurl = "x"\nbudgets = [{budget}]')
        assert Stores.model_validate(document).named()


def test_the_grants_on_the_page_are_those_that_are_written() -> None:
    page = (DOCS / "grants.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:sql|sh)\n(.*?)```", page, re.DOTALL)
    assert "\n".join(blocks).split() == grants(reference()).split()
