from __future__ import annotations

from tasks.saying_more import saying
from tests.tasks.recorder import Player, Recorder


def test_an_operation_of_the_profiles_own_is_said() -> None:
    speaker = Recorder()
    saying("look_up")(Player(speaker))
    assert speaker.said == [("ask", "look_up")]
