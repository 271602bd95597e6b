from __future__ import annotations

import pytest

from users.dialects.base import Undecodable
from users.dialects.text_lines import TextLines

PATTERNS = {"reply": r"^(?P<id>\d+) OK (?P<body>.*)$", "error": r"^(?P<id>\d+) ERR (?P<code>\S+)"}


def test_named_groups_become_fields() -> None:
    lines = TextLines("ws://x", {"patterns": PATTERNS})
    assert list(lines.decode("17 OK hello\nyou")) == [
        {"kind": "reply", "id": "17", "body": "hello\nyou", "text": "17 OK hello\nyou"}
    ]
    assert list(lines.decode(b"17 ERR full")) == [{"kind": "error", "id": "17", "code": "full", "text": "17 ERR full"}]
    assert list(lines.decode("welcome")) == [{"kind": "text", "text": "welcome"}]
    with pytest.raises(Undecodable):
        list(lines.decode(b"\xff\xfe"))


def test_lines_words_and_objects_are_said() -> None:
    lines = TextLines("ws://x", {})
    assert lines.encode("SAY 5") == "SAY 5"
    assert lines.encode(["SAY", 5, "x"]) == "SAY 5 x"
    assert lines.encode({"a": 1}) == '{"a":1}'


@pytest.mark.parametrize(("patterns", "says"), [("x", "should be a table"), ({"a": "("}, "no regular expression")])
def test_wrong_patterns_are_told(patterns: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        TextLines("ws://x", {"patterns": patterns})
