from __future__ import annotations

import pytest

from checker.judgement_reports import Judgement, ThresholdReport
from checker.result import Verdict
from checker.verdict import decide


def limit(judgement: Judgement) -> ThresholdReport:
    return ThresholdReport(
        name="success_rate", title="success rate", judgement=judgement, measured=0.5, limit=0.95, unit="share",
        measured_text="50 %", limit_text="at least 95 %", why="nothing was sent",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("leaks", "doubts", "judgement", "verdict", "exit_code"),
    [
        (0, [], Judgement.PASSED, Verdict.ISOLATED, 0),
        (0, [], Judgement.CROSSED, Verdict.ISOLATED, 1),
        (0, [], Judgement.INCONCLUSIVE, Verdict.ISOLATED, 3),
        (0, ["a"], Judgement.PASSED, Verdict.INCONCLUSIVE, 3),
        (0, ["a"], Judgement.CROSSED, Verdict.INCONCLUSIVE, 3),
        (1, [], Judgement.PASSED, Verdict.LEAKING, 1),
        (1, ["a"], Judgement.INCONCLUSIVE, Verdict.LEAKING, 1),
    ],
)
def test_leaking_beats_inconclusive_beats_isolated(
    leaks: int, doubts: list[str], judgement: Judgement, verdict: Verdict, exit_code: int
) -> None:
    decision = decide([], leaks, doubts, [limit(judgement)], "9 replies")
    assert (decision.verdict, decision.exit_code) == (verdict, exit_code)


def test_doubts_come_before_limits() -> None:
    decision = decide([], 0, ["first", "second"], [limit(Judgement.INCONCLUSIVE), limit(Judgement.CROSSED)], "")
    assert decision.headline == "Nothing is proven: first."
    assert decision.reasons == [
        "first",
        "second",
        "success rate was 50 %, the limit is at least 95 %",
        "success rate can't be judged: nothing was sent",
    ]
