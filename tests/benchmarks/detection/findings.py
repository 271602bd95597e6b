"""Findings and outcomes for the tests of the detection benchmark."""

from __future__ import annotations

from typing import Any

from benchmarks.detection.measuring import Outcome
from benchmarks.detection.parts import Part
from benchmarks.detection.truth import Agreement
from checker.finding_reports import FindingReport
from checker.reported import TenantName


def finding(
    kind: str, place: str, *, owner: str | None = "a", recipient: str | None = "b", **more: Any
) -> FindingReport:
    fields = {
        "meaning": "", "severity": "leak", "group": place, "count": 1, "first_at_s": 0.0, "last_at_s": 0.0,
        "excerpt": "", "detail": "", "reproduce": "", "fingerprint": "", **more,
    }  # fmt: skip
    return FindingReport(
        kind=kind,
        places=[place],
        owner=TenantName(number=1, name=owner) if owner else None,
        recipient=TenantName(number=2, name=recipient) if recipient else None,
        **fields,
    )


def outcome(name: str, *defects: str, **more: Any) -> Outcome:
    parts: dict[Part, int] = {}
    agreement: dict[Agreement, int] = {}
    fields: dict[str, Any] = {
        "shape": "ordinary", "seed": 1, "verdict": "ISOLATED", "exit_code": 0, "reasons": (), "kinds": {},
        "parts": parts, "suspicions": (),
        "promised": frozenset(), "strikes": 0, "agreement": agreement, "sent": 100, "replies": 90,
        "frames": 300, "first_s": None, "replies_before": 90, "strikes_before": 0, "users": 40, "run_s": 20,
        "seconds": 30.0, "disturbed": "",
        "revision": "1234567", **more,
    }  # fmt: skip
    return Outcome(name=name, defects=defects, **fields)
