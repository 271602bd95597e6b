"""Every example of the page on messages is a profile that works, laid over a small one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from config.consistency import mistakes
from config.profile import Profile

PAGE = (Path(__file__).parents[2] / "docs" / "messages.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
SMALL: dict[str, Any] = {
    "target": {"name": "x", "url": "ws://127.0.0.1:1/"},
    "auth": {"place": "none"},
    "operations": {"chat": {"send": {"id": "{message_id}", "text": "{prompt}"}, "ends": ["done"]}},
    "stores": {"postgres": {"url": "postgresql://127.0.0.1/x"}},
}


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.splitlines()[0])
def test_an_example_is_a_profile_that_works(text: str) -> None:
    example = tomllib.loads(text)
    own_ids = {} if "dialect" in example.get("target", {}) else {"request_id": "id"}
    profile = {**SMALL, "frames": own_ids}
    for table, values in example.items():
        profile[table] = {**profile.get(table, {}), **values}
    assert list(mistakes(Profile.model_validate(profile))) == []


def test_every_placeholder_and_dialect_stands_on_the_page() -> None:
    from config.dialects import NAMES
    from config.messages import PLACEHOLDERS

    for name in PLACEHOLDERS - {"event_id"}:
        assert f"`{{{name}}}`" in PAGE
    for name in NAMES:
        assert f"| `{name}` |" in PAGE
