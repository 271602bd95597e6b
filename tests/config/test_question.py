from __future__ import annotations

from config.question import Question, always, answered, both, option_of


def test_a_question_has_an_option() -> None:
    assert Question("token_url", "Where?").option == option_of("token_url") == "--token-url"


def test_when_a_question_is_asked() -> None:
    is_red, is_big = answered("colour", "red", "crimson"), answered("size", "big")
    assert Question("x", "?").when is always and always({})
    assert is_red({"colour": "crimson"}) and not is_red({"colour": "blue"}) and not is_red({})
    assert both(is_red, is_big)({"colour": "red", "size": "big"}) and not both(is_red, is_big)({"colour": "red"})
