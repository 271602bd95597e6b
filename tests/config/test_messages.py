from __future__ import annotations

from config.messages import Operation, Operations


def test_a_message_may_be_an_object_an_array_or_a_line_of_text() -> None:
    assert Operation.model_validate({"send": "QUIT", "reply_by": "none"}).ends == ()
    assert Operation.model_validate({"send": ["PING"], "ends_after": 1}).kinds == frozenset()


def test_only_chat_is_needed() -> None:
    operations = Operations.model_validate({"chat": {"send": {"id": "{message_id}"}, "ends": "done"}})
    assert list(operations.all()) == ["chat"] and operations.get("history") is None
