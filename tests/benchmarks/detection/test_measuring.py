from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from benchmarks.detection.measuring import measure, outcomes
from benchmarks.detection.page import write_json, write_page
from benchmarks.detection.parts import Part
from benchmarks.detection.truth import Agreement
from checker.result import Result
from tests.benchmarks.detection.findings import finding
from tests.reporting import results

LEAK_AT_S = 1_003.0


def played(folder: Path, result: Result | None, *, defects: tuple[str, ...] = (), **done: Any) -> Path:
    """A trial's folder as ``play`` leaves it."""
    folder.mkdir()
    trial = {
        "name": folder.name,
        "defects": defects,
        "seed": 3,
        "users": 40,
        "seconds": 20,
        "shape": {"name": "ordinary"},
    }
    fields = {"trial": trial, "exit_code": 1, "timed_out": False, "disturbed": "", "revision": "1234567", "seconds": 30}
    (folder / "trial.json").write_text(json.dumps({**fields, **done}))
    (folder / "log").write_text("something\nthe last word\n")
    if result is not None:
        run = folder / "runs" / "a-run"
        (run / "evidence").mkdir(parents=True)
        (run / "run.json").write_text("{}")
        (run / "verdict.json").write_text(result.model_dump_json())
        rows = [
            request(1_000.0),
            request(1_002.0),
            request(1_002.5),
            request(1_002.6, outcome="unknown"),
            request(1_004),
        ]
        (run / "evidence" / "local.jsonl").write_bytes(b"\n".join(rows) + b'\n{"row":"request","ten')
    return folder


def request(ended_s: float, outcome: str = "answered") -> bytes:
    return orjson.dumps({"row": "request", "outcome": outcome, "sent_at_s": ended_s - 0.5, "reply_ms": 500.0})


def leaking(*findings: Any) -> Result:
    return results.leaking().model_copy(update={"findings": list(findings)})


def test_a_defect_that_was_seen_live_is_measured(tmp_path: Path) -> None:
    leak = finding("foreign-content", "frame state of session 0", first_at_s=LEAK_AT_S)
    stored = finding("misfiled-data", "postgres messages (id = 1)", first_at_s=2_000.0, recipient="c")
    folder = played(tmp_path / "one", leaking(leak, stored), defects=("cache-without-tenant:0.03",))
    strike = {"at_s": 1_001.0, "defect": "cache-without-tenant", "asker": "a", "tenants": ["b"]}
    (folder / "strikes.jsonl").write_text("".join(json.dumps({**strike, "at_s": at}) + "\n" for at in (1_001, 1_500)))
    told = measure(folder)
    assert told.detected
    assert not told.clean
    assert told.named_rightly
    assert told.kinds == {"foreign-content": 1, "misfiled-data": 1}
    assert told.parts == {Part.CANARIES: 1, Part.POSTGRES_MARKS: 1}
    assert told.agreement == {Agreement.EXACT: 1, Agreement.WRONG: 1}
    assert told.right_tenants == (1, 2)
    assert (told.strikes, told.strikes_before) == (2, 1)
    assert (told.replies_before, told.first_s) == (3, 3.0)


def test_what_only_a_store_shows_takes_the_whole_run(tmp_path: Path) -> None:
    stored = finding("misfiled-data", "redis key 'x'", first_at_s=LEAK_AT_S)
    told = measure(played(tmp_path / "one", leaking(stored), defects=("misfiled-row:0.02",)))
    assert told.first_s is None
    assert told.replies_before == 4
    assert told.right_tenants == (0, 0)


def test_suspicions_are_no_detection(tmp_path: Path) -> None:
    suspicion = finding("wrong-identity", "frame x", severity="suspicion")
    result = results.isolated().model_copy(update={"findings": [suspicion]})
    told = measure(played(tmp_path / "one", result))
    assert told.clean
    assert not told.detected
    assert told.kinds == {}
    assert told.strikes is None


@pytest.mark.parametrize(("timed_out", "verdict"), [(True, "TIMED OUT"), (False, "NO VERDICT")])
def test_a_trial_that_came_to_no_verdict_says_what_it_said_last(tmp_path: Path, timed_out: bool, verdict: str) -> None:
    told = measure(played(tmp_path / "one", None, timed_out=timed_out))
    assert told.verdict == verdict
    assert told.reasons == ("the last word",)


def test_trials_that_were_not_played_to_their_end_are_left_out(tmp_path: Path) -> None:
    played(tmp_path / "one", results.isolated())
    (tmp_path / "two").mkdir()
    assert [outcome.name for outcome in outcomes(tmp_path)] == ["one"]


def test_the_page_and_the_data_tell_of_every_trial(tmp_path: Path) -> None:
    leak = finding("foreign-content", "frame state of session 0", first_at_s=LEAK_AT_S)
    played(tmp_path / "natural", leaking(leak), defects=("cache-without-tenant",))
    played(tmp_path / "lower", leaking(leak), defects=("cache-without-tenant:0.001",))
    played(tmp_path / "rare-001", results.isolated(), defects=("reply-to-other-socket:0.001",))
    played(tmp_path / "clean-001", results.isolated())
    measured = outcomes(tmp_path)
    write_page(measured, tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text()
    natural, _, rest = page.partition("## At a fifth")
    lower, _, rest = rest.partition("## A leak in a thousandth")
    assert "| `cache-without-tenant` |" in natural
    assert "| `cache-without-tenant:0.001` |" in lower
    assert "1 runs of the faultless service" in rest
    write_json(measured, tmp_path / "data.json")
    assert len(json.loads((tmp_path / "data.json").read_bytes())) == 4
