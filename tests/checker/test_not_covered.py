from __future__ import annotations

from checker.not_covered import not_covered
from tests.config.profiles import changed, reference


def test_an_operation_that_leaks_by_design_is_told_with_its_reason_and_what_was_seen() -> None:
    profile = changed(operations__history__leaks_by_design="everybody reads one board")
    (sentence,) = not_covered(profile, {"reply to history": 12, "reply to chat": 3})
    assert sentence == (
        "what the replies to history show of others, as it leaks by design (everybody reads one board): 12 sightings"
    )
    assert not_covered(profile)[0].endswith("0 sightings")


def test_nothing_is_left_out_of_the_reference_profile() -> None:
    assert not_covered(reference()) == []
