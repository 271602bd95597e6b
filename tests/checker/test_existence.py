from __future__ import annotations

import random

from checker.existence import RARER_THAN, existence_told
from checker.result import Verdict
from evidence.records import DoorAnswers
from tests.checker.histories import healthy


def asked(door: str, real: str, *made_up: str) -> DoorAnswers:
    return DoorAnswers(1, 0, door, 1.0, real, list(made_up))


def test_a_refusal_that_differs_for_what_exists_is_a_suspicion_that_names_the_doors() -> None:
    answers = {
        "history": [asked("history", "forbidden", *["not_found"] * 3)] * 2,
        "session": [asked("session", "forbidden", *["not_found"] * 3)] * 2,
        "state": [asked("state", "ok", "ok", "ok", "ok")] * 9,
    }
    [suspicion] = existence_told(answers, "seed")
    assert suspicion.kind == "existence-told"
    assert suspicion.where == "the doors history, session"
    assert "forbidden for what exists and not_found for what does not" in suspicion.text
    assert suspicion.chance is not None and suspicion.chance <= RARER_THAN


def test_one_answer_for_everything_is_none() -> None:
    assert existence_told({"history": [asked("history", "no", "no", "no", "no")] * 50}, "seed") == []
    assert existence_told({}, "seed") == []


def test_a_single_attempt_proves_nothing() -> None:
    assert existence_told({"history": [asked("history", "forbidden", *["not_found"] * 3)]}, "seed") == []


def test_answers_that_vary_whatever_was_asked_for_are_seldom_suspected() -> None:
    draw = random.Random(7)
    suspected = 0
    for number in range(200):
        rows = [asked("history", *(draw.choice(["a", "b", "c"]) for _ in range(4))) for _ in range(8)]
        suspected += bool(existence_told({"history": rows}, str(number)))
    assert suspected <= 8, "the test promises one in a hundred"


def test_a_difference_under_noise_is_found_with_more_attempts() -> None:
    draw = random.Random(7)

    def told(real: bool) -> str:
        return "forbidden" if real and draw.random() < 0.5 else "not_found"

    rows = [asked("history", told(True), told(False), told(False), told(False)) for _ in range(30)]
    assert existence_told({"history": rows}, "seed")


def test_the_same_evidence_is_judged_the_same() -> None:
    answers = {"history": [asked("history", "forbidden", *["not_found"] * 3)] * 5}
    assert existence_told(answers, "seed") == existence_told(answers, "seed")


def test_a_suspicion_never_changes_the_verdict() -> None:
    history = healthy()
    history.rows["local"] += [asked("history", "forbidden", *["not_found"] * 3)] * 5
    result = history.judged()
    assert [suspicion.kind for suspicion in result.suspicions] == ["existence-told"]
    assert (result.verdict, result.exit_code, result.reasons) == (Verdict.ISOLATED, 0, [])
