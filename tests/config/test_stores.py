from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.stores import Stores


def test_further_stores_have_names_of_their_own() -> None:
    stores = Stores.model_validate(
        {
            "redis": {"url": "redis://one"},
            "more_redis": {"sessions": {"url": "redis://two"}},
            "more_postgres": {"billing": {"url": "host=three"}},
        }
    )
    assert [(name, store.kind) for name, store in stores.named().items()] == [
        ("redis", "redis"),
        ("sessions", "redis"),
        ("billing", "postgres"),
    ]
    assert list(stores.all_postgres()) == ["billing"]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"more_redis": {"redis": {"url": "redis://x"}}}, "is that of \\[stores.redis\\]"),
        ({"more_postgres": {"redis": {"url": "host=x"}}}, "is that of \\[stores.redis\\]"),
        (
            {"more_redis": {"cache": {"url": "redis://x"}}, "more_postgres": {"cache": {"url": "host=x"}}},
            "stands in more_redis and in more_postgres",
        ),
    ],
)
def test_two_stores_of_one_name_are_refused(document: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Stores.model_validate(document)
