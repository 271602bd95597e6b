"""Start a system, run a command against it, leave nothing behind."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from systems.check import Outcome, judged
from systems.errors import SystemsError
from systems.stage import Stage
from systems.system import ROOT, System, misconfiguration
from target.embedded import Guardian
from target.embedded.foreground import Interruptions, run_in_foreground


def run(
    system: System, broken: str | None, command: Sequence[str], guardian: Guardian, interruptions: Interruptions
) -> int:
    """Install and start a system, run ``command`` with the variables of its profile, and end everything.

    Returns:
        The command's exit code.

    Raises:
        SystemsError, EmbeddedStoreError: it can't be done.
    """
    if broken:
        wrong = misconfiguration(system, broken)
        print(f"systems: {system.name} is set up wrongly on purpose: {wrong.what}", file=sys.stderr, flush=True)
    system.install()
    with Stage(system.name, guardian) as stage:
        variables = system.start(stage, broken)
        try:
            return run_in_foreground(command, {**os.environ, **variables}, guardian, interruptions)
        except OSError as error:
            raise SystemsError(f"the command {command[0]} can't be started: {error.strerror}") from None


def swarm(
    system: System, broken: str | None, users: int | None, seconds: int | None, options: Sequence[str] = ()
) -> list[str]:
    """The command that loads a system and judges it."""
    command = [sys.executable, "-m", "locust", "-f", str(ROOT / "locustfile.py"), "--headless", "--only-summary"]
    command += ["--target-profile", str(system.profile(broken)), "--stop-timeout", "10"]
    users = users or system.users
    return [*command, "-u", str(users), "-r", str(users), "-t", f"{seconds or system.seconds}s", *options]


def check(system: System, guardian: Guardian, interruptions: Interruptions) -> Iterator[Outcome]:
    """Run a system as it is meant to be, then with each of its misconfigurations, and say what came of each.

    Raises:
        SystemsError, EmbeddedStoreError: one could not be run.
    """
    for broken in (None, *system.misconfigurations):
        with tempfile.TemporaryDirectory(prefix=f"check-{system.name}-") as runs:
            run(system, broken, swarm(system, broken, None, None, ("--runs", runs)), guardian, interruptions)
            expected = misconfiguration(system, broken) if broken else None
            yield judged(system.name, broken, expected, Path(runs))
