from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from systems.check import judged
from systems.system import Misconfiguration

WRONG = Misconfiguration("the rule is missing", frozenset({"foreign-content"}), "note_created")


def runs(folder: Path, **changed: Any) -> Path:
    """A folder with one run whose verdict is a good one but for what is changed."""
    verdict = {
        "verdict": "ISOLATED",
        "headline": "No leak.",
        "reasons": [],
        "coverage": [{"store": "postgres", "recall": 1.0}],
        "findings": [],
    }
    (folder / "run").mkdir()
    (folder / "run" / "verdict.json").write_text(json.dumps(verdict | changed))
    return folder


def test_a_good_run_of_a_good_set_up_passes(tmp_path: Path) -> None:
    outcome = judged("notes", None, None, runs(tmp_path))
    assert outcome.complaints == ()
    assert str(outcome) == "pass  notes, as it is meant to be: ISOLATED. No leak."


def test_anything_but_isolated_fails_a_good_set_up(tmp_path: Path) -> None:
    outcome = judged("notes", None, None, runs(tmp_path, verdict="INCONCLUSIVE", reasons=["nothing was seen"]))
    assert outcome.complaints == ("ISOLATED was expected; it says: nothing was seen",)


def test_a_store_in_which_too_little_was_found_again_fails_a_good_set_up(tmp_path: Path) -> None:
    for recall in (0.99, None):
        (tmp_path / str(recall)).mkdir()
        coverage = [{"store": "redis", "recall": recall}]
        outcome = judged("notes", None, None, runs(tmp_path / str(recall), coverage=coverage))
        assert outcome.complaints == (f"in redis only {recall} of own marks were found again",)


def test_a_wrong_set_up_must_leak_in_the_way_it_is_wrong(tmp_path: Path) -> None:
    def findings(name: str, kind: str, place: str) -> tuple[str, ...]:
        (tmp_path / name).mkdir()
        found = [{"kind": kind, "places": [place]}]
        return judged("notes", "x", WRONG, runs(tmp_path / name, verdict="LEAKING", findings=found)).complaints

    assert findings("right", "foreign-content", "frame note_created of session 1") == ()
    assert "foreign-content at note_created was expected" in findings("kind", "shared-id", "frame note_created")[0]
    assert "foreign-content at note_created was expected" in findings("place", "foreign-content", "frame pong")[0]


def test_a_wrong_set_up_that_passes_for_isolated_fails(tmp_path: Path) -> None:
    outcome = judged("notes", "x", WRONG, runs(tmp_path))
    assert outcome.complaints == ("LEAKING was expected; it says: ",)
    assert str(outcome).startswith("FAIL  notes, x: ISOLATED.")


def test_a_run_without_a_verdict_fails(tmp_path: Path) -> None:
    assert judged("notes", None, None, tmp_path).complaints == ("0 verdicts were written where one was expected",)


def test_a_set_up_that_is_wrong_in_another_way_must_say_what_it_says(tmp_path: Path) -> None:
    def outcome(name: str, expected: str, **said: Any) -> tuple[str, ...]:
        (tmp_path / name).mkdir()
        wrong = Misconfiguration("nothing is answered", verdict=expected)
        return judged("notes", "x", wrong, runs(tmp_path / name, **said)).complaints

    assert outcome("silent", "INCONCLUSIVE", verdict="INCONCLUSIVE") == ()
    assert outcome("passed", "INCONCLUSIVE", reasons=["all is well"]) == (
        "INCONCLUSIVE was expected; it says: all is well",
    )
    assert outcome("isolated", "ISOLATED") == ()
    assert outcome("unread", "ISOLATED", coverage=[{"store": "redis", "recall": 0.5}]) != ()
