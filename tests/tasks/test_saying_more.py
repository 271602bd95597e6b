from __future__ import annotations

from evidence.requests import Outcome
from tasks.saying_more import saying, saying_too_much
from tests.tasks.recorder import Player, Recorder


def test_an_operation_of_the_profiles_own_is_said() -> None:
    speaker = Recorder()
    saying("look_up")(Player(speaker))
    assert speaker.said == [("ask", "look_up")]


def test_too_much_is_said_as_long_as_tries_are_left_and_else_what_is_said_ever() -> None:
    for ends, name in ((Outcome.ANSWERED, "too long: chat"), (None, "chat")):
        speaker = Recorder(ends)
        saying_too_much("chat")(Player(speaker))
        assert speaker.said == [("may say too much", "chat"), ("ask", name)]
