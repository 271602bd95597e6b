from __future__ import annotations

from locust.env import Environment

import pytest

from swarm.judge import Judge, ReplyCount


@pytest.mark.parametrize(
    ("codes", "worst"), [([0, 0], 0), ([1, 0], 1), ([0, 3], 3), ([3, 1], 1), ([1, 2], 2), ([2, 0], 2), ([0, -9], 2)]
)
def test_of_several_runs_in_one_process_the_worst_decides(codes: list[int], worst: int) -> None:
    judge = Judge(Environment(user_classes=[]))
    for code in codes:
        judge._ends_with(code)
    assert judge.wait() == worst


def test_replies_are_counted_apart_from_statistics_that_can_be_reset() -> None:
    environment = Environment(user_classes=[])
    judge = Judge(environment)
    told = {"response_time": 1.0, "response_length": 0, "context": {}}
    environment.events.request.fire(request_type="reply", name="chat", exception=None, **told)
    environment.stats.reset_all()
    environment.events.request.fire(request_type="reply", name="chat", exception=ValueError("no"), **told)
    environment.events.request.fire(request_type="first", name="chat", exception=None, **told)
    assert (judge.replies.requests, judge.replies.failures) == (2, 1)


def test_a_workers_report_adds_to_the_masters_count() -> None:
    count = ReplyCount()
    count.on_report([
        {"method": "reply", "num_requests": 5, "num_failures": 2},
        {"method": "first", "num_requests": 9, "num_failures": 0},
    ])  # fmt: skip
    assert (count.requests, count.failures) == (5, 2)
