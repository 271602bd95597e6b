"""Whether a run against a real system came out as it must: isolated if set up well, leaking if set up wrongly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from systems.system import Misconfiguration

RECALL = 0.99


@dataclass(frozen=True)
class Outcome:
    """One run and what was to be expected of it.

    Attributes:
        system: the system's name.
        broken: the misconfiguration's name, or None.
        verdict: what the run said; empty if it ended without a word.
        headline: its first sentence.
        complaints: what is not as it must be; none if all is well.
    """

    system: str
    broken: str | None
    verdict: str
    headline: str
    complaints: tuple[str, ...]

    def __str__(self) -> str:
        """One line, or several if there are complaints."""
        what = f"{self.system}, {self.broken}" if self.broken else f"{self.system}, as it is meant to be"
        lines = [f"{'FAIL' if self.complaints else 'pass'}  {what}: {self.verdict or 'no verdict'}. {self.headline}"]
        return "\n".join([*lines, *(f"      {complaint}" for complaint in self.complaints)])


def judged(system: str, broken: str | None, expected: Misconfiguration | None, runs: Path) -> Outcome:
    """The outcome of the only run in the folder ``runs``."""
    files = sorted(runs.glob("*/verdict.json"))
    if len(files) != 1:
        return Outcome(system, broken, "", "", (f"{len(files)} verdicts were written where one was expected",))
    verdict: dict[str, Any] = json.loads(files[0].read_text(encoding="utf-8"))
    complaints = as_expected(verdict, expected) if expected else isolated(verdict)
    return Outcome(system, broken, verdict["verdict"], verdict["headline"], tuple(complaints))


def isolated(verdict: Mapping[str, Any]) -> list[str]:
    """What keeps a run from being isolated with nearly everything found again that was stored."""
    complaints = []
    if verdict["verdict"] != "ISOLATED":
        complaints.append(f"ISOLATED was expected; it says: {'; '.join(map(str, verdict['reasons'][:3]))}")
    return complaints + [
        f"in {store['store']} only {store['recall']} of own marks were found again"
        for store in verdict["coverage"]
        if store["recall"] is None or store["recall"] <= RECALL
    ]


def as_expected(verdict: Mapping[str, Any], expected: Misconfiguration) -> list[str]:
    """What is missing for a run to have shown this misconfiguration."""
    if expected.verdict == "ISOLATED":
        return isolated(verdict)
    if verdict["verdict"] != expected.verdict:
        return [f"{expected.verdict} was expected; it says: {'; '.join(map(str, verdict['reasons'][:3]))}"]
    if not expected.kinds:
        return []
    seen = [(finding["kind"], str(finding["places"])) for finding in verdict["findings"]]
    if any(kind in expected.kinds and expected.place in place for kind, place in seen):
        return []
    wanted = " or ".join(sorted(expected.kinds)) + (f" at {expected.place}" if expected.place else "")
    return [f"a finding {wanted} was expected; there are: {', '.join(sorted({kind for kind, _ in seen}))}"]
