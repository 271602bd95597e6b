from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.frames import Frames, KindRule, Refusal


def test_one_path_or_kind_may_stand_alone_or_in_a_list() -> None:
    frames = Frames.model_validate({"type": "a.b", "request_id": "[1]", "pushes": "x", "tenant": ["t", "u[].v"]})
    assert (frames.type, frames.request_id, frames.pushes) == (("a.b",), ("[1]",), ("x",))
    assert Refusal.model_validate({"code": ["error.code", "[2]"]}).code == ("error.code", "[2]")


@pytest.mark.parametrize("path", ["", "a.", ".a", "a..b", "a[", "a[x]", "a]b", "a[1"])
def test_what_is_no_path_is_told(path: str) -> None:
    with pytest.raises(ValidationError, match="is no field path"):
        Frames.model_validate({"request_id": path})


def test_a_rule_must_say_something() -> None:
    with pytest.raises(ValidationError, match="needs one of has, lacks, where, matches"):
        KindRule.model_validate({})


@pytest.mark.parametrize(
    "code", ["500", "HTTP 502", "429", "-32603", "InternalError", "INTERNAL_ERROR", "rate-limited"]
)
def test_codes_of_failures_are_known_without_the_profile(code: str) -> None:
    assert Refusal().is_failure(code)


@pytest.mark.parametrize("code", ["403", "forbidden", "not_found", "-32602", "None", "5001", "42501"])
def test_codes_that_refuse_are_no_failures_unless_the_profile_says_so(code: str) -> None:
    assert not Refusal().is_failure(code)
    assert Refusal(broken=(code,)).is_failure(code)
