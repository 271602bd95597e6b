"""A real ``locust`` process, and what came out of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.end_to_end import evidence_counts
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
RUN_DEADLINE_S = 60.0
SEEN_DEADLINE_S = 40.0
SHOWN = 3_000  # characters of a process's last words in an assertion


@dataclass(frozen=True)
class RunOutcome:
    """A run that is over.

    Attributes:
        returncode: of the process that judged it.
        output: all it printed.
        folder: the run folder.
        statistics: the file with Locust's own statistics.
    """

    returncode: int
    output: str
    folder: Path
    statistics: Path

    @property
    def verdict(self) -> dict[str, Any]:
        """What ``verdict.json`` says."""
        return verdict_of(self.folder)

    @property
    def header(self) -> dict[str, Any]:
        """What ``run.json`` says."""
        return header_of(self.folder)

    @property
    def requests(self) -> evidence_counts.Counts:
        """Requests as the evidence has them."""
        return evidence_counts.by_request(self.folder)


class LocustProcess:
    """A ``locust`` process (or another of the project's programs) in a process group of its own."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path, runs: Path) -> None:
        self._log = log
        self.runs = runs
        self._earlier = set(runs.glob("*/run.json"))
        self.statistics = log.with_suffix(".stats.json")
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                env=dict(environment),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def output(self) -> str:
        """All it has printed so far."""
        return self._log.read_text(errors="replace")

    def wait(self, deadline_s: float = RUN_DEADLINE_S) -> int:
        """Wait for its end; a process that hangs is killed with its whole group, and the test fails."""
        try:
            return self._process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.kill_group()
            raise AssertionError(f"it did not end within {deadline_s:g} s:\n{self.output()[-SHOWN:]}") from None

    def outcome(self, deadline_s: float = RUN_DEADLINE_S) -> RunOutcome:
        """Wait for its end and return what came out of its only run."""
        code = self.wait(deadline_s)
        return RunOutcome(code, self.output(), self.folder(), self.statistics)

    def folder(self) -> Path:
        """The folder of its newest run, waiting until there is one."""

        def newest() -> Path | None:
            found = sorted(set(self.runs.glob("*/run.json")) - self._earlier, key=lambda path: path.stat().st_mtime)
            return found[-1].parent if found else None

        found = until(lambda: newest() or self.ended, "there is a run folder")
        assert isinstance(found, Path), f"it ended without a run:\n{self.output()[-SHOWN:]}"
        return found

    def until_seen(self, look: Callable[[Path], object], what: str) -> Path:
        """Return the run folder once ``look`` finds in it what is waited for, however long that takes here."""
        folder = self.folder()
        until(lambda: self.ended or look(folder), what, SEEN_DEADLINE_S)
        assert not self.ended, f"it ended too soon:\n{self.output()[-SHOWN:]}"
        return folder

    def until_answered(self, count: int) -> Path:
        """Return the run folder once its evidence has so many answered requests."""
        return self.until_seen(
            lambda folder: evidence_counts.by_request(folder).answered >= count, f"{count} requests are answered"
        )

    def until_enough(self, users: int) -> Path:
        """Return the run folder once its evidence has all that a clean verdict takes."""
        return self.until_seen(
            lambda folder: evidence_counts.enough_for_a_verdict(folder, users), "enough is seen for a verdict"
        )

    def interrupt(self) -> None:
        """What Ctrl-C does: SIGINT for every process of the group."""
        os.killpg(self.pid, signal.SIGINT)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to this one process."""
        self._process.send_signal(number)

    def kill_group(self) -> None:
        """Kill the process and its children, and wait for it."""
        if not self.ended:
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


def verdict_of(folder: Path) -> dict[str, Any]:
    """What ``verdict.json`` says."""
    found: dict[str, Any] = json.loads((folder / "verdict.json").read_bytes())
    return found


def header_of(folder: Path) -> dict[str, Any]:
    """What ``run.json`` says."""
    found: dict[str, Any] = json.loads((folder / "run.json").read_bytes())
    return found
