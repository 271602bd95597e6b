"""The target and its stores die in the middle of a run: the run ends, is judged, and nobody is accused wrongly."""

from __future__ import annotations

import signal

from tests.end_to_end import evidence_counts
from tests.end_to_end.locust_process import RunOutcome
from tests.end_to_end.secret_search import assert_no_secret
from tests.end_to_end.stack import Stack
from tests.waiting import until

LOAD = ("--headless", "-u", "16", "-r", "16", "-t")
LONG = (*LOAD, "60s")


def assert_judged_without_accusing(stack: Stack, outcome: RunOutcome) -> None:
    """ISOLATED, or INCONCLUSIVE with reasons; never LEAKING; counts agree although so much went wrong."""
    verdict = outcome.verdict
    assert verdict["findings"] == []
    assert verdict["verdict"] in ("ISOLATED", "INCONCLUSIVE"), verdict["reasons"]
    # A crossed success rate is a fact of the run, not a leak.
    assert outcome.returncode == verdict["exit_code"]
    assert verdict["accounts_unsettled"] == 0 or verdict["verdict"] == "INCONCLUSIVE"
    assert verdict["verdict"] == "ISOLATED" or verdict["reasons"]
    counted = outcome.requests
    assert counted.adds_up
    assert evidence_counts.by_locust(outcome.statistics) == counted.sent == verdict["totals"]["sent"]
    assert outcome.header["drained"] == outcome.header["nodes"]
    assert "Traceback" not in outcome.output
    assert_no_secret(stack.secrets(), outcome.output, outcome.folder)


def test_a_target_that_is_killed_and_comes_back(stack: Stack) -> None:
    locust = stack.locust(*LONG)
    folder = locust.until_answered(100)
    stack.target.kill()
    until(
        lambda: any(row["how"] == "lost" for row in evidence_counts.rows(folder, "session_ended")),
        "sessions are seen to be lost",
    )
    lost = evidence_counts.by_request(folder).answered
    stack.target.start()
    until(lambda: evidence_counts.by_request(folder).answered >= lost + 50, "requests are answered again")
    locust.send(signal.SIGTERM)

    outcome = locust.outcome()

    assert_judged_without_accusing(stack, outcome)
    assert outcome.verdict["totals"]["drops_unwanted"] > 0
    assert any("did not answer" in row["detail"] or row["ok"] for row in evidence_counts.rows(folder, "health"))


def test_a_redis_that_is_restarted(stack: Stack) -> None:
    locust = stack.locust(*LONG)
    folder = locust.until_answered(100)
    stack.redis.restart()
    before = evidence_counts.by_request(folder).answered
    until(lambda: evidence_counts.by_request(folder).answered >= before + 50, "requests are answered again")
    locust.send(signal.SIGTERM)

    outcome = locust.outcome()

    assert_judged_without_accusing(stack, outcome)


def test_a_target_that_is_killed_for_good(stack: Stack) -> None:
    locust = stack.locust(*LOAD, "7s")
    locust.until_answered(60)
    stack.target.kill()

    outcome = locust.outcome()

    assert_judged_without_accusing(stack, outcome)
    assert outcome.returncode == 3


def test_an_auth_service_that_is_killed_for_good(stack: Stack) -> None:
    locust = stack.locust(*LOAD, "7s")
    locust.until_answered(60)
    stack.auth.kill()

    assert_judged_without_accusing(stack, locust.outcome())
