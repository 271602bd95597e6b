from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.retention import Retention


@pytest.mark.parametrize(
    ("retention", "words"),
    [
        ({"last": 20}, "the latest 20 of each tenant"),
        ({"last": 1000, "of": "all"}, "the latest 1,000 of all tenants"),
        ({"for_s": 60}, "nothing for longer than 60 s"),
        ({"last": 20, "for_s": 0.5}, "the latest 20 of each tenant, nothing for longer than 0.5 s"),
    ],
)
def test_what_is_kept_is_said_in_words(retention: dict[str, object], words: str) -> None:
    assert Retention.model_validate(retention).in_words == words


@pytest.mark.parametrize(
    ("retention", "says"),
    [
        ({}, "says neither 'last' nor 'for_s'"),
        ({"for_s": 5, "of": "all"}, "there is no 'last'"),
        ({"last": 0}, "greater than 0"),
        ({"for_s": 0}, "greater than 0"),
        ({"last": 5, "of": "thread"}, "'tenant' or 'all'"),
    ],
)
def test_what_says_nothing_or_can_not_be_is_refused(retention: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Retention.model_validate(retention)
