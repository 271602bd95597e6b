"""Reads what a trial left and says how the detector did."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks.detection.parts import Part, seen_by
from benchmarks.detection.running import DONE, STRIKES
from benchmarks.detection.truth import Agreement, Strike, Truth, read_strikes
from checker.finding_reports import FindingReport
from checker.result import Result
from target.defects.catalogue import entries

LIVE = ("frame ", "reply to ", "attempt")


@dataclass(frozen=True)
class Outcome:
    """How one trial came out.

    Attributes:
        name, defects, shape, seed: of the trial.
        verdict: the verdict, or what is there in its place.
        exit_code: of the whole.
        reasons: the verdict's, the first first.
        kinds: leaks by kind.
        parts: leaks by the part of the oracle that found them.
        suspicions: kinds of side channels that were suspected.
        promised: kinds that the defects' catalogue says they show.
        strikes: how often a defect struck; None if the target did not log.
        agreement: leaks by how their tenants agree with the strikes.
        sent, replies, frames: how much there was to look at.
        first_s: from the first reply to the first leak that was seen live; None if none was.
        replies_before: replies until then; without a live one all, since the stores are read at the end.
        strikes_before: strikes until then.
        users, run_s: tenants that were asked for, and how long they ran.
        seconds: of the whole trial.
        disturbed: what was killed or restarted.
        revision: of the project.
        blind: the part of the oracle that was switched off, None if none was.
    """

    name: str
    defects: tuple[str, ...]
    shape: str
    seed: int
    verdict: str
    exit_code: int
    reasons: tuple[str, ...]
    kinds: dict[str, int]
    parts: dict[Part, int]
    suspicions: tuple[str, ...]
    promised: frozenset[str]
    strikes: int | None
    agreement: dict[Agreement, int]
    sent: int
    replies: int
    frames: int
    first_s: float | None
    replies_before: int
    strikes_before: int
    users: int
    run_s: int
    seconds: float
    disturbed: str
    revision: str
    blind: Part | None = None

    @property
    def detected(self) -> bool:
        """Whether the run said that something leaks."""
        return self.verdict == "LEAKING"

    @property
    def clean(self) -> bool:
        """Whether there was nothing to leak."""
        return not self.defects

    @property
    def named_rightly(self) -> bool:
        """Whether a leak was found, and under a name that the defect's catalogue has for it."""
        return bool(self.promised & self.kinds.keys())

    @property
    def unpromised(self) -> list[str]:
        """Kinds that were found and that the catalogue does not name."""
        return sorted(self.kinds.keys() - self.promised)

    @property
    def right_tenants(self) -> tuple[int, int]:
        """How many leaks name tenants that were really concerned, of those about which the target says anything."""
        judged = sum(count for how, count in self.agreement.items() if how is not Agreement.NOT_LOGGED)
        return judged - self.agreement.get(Agreement.WRONG, 0), judged


def outcomes(folder: Path) -> list[Outcome]:
    """Returns the outcomes of all trials in a folder that were played to their end, by name."""
    return [measure(path.parent) for path in sorted(folder.glob(f"*/{DONE}"))]


def measure(folder: Path) -> Outcome:
    """Returns how one trial came out."""
    done: dict[str, Any] = json.loads((folder / DONE).read_text(encoding="utf-8"))
    trial = done["trial"]
    run = next(iter(sorted((folder / "runs").glob("*/run.json"))), None)
    result = _result(run.parent) if run else None
    strikes = read_strikes(folder / STRIKES)
    leaks = [finding for finding in result.findings if finding.severity == "leak"] if result else []
    ends_s = sorted(_replies(run.parent)) if run else []
    first_at_s = min((leak.first_at_s for leak in leaks if _is_live(leak)), default=None)
    truth = Truth(strikes)
    return Outcome(
        name=trial["name"],
        defects=tuple(trial["defects"]),
        shape=trial["shape"]["name"],
        seed=trial["seed"],
        verdict=_verdict(done, result),
        exit_code=done["exit_code"],
        reasons=tuple(result.reasons) if result else (_last_line(folder / "log"),),
        kinds=dict(Counter(leak.kind for leak in leaks)),
        parts=seen_by(leaks),
        suspicions=tuple(sorted({channel.kind for channel in result.suspicions})) if result else (),
        promised=_promised(trial["defects"]),
        strikes=len(strikes) if (folder / STRIKES).exists() or trial["defects"] else None,
        agreement=dict(Counter(truth.judge(leak) for leak in leaks)),
        sent=result.totals.sent if result else 0,
        replies=result.totals.answered + result.totals.refused if result else 0,
        frames=result.totals.frames if result else 0,
        first_s=first_at_s - ends_s[0] if first_at_s is not None and ends_s else None,
        replies_before=sum(end_s <= first_at_s for end_s in ends_s) if first_at_s is not None else len(ends_s),
        strikes_before=_before(strikes, first_at_s),
        users=trial["users"],
        run_s=trial["seconds"],
        seconds=done["seconds"],
        disturbed=done["disturbed"],
        revision=done["revision"],
        blind=Part[trial["blind"]] if trial.get("blind") else None,
    )


def _verdict(done: dict[str, Any], result: Result | None) -> str:
    if done["timed_out"]:
        return "TIMED OUT"
    return str(result.verdict) if result else "NO VERDICT"


def _result(run: Path) -> Result | None:
    path = run / "verdict.json"
    return Result.model_validate_json(path.read_bytes()) if path.exists() else None


def _promised(defects: Iterable[str]) -> frozenset[str]:
    catalogue = entries()
    return frozenset(kind for defect in defects for kind in catalogue[defect.partition(":")[0]].shows)


def _is_live(leak: FindingReport) -> bool:
    return any(place.startswith(LIVE) for place in leak.places)


def _replies(run: Path) -> Iterator[float]:
    """When each reply ended, in Unix seconds, in no order."""
    for path in (run / "evidence").glob("*.jsonl"):
        for line in path.read_bytes().splitlines():
            if line.startswith(b'{"row":"request"'):
                try:
                    row = orjson.loads(line)
                except orjson.JSONDecodeError:  # a worker was killed in the middle of a line
                    continue
                if row["outcome"] != "unknown" and row.get("reply_ms") is not None:
                    yield row["sent_at_s"] + row["reply_ms"] / 1000


def _before(strikes: Iterable[Strike], at_s: float | None) -> int:
    return sum(at_s is None or strike.at_s <= at_s for strike in strikes)


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines() if path.exists() else []
    return lines[-1][:200] if lines else "it said nothing"
