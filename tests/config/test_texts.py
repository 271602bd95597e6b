from __future__ import annotations

from config.texts import TextLimit, texts_of


def test_a_text_is_measured_in_the_unit_that_counts() -> None:
    for unit, length in (("characters", 3), ("bytes", 6)):
        assert TextLimit.model_validate({"most": 1200, "unit": unit, "beyond": "cut"}).length("äöü") == length
    assert str(TextLimit(most=1200, beyond="cut")) == "1,200 characters"


def test_texts_are_found_wherever_they_stand() -> None:
    send = {"a": ["{prompt}", {"b": "x {state_canary}"}], "c": "{tenant}", "d": 5}
    assert list(texts_of(send)) == ["{prompt}", "x {state_canary}"]
