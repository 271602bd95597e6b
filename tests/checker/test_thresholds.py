from __future__ import annotations

import dataclasses

import pytest

from checker.judgement_reports import Judgement, ThresholdReport
from evidence.findings import FindingKind
from evidence.records import GeneratorSample, HealthAnswer, RequestEnded, SessionOpened
from tests.checker.histories import History, a_sighting, healthy


def judged(history: History, name: str) -> ThresholdReport:
    return next(limit for limit in history.judged().thresholds if limit.name == name)


@pytest.mark.parametrize(("total_ms", "judgement"), [(4977.0, Judgement.PASSED), (4978.0, Judgement.CROSSED)])
def test_start_up_counts_connect_and_first_frame(total_ms: float, judgement: Judgement) -> None:
    history = healthy()
    history.replace(SessionOpened, lambda row: dataclasses.replace(row, total_ms=total_ms))
    limit = judged(history, "startup_p95_ms")
    assert (limit.judgement, limit.measured) == (judgement, total_ms + 23)


def test_tenants_that_never_got_a_first_frame_are_the_slowest_not_left_out() -> None:
    history = healthy(tenants=10)
    history.replace(
        RequestEnded,
        lambda row: dataclasses.replace(row, outcome="unknown", reason="timed out", first_ms=None, reply_ms=None),
        lambda row: row.tenant == 4 and row.operation == "chat",
    )
    limit = judged(history, "startup_p95_ms")
    assert (limit.judgement, limit.measured) == (Judgement.INCONCLUSIVE, None)
    assert limit.why == "no first frame of a first chat was seen of tenant t-4"


def test_a_late_load_generator_makes_latencies_inconclusive_and_nothing_else() -> None:
    history = healthy()
    samples = iter(range(30))
    history.replace(GeneratorSample, lambda row: dataclasses.replace(row, late_s=0.5 if next(samples) == 7 else 0.0))
    limits = {limit.name: limit.judgement for limit in history.judged().thresholds}
    assert limits["startup_p95_ms"] is limits["startup_p99_ms"] is Judgement.INCONCLUSIVE
    assert limits["success_rate"] is limits["generator_cpu_percent"] is Judgement.PASSED


def test_nobody_measuring_lateness_is_no_pass() -> None:
    history = healthy()
    history.replace(GeneratorSample, lambda row: None)
    limits = {limit.name: limit for limit in history.judged().thresholds}
    assert limits["startup_p95_ms"].why == "nobody measured whether the load generator itself was late"
    assert limits["generator_memory_mb"].judgement is Judgement.INCONCLUSIVE


def test_a_refusal_that_was_due_is_a_success_and_another_is_not() -> None:
    history = healthy()
    history.replace(
        RequestEnded,
        lambda row: dataclasses.replace(row, outcome="refused", reason="budget_exhausted", expected=row.tenant < 2),
        lambda row: row.sequence == 5,
    )
    assert judged(history, "success_rate").measured == pytest.approx(26 / 28)


def test_routing_accuracy_counts_misrouted_and_missing_answers() -> None:
    history = healthy(tenants=10)
    history.rows["local"].append(a_sighting(kind=FindingKind.MISROUTED_REPLY, group="frame routing_test_result"))
    history.replace(
        RequestEnded,
        lambda row: dataclasses.replace(row, outcome="unknown", reason="timed out"),
        lambda row: row.operation == "routing" and row.tenant == 0,
    )
    limit = judged(history, "routing_accuracy")
    assert (limit.measured, limit.judgement) == (0.8, Judgement.CROSSED)


def test_a_share_just_short_of_its_limit_is_not_shown_as_equal_to_it() -> None:
    history = healthy(tenants=400, chats=1)
    history.replace(
        RequestEnded,
        lambda row: dataclasses.replace(row, outcome="unknown", reason="timed out"),
        lambda row: row.operation == "routing" and row.tenant == 0,
    )
    limit = judged(history, "routing_accuracy")
    assert (limit.measured_text, limit.judgement) == ("99.75 %", Judgement.CROSSED)


def test_a_pool_used_beyond_its_limit_crosses() -> None:
    history = healthy()
    history.rows["local"].append(HealthAnswer("target", 5.0, True, 1.0, pool_in_use=11, pool_limit=10))
    assert judged(history, "pool_share").judgement is Judgement.CROSSED
    history.replace(HealthAnswer, lambda row: None)
    assert judged(history, "pool_share").judgement is Judgement.INCONCLUSIVE
