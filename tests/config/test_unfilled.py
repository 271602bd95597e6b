from __future__ import annotations

from config.calls import CommandCall, HttpCall
from config.unfilled import called, unfilled


def test_every_template_of_a_request_is_looked_at() -> None:
    call = HttpCall.model_validate({"url": "http://127.0.0.1/{wher}", "form": {"a": "{who}", "b": "{code}"}})
    assert list(unfilled(called(("auth",), call, {"where", "code"}))) == [
        (("auth", "url"), "nothing fills {wher}; did you mean where? (there are: code, where)"),
        (("auth", "form"), "nothing fills {who} (there are: code, where)"),
    ]


def test_what_everybody_can_see_of_a_command_holds_no_secret() -> None:
    call = CommandCall.model_validate({"argv": ["make", "{password}"], "input": {"p": "{password}"}})
    assert [key for key, _ in unfilled(called((), call, {"password"}, set()))] == [("argv",)]
    assert not list(unfilled(called((), call, {"password"})))
