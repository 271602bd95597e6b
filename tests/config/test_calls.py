from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.calls import CommandCall, HttpCall


def test_a_request_names_its_placeholders_but_for_those_in_headers() -> None:
    call = HttpCall.model_validate({
        "url": "http://h/{tenant}", "body": {"a": ["{email}"]}, "headers": {"Authorization": "Bearer {secret}"}
    })  # fmt: skip
    assert call.names == {"tenant", "email"}
    assert HttpCall.model_validate({"url": "http://h/", "form": {"a": "{password}"}}).names == {"password"}


def test_a_command_names_its_placeholders_but_for_those_in_its_environment() -> None:
    call = CommandCall.model_validate(
        {"argv": ["x", "{tenant}"], "input": {"p": "{password}"}, "environment": {"A": "{b}"}}
    )
    assert call.names == {"tenant", "password"}


def test_a_request_has_one_body() -> None:
    with pytest.raises(ValidationError, match="has a body and a form"):
        HttpCall.model_validate({"url": "http://h/", "form": {"a": "b"}, "body": {"a": "b"}})


def test_what_is_secret_is_not_shown() -> None:
    call = CommandCall.model_validate({"argv": ["x"], "environment": {"A": "PLANTED"}})
    assert "PLANTED" not in repr(call)
