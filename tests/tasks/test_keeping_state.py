from __future__ import annotations

from tasks.keeping_state import change_and_read_back, change_state, read_again_and_again, read_state
from tests.tasks.recorder import Player, Recorder


def test_state_is_read_and_changed() -> None:
    speaker = Recorder()
    read_state(Player(speaker))
    change_state(Player(speaker))
    assert speaker.said == [("ask", "state_read"), ("ask", "state_write")]


def test_what_was_changed_is_read_back_on_the_same_session_once_that_is_done() -> None:
    speaker = Recorder(sessions=2)
    change_and_read_back(Player(speaker))
    assert speaker.said == [("ask", "state_write"), ("wait", "state_write"), ("ask", "state_read", 1)]


def test_nothing_is_read_back_that_was_not_changed() -> None:
    for speaker, said in ((Recorder(connected=False), 1), (Recorder(ends=None), 2)):
        change_and_read_back(Player(speaker))
        assert len(speaker.said) == said


def test_one_statement_is_repeated_on_one_connection_each_time_after_its_answer() -> None:
    speaker = Recorder(sessions=2)
    read_again_and_again(Player(speaker))
    again = [("wait", "history"), ("ask", "history", 1)]
    assert speaker.said == [("ask", "history"), *again * 6]


def test_repeating_ends_where_an_answer_is_missing() -> None:
    for speaker, said in ((Recorder(connected=False), 1), (Recorder(ends=None), 2)):
        read_again_and_again(Player(speaker))
        assert len(speaker.said) == said
