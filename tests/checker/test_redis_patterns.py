from __future__ import annotations

from checker.redis_patterns import KeyPatterns


def test_a_key_fits_the_first_of_the_globs_that_matches_all_of_its_name() -> None:
    patterns = KeyPatterns(["cache:*", "cache:a?", "lock"])
    assert patterns.of(b"cache:ab") == "cache:*"
    assert patterns.of(b"cache:\n\xff") == "cache:*"
    assert patterns.of(b"my cache:ab") is None
    assert [key in patterns for key in (b"lock", b"locks", b"LOCK")] == [True, False, False]


def test_without_globs_no_key_fits() -> None:
    assert b"anything" not in KeyPatterns(())
