from __future__ import annotations

import re
import tomllib

import pytest

from config.auth import Auth, OpeningFrame
from config.new_auth import AUTH_QUESTIONS, auth_of, target_of, tokens_of
from config.question import Answers


def asked(**given: str) -> dict[str, str]:
    """The answers when only what applies is answered: as given, or as usual."""
    answers: dict[str, str] = {"url": "ws://x/ws"}
    for question in AUTH_QUESTIONS:
        value = given.get(question.name, question.default)
        if question.when(answers) and value is not None:
            answers[question.name] = value
    return answers


def written(answers: Answers) -> list[str]:
    return [line for line in auth_of(answers) if line and not line.startswith("#")]


def test_what_goes_nowhere_needs_no_source() -> None:
    answers = asked(token="none")
    assert written(answers) == ["[auth]", 'place = "none"']
    assert tokens_of(answers).startswith("# ")


def test_a_token_in_the_path_takes_an_address_of_its_own() -> None:
    (question,) = (question for question in AUTH_QUESTIONS if question.name == "token_address")
    assert not question.when({"token": "path", "url": "ws://x/{token}"}), "nobody is asked for what is there already"
    answers = asked(token="path", token_address="ws://x/ws/{token}")
    assert list(target_of(answers)) == ['url = "ws://x/ws/{token}"']


def test_subprotocols_are_offered_before_the_token() -> None:
    answers = asked(token="subprotocol", subprotocol_scheme="bearer.", subprotocols="a, b")
    assert list(target_of(answers)) == ['url = "ws://x/ws"', 'subprotocols = ["a", "b"]']
    assert 'scheme = "bearer."' in written(answers)


def test_a_login_is_a_request_whose_answer_brings_the_token() -> None:
    answers = asked(
        token="cookie", token_source="login", token_url="http://x/login", login_sent_as="form", token_in="cookie",
        token_name="sid",
    )  # fmt: skip
    assert written(answers)[-4:] == [
        "[auth.service]", 'url = "http://x/login"', 'form = { user = "{email}", password = "{password}" }',
        'token_cookie = "sid"',
    ]  # fmt: skip
    assert 'source = "service"' in written(answers)


@pytest.mark.parametrize(("source", "kinds"), [("jwt", 4), ("command", 2), ("password", 2)])
def test_only_tokens_that_can_be_made_are_to_be_refused(source: str, kinds: int) -> None:
    assert tokens_of(asked(token_source=source)).count('"') == 2 * kinds


@pytest.mark.parametrize("source", ["service", "login"])
def test_what_is_hinted_at_of_a_login_is_right_when_its_signs_are_taken_off(source: str) -> None:
    answers = asked(token_source=source, token_url="http://x/login", token_authorization="")
    keys = re.compile(r"# (?=\[|learn|ids|method|url|every_s|body)")
    lines = [keys.sub("", line) for line in auth_of(answers)]
    auth = Auth.model_validate(tomllib.loads("\n".join(lines))["auth"])
    assert auth.taught == {"csrf", "user_id", "refresh_token", "connection"} and auth.ids == ("user_id",)
    assert auth.renewal is not None and auth.renewal.every_s == 600
    assert auth.refresh is not None and auth.refresh.learn.keys() == {"refresh_token"}


@pytest.mark.parametrize("source", ["jwt", "command", "token"])
def test_who_asks_nobody_over_http_is_told_nothing_of_logins(source: str) -> None:
    answers = asked(token_source=source, token_command="./issue")
    hints = "\n".join(auth_of(answers))
    assert "[[auth.service" not in hints and "auth.renewal.service" not in hints


def test_what_is_hinted_at_of_a_join_is_right_when_its_signs_are_taken_off() -> None:
    lines = [line.removeprefix("# ") for line in auth_of({**asked(), "dialect": "socket.io"})]
    begin = lines.index("[auth.frame]")
    frame = tomllib.loads("\n".join(lines[begin : lines.index("", begin)]))["auth"]["frame"]
    assert OpeningFrame.model_validate(frame).accepted == ("connect",)
