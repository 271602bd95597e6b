from __future__ import annotations

from tasks.listening import say_hello, stir
from tests.tasks.recorder import Player, Recorder


def test_a_listener_says_little() -> None:
    speaker = Recorder(sessions=2)
    say_hello(Player(speaker))
    assert speaker.said == [("ask", "ping")]


def test_the_first_session_is_stirred_so_that_the_others_hear_of_it() -> None:
    speaker = Recorder(sessions=2)
    stir(Player(speaker))
    assert speaker.said == [("ask", "state_write", 0)]
