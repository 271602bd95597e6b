from __future__ import annotations

import pytest

from checker.redis_sightings import pattern_of


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        (b"session:r8Zq1Xw5TnB0vLk7JmD3:data", b"session:*:data"),
        (b"sid=yYWypH3byQr1MX2D-7YljzurS7ivyLr/last", b"sid=*/last"),
        (b"session:eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0LTEifQ.c2lnbmF0dXJl", b"session:*"),
        (b"cache:6a0f1b2c-1234-4abc-9def-0123456789ab", b"cache:*"),
        (b"thread-6a0f1b2c-1234-4abc-9def-0123456789ab-state", b"thread-*-state"),
        (b"checkpoint_3f2a9c1b7d5e4f60a1", b"checkpoint_*"),
        (b"conversationHistorySnapshot:v2", b"conversationHistorySnapshot:v*"),
        (b"left:17", b"left:*"),
    ],
)
def test_a_pattern_keeps_the_words_of_a_key_and_none_of_its_ids_and_tokens(key: bytes, pattern: bytes) -> None:
    assert pattern_of(key) == pattern
