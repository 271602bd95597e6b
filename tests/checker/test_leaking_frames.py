from __future__ import annotations

from checker.leaking_frames import LeakingFrames
from evidence.findings import FindingKind
from evidence.records import SightingSeen
from tests.checker.histories import a_sighting

FRAME = "frame agent_completed of session 0 of tenant 1"


def noted(*rows: SightingSeen) -> LeakingFrames:
    leaking = LeakingFrames()
    for row in rows:
        leaking.note("local", row)
    return leaking


def test_a_frame_counts_once_however_much_it_showed() -> None:
    leaking = noted(a_sighting(place=FRAME), a_sighting(3, kind=FindingKind.SHARED_ID, place=FRAME))
    assert (leaking.frames, leaking.sessions) == ({"agent_completed": 1}, {"0 of tenant 1"})


def test_the_next_frame_and_the_same_time_on_another_node_count() -> None:
    leaking = noted(a_sighting(place=FRAME, at_s=1.0), a_sighting(place=FRAME, at_s=2.0))
    leaking.note("worker-1", a_sighting(place=FRAME, at_s=2.0))
    assert leaking.frames["agent_completed"] == 3


def test_suspicions_and_what_is_no_frame_do_not_count() -> None:
    leaking = noted(
        a_sighting(place=FRAME, severity="suspicion"),
        a_sighting(place="attempt: read_history"),
        a_sighting(place="reply to chat 3 on session 0 of tenant 1"),
    )
    assert (leaking.frames, leaking.sessions) == ({}, set())


def test_an_amount_counts_if_there_is_such_a_tenant() -> None:
    leaking = noted(a_sighting(5, kind=FindingKind.FOREIGN_BUDGET, place=FRAME))
    assert leaking.judged(known={5}) == ({"agent_completed": 1}, {"0 of tenant 1"})
    assert leaking.judged(known={6}) == ({}, set())
    assert leaking.frames == {}
