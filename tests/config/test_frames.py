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
