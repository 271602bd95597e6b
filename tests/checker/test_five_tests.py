from __future__ import annotations

import pytest

from checker.five_tests import NAMES
from checker.judgement_reports import Judgement
from evidence.records import AccessAttempt
from tests.checker.histories import REDIS_PLACE, History, a_sighting, healthy, misfiled


def lines(history: History, number: int) -> dict[str, tuple[Judgement, str]]:
    test = history.judged().tests[number - 1]
    return {line.name: (line.judgement, line.text) for line in test.lines}


def test_the_five_are_there_by_name() -> None:
    assert tuple(test.name for test in healthy().judged().tests) == NAMES


def test_of_an_empty_run_only_what_was_measured_without_tenants_passes() -> None:
    history = healthy(tenants=0)
    history.scans.clear()
    passed = {line.name for test in history.judged().tests for line in test.lines if line.judgement is Judgement.PASSED}
    assert passed == {
        "memory of the load generator",
        "CPU of the load generator",
        "share of database connections in use",
    }


READING = "nobody reads another's state through the service"


def test_what_nobody_tries_is_said_plainly() -> None:
    assert lines(healthy(), 2)["no access with bad credentials"] == (Judgement.NOT_TESTED, "nothing tried it")


@pytest.mark.parametrize(
    ("outcomes", "judgement"),
    [
        (["refused", "refused"], Judgement.PASSED),
        (["refused", "unclear"], Judgement.PASSED),
        (["unclear"], Judgement.INCONCLUSIVE),
        (["not_tried"], Judgement.INCONCLUSIVE),
        (["refused", "granted"], Judgement.CROSSED),
    ],
)
def test_only_refusals_pass_and_one_granted_attempt_fails(outcomes: list[str], judgement: Judgement) -> None:
    history = healthy()
    history.rows["local"] += [AccessAttempt(0, 1, "a door", "read", outcome, 1.0) for outcome in outcomes]
    assert lines(history, 5)[READING][0] is judgement


def test_a_door_that_was_never_refused_keeps_the_line_from_passing() -> None:
    history = healthy()
    history.rows["local"] += [
        AccessAttempt(0, 1, "a door", "read", "refused", 1.0),
        AccessAttempt(0, 1, "another door", "read", "unclear", 1.0, "timed out"),
    ]
    assert lines(history, 5)[READING][0] is Judgement.INCONCLUSIVE


def test_attempts_are_counted_by_door() -> None:
    history = healthy()
    history.rows["local"] += [
        AccessAttempt(0, 1, "token: expired", "connect", "refused", 1.0, "HTTP 403"),
        AccessAttempt(0, 1, "token: expired", "connect", "not_tried", 1.0, "no good token"),
    ]
    [report] = history.judged().attempts
    assert (report.name, report.refused, report.not_tried, report.granted) == ("token: expired", 1, 1, 0)
    assert report.details == {"HTTP 403": 1, "no good token": 1}


@pytest.mark.parametrize(("tenants", "judgement"), [(99, Judgement.NOT_TESTED), (100, Judgement.PASSED)])
def test_scaling_wants_a_hundred_sessions_at_once(tenants: int, judgement: Judgement) -> None:
    assert lines(healthy(tenants=tenants, chats=1), 4)["100 sessions at once"][0] is judgement


def test_each_violation_fails_the_line_that_speaks_of_it() -> None:
    history = healthy()
    history.rows["local"].append(a_sighting())
    history.scans["redis"].findings = [misfiled(1, 2, "redis", count=4)]
    history.scans["postgres"].amounts.clear()
    history.scans["redis"].amounts[REDIS_PLACE, 0] += 1
    found = lines(history, 2)
    assert found["nothing of another tenant in any frame"] == (Judgement.CROSSED, "1 sighting in 68 inspected frames")
    assert found["nothing misfiled in redis"] == (Judgement.CROSSED, "4 misfiled places")
    assert found["nothing misfiled in postgres"][0] is Judgement.PASSED
    assert found["private budgets settle"][0] is Judgement.CROSSED
