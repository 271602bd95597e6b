"""Plays one trial: target, swarm and checker as processes of their own, disturbed if the trial says so.

Whatever happens, nothing is left behind: all processes are of one group, and embedded servers end with their owner.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks.detection.disturbing import disturb
from benchmarks.detection.profiles import write_profile
from benchmarks.detection.trials import Trial
from target.embedded import EmbeddedRedis, Guardian

PROJECT = Path(__file__).parents[2]
BEYOND_S = 120.0  # starting, draining and checking, on a busy machine
GRACE_S = 20.0
DONE = "trial.json"
STRIKES = "strikes.jsonl"


class Stopped(Exception):
    """The benchmark was told to stop; the trial it was in counts as not run."""


def is_done(folder: Path) -> bool:
    """Whether a trial was played to its end before."""
    return (folder / DONE).is_file()


def play(trial: Trial, folder: Path, stop: threading.Event) -> None:
    """Plays a trial and leaves its profile, log, strikes, run folder and ``trial.json`` in ``folder``.

    Raises:
        Stopped: ``stop`` was set meanwhile.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder = folder.resolve()
    write_profile(trial, folder / "profile.toml")
    began_s = time.time()
    with _redis_of_its_own(trial, folder) as server, (folder / "log").open("wb") as log:
        environment = {**os.environ, "REDIS_URL": server.url} if server else dict(os.environ)
        process = subprocess.Popen(
            _command(trial, folder),
            cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        disturbed, timed_out = "", False
        try:
            deadline_s = time.monotonic() + trial.seconds + BEYOND_S
            while process.poll() is None:
                if stop.is_set():
                    raise Stopped
                if time.monotonic() > deadline_s:
                    timed_out = True
                    break
                if trial.shape.disturbance and not disturbed:
                    disturbed = disturb(trial.shape.disturbance, process.pid, folder / "runs", server)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.2)
        finally:
            _end(process)
    # An unfinished trial has no such file, and is played anew.
    (folder / DONE).write_text(
        json.dumps(
            {
                "trial": asdict(trial),
                "exit_code": process.returncode,
                "timed_out": timed_out,
                "disturbed": disturbed,
                "revision": _revision(),
                "began_s": began_s,
                "seconds": round(time.time() - began_s, 1),
            },
            indent=1,
        ),
        encoding="utf-8",
    )


def _command(trial: Trial, folder: Path) -> list[str]:
    defects = [part for defect in trial.defects for part in ("--defect", defect)]
    if defects:
        defects += ["--defect-log", str(folder / STRIKES)]
    locust = list(trial.shape.locust)
    if "--stop-timeout" not in locust:
        locust += ["--stop-timeout", "8"]
    swarm = ["benchmarks.detection.blinding", trial.blind] if trial.blind else ["locust"]
    return [
        sys.executable, "-m", "target", "run", "--workers", "2", "--seed", str(trial.seed), *defects,
        *trial.shape.service, "--",
        sys.executable, "-m", *swarm, "-f", "locustfile.py", "--headless", "--only-summary",
        "--users", str(trial.users), "--spawn-rate", str(trial.users), "--run-time", f"{trial.seconds}s",
        "--target-profile", str(folder / "profile.toml"), "--runs", str(folder / "runs"), *locust,
    ]  # fmt: skip


@contextlib.contextmanager
def _redis_of_its_own(trial: Trial, folder: Path) -> Iterator[EmbeddedRedis | None]:
    """A Redis of the benchmark's, if the trial restarts it: that of ``target run`` can't be restarted from outside."""
    if trial.shape.disturbance != "redis":
        yield None
        return
    with Guardian() as guardian, EmbeddedRedis(folder / "redis", guardian=guardian) as server:
        yield server


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()  # the target passes it on to the swarm, and takes everything down
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _revision() -> str:
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    return told.stdout.strip()
