"""The reference profile, with tenants that speak more often: a demo's replies in half its time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from benchmarks.detection.trials import Trial
from config.load import DEFAULT_PROFILE

_WORKLOAD: Mapping[str, object] = {
    "chat_rate": 1.5,
    "read_rate": 3.0,
    "roving_rate": 1.5,
    "listening_rate": 0.5,
    "attempt_rate": 2.0,
    "burst_every_s": 4.0,
    "drain_s": 3.0,
}


def write_profile(trial: Trial, path: Path) -> None:
    """Writes the profile of a trial."""
    text = DEFAULT_PROFILE.read_text(encoding="utf-8").replace("reply_timeout_s = 30", "reply_timeout_s = 6")
    table = _table({**_WORKLOAD, **trial.shape.workload, "seed": trial.seed})
    path.write_text(re.sub(r"(?ms)^\[workload\]\n.*?(?=^\[)", lambda _: table + "\n", text), encoding="utf-8")


def _table(values: Mapping[str, object]) -> str:
    lines = ["[workload]"]
    for key, value in values.items():
        if isinstance(value, Mapping):
            kinds = {"agent": 0, "state": 0, "roving": 0, "listening": 0, "trespassing": 0, **value}
            shown = "{ " + ", ".join(f"{kind} = {share}" for kind, share in kinds.items()) + " }"
        else:
            shown = str(value)
        lines.append(f"{key} = {shown}")
    return "\n".join(lines) + "\n"
