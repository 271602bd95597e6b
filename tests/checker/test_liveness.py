from __future__ import annotations

import dataclasses

import pytest

from checker.result import Verdict
from evidence.records import HealthAnswer, RequestEnded
from tests.checker.histories import START_S, History, healthy, profile, unanswered


def freeze(history: History, for_s: float, reason: str = "user stopped") -> None:
    """The target answers nothing that was sent after half a minute; the run stops ``for_s`` later."""
    unanswered(history, lambda row: row.sequence >= 6)
    history.replace(
        RequestEnded,
        lambda row: dataclasses.replace(row, reason=reason, sent_at_s=START_S + 30, ended_at_s=START_S + 30 + for_s),
        lambda row: row.outcome == "unknown",
    )


def test_a_target_that_froze_before_the_stop_is_no_proof_of_isolation() -> None:
    history = healthy(tenants=4)
    freeze(history, for_s=20)
    result = history.judged()
    assert (result.verdict, result.exit_code) == (Verdict.INCONCLUSIVE, 3)
    assert any(
        reason.startswith("nothing was answered in the last ") and "while 8 requests were open" in reason
        for reason in result.reasons
    )
    assert any("8 of 28 requests (28.6 %) ended unknown" in reason for reason in result.reasons)
    assert result.totals.unknown_on_purpose == 0


def test_what_was_open_at_the_stop_no_longer_than_the_drain_is_excused() -> None:
    history = healthy(tenants=4)
    unanswered(history, lambda row: row.sequence == 3)
    history.replace(
        RequestEnded,
        lambda row: dataclasses.replace(row, reason="user stopped", ended_at_s=row.sent_at_s + 5.9),
        lambda row: row.outcome == "unknown",
    )
    result = history.judged()
    assert (result.verdict, result.reasons) == (Verdict.ISOLATED, [])
    assert result.totals.unknown_on_purpose == 4


def test_two_requests_that_wait_in_vain_are_no_frozen_target() -> None:
    history = healthy(tenants=60)
    unanswered(history, lambda row: (row.tenant, row.sequence) in {(0, 3), (1, 3)})
    history.replace(
        RequestEnded,
        lambda row: dataclasses.replace(row, reason="user stopped", ended_at_s=START_S + 59),
        lambda row: row.outcome == "unknown",
    )
    assert history.judged().reasons == []


HEALTH = [{"name": "target", "url": "http://127.0.0.1:9/health"}]


@pytest.mark.parametrize(
    ("optional", "ok", "doubted"), [(False, False, True), (True, False, False), (False, True, False)]
)
def test_a_required_health_check_must_be_good_at_its_last_answer(optional: bool, ok: bool, doubted: bool) -> None:
    history = healthy()
    history.profile = profile(health=[{**HEALTH[0], "optional": optional}])
    history.rows["local"] += [
        HealthAnswer("target", START_S + 20, False, None, "HTTP 503"),
        HealthAnswer("target", START_S + 50, ok, 1.0, "" if ok else "connection refused"),
    ]
    reason = "the health check target was not good when it was last asked: connection refused"
    assert history.judged().reasons == ([reason] if doubted else [])
