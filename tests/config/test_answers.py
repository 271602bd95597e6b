from __future__ import annotations

import pytest

from config.answers import AnswerUnfit, argv, authorization, inline, names, set_to


def test_answers_become_lines_of_a_profile() -> None:
    answers = {"kind": 'a "b"', "auth": "Bearer ${KEY}", "none": ""}
    assert set_to("type", answers, "kind") == 'type = "a \\"b\\""'
    assert list(authorization(answers, "auth")) == ['headers = { Authorization = "Bearer ${KEY}" }']
    assert list(authorization(answers, "none")) == []


def test_a_command_is_taken_apart_as_a_shell_would() -> None:
    assert argv({"run": "./issue --for '{tenant} now'"}, "run") == '["./issue", "--for", "{tenant} now"]'
    with pytest.raises(AnswerUnfit, match=r"--token-command: is no command: no closing quotation"):
        argv({"token_command": "./issue 'x"}, "token_command")


def test_a_list_is_taken_apart_by_commas() -> None:
    assert names({"offered": "chat.v1, chat.v2 ,"}, "offered") == ["chat.v1", "chat.v2"]
    assert names({}, "offered") == []


@pytest.mark.parametrize(("said", "why"), [("{", "is no JSON"), ("[1]", "should be a JSON object")])
def test_what_should_be_an_object_and_is_not_is_said_with_its_option(said: str, why: str) -> None:
    with pytest.raises(AnswerUnfit, match=f"--login-body: login_body {why}"):
        inline({"login_body": said}, "login_body")
