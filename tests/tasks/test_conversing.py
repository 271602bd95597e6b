from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.conversing import be_loud_or_not, check_routing, converse, converse_in_turn, look_back
from tests.tasks.recorder import Player, Recorder


@pytest.mark.parametrize(("task", "name"), [(converse, "chat"), (check_routing, "routing"), (look_back, "history")])
def test_one_thing_is_said_and_not_waited_for(task: Callable[[Player], None], name: str) -> None:
    speaker = Recorder()
    task(Player(speaker))
    assert speaker.said == [("ask", name)]


def test_in_turn_the_second_message_follows_the_first_answer_on_its_session() -> None:
    speaker = Recorder(sessions=2)
    converse_in_turn(Player(speaker))
    assert speaker.said == [("ask", "chat"), ("wait", "chat"), ("ask", "chat", 1)]


def test_in_turn_nothing_follows_what_was_not_sent_or_has_not_ended() -> None:
    for speaker, said in ((Recorder(connected=False), 1), (Recorder(ends=None), 2)):
        converse_in_turn(Player(speaker))
        assert len(speaker.said) == said


def test_a_loud_tenant_sends_many_chats_at_once() -> None:
    speaker = Recorder()
    be_loud_or_not(Player(speaker))
    assert speaker.said == [("ask", "chat")] * speaker.draw_loudness()
    assert speaker.crowded == speaker.draw_loudness()
