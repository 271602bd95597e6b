from __future__ import annotations

from tasks.coming_and_going import come_and_go, return_together, vanish_mid_read, vanish_mid_request
from tests.tasks.recorder import Player, Recorder


def test_a_tenant_vanishes_in_the_middle_of_a_request_resumes_and_awaits_the_answer() -> None:
    speaker = Recorder(sessions=2)
    vanish_mid_request(Player(speaker))
    assert speaker.said == [
        ("ask", "chat"), ("pause", 10.0, 30.0), ("drop", 1), ("pause", 5, 150), ("reopen", 1, True), ("wait", "chat"),
    ]  # fmt: skip


def test_nobody_vanishes_without_a_request() -> None:
    speaker = Recorder(connected=False)
    vanish_mid_request(Player(speaker))
    assert speaker.said == [("ask", "chat")]


def test_a_tenant_vanishes_in_the_middle_of_reads_at_once() -> None:
    speaker = Recorder()
    vanish_mid_read(Player(speaker))
    assert speaker.said == [
        ("ask", "state_read", 0), ("ask", "history", 0), ("ask", "state_read", 0), ("pause", 0.0, 3.0), ("drop", 0),
        ("pause", 5, 150), ("reopen", 0, True),
    ]  # fmt: skip


def test_nobody_vanishes_without_a_read() -> None:
    speaker = Recorder(connected=False)
    vanish_mid_read(Player(speaker))
    assert [said[0] for said in speaker.said] == ["ask"] * 3


def test_a_tenant_goes_properly_and_comes_back_to_a_new_session() -> None:
    speaker = Recorder(sessions=3)
    for _ in range(20):
        come_and_go(Player(speaker))
    rounds = [speaker.said[start : start + 4] for start in range(0, len(speaker.said), 4)]
    for one in rounds:
        session = one[0][1]
        assert one == [("leave", session), ("pause", 20, 400), ("reopen", session, False), ("ask", "history", session)]
    assert {one[0][1] for one in rounds} == {0, 1, 2}


def test_tenants_return_together_to_new_sessions() -> None:
    speaker = Recorder()
    return_together(Player(speaker))
    assert speaker.said == [("leave", 0), ("burst",), ("reopen", 0, False), ("ask", "state_read", 0)]
