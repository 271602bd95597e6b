from __future__ import annotations

import pytest

from checker.figures import count, listed, percent, tenants


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (1, 3, "33.3 %"),
        (99_999, 100_000, "99.999 %"),
        (1, 100_000, "0.001 %"),
        (1, 1_000_000_000, "1e-07 %"),
        (0, 0, "–"),
    ],
)
def test_percent_never_rounds_to_all_or_nothing(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text


def test_counts_and_lists_read_as_sentences_do() -> None:
    assert count(1, "tenant") == "1 tenant"
    assert count(1200, "reply", "replies") == "1,200 replies"
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    assert tenants(["a"]) == "tenant a"
    assert tenants(["a", "b", "c", "d"]) == "4 tenants, for example a, b, c"
