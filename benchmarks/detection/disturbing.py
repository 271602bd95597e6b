"""Kills or restarts a part of what runs, in the middle of a run: once its tenants have been answered for a while."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

from benchmarks.detection.trials import Disturbance
from target.embedded import EmbeddedRedis

ENOUGH_BYTES = 60_000  # of evidence: some hundred requests


def disturb(disturbance: Disturbance, pid: int, runs: Path, server: EmbeddedRedis | None) -> str:
    """Disturbs the run once it is well under way.

    Args:
        disturbance: what to kill or to restart.
        pid: ``python -m target run``, whose descendants everything else are.
        runs: folder of the run's folder.
        server: the Redis that is not among them.

    Returns:
        What was done; an empty string if it is too early.
    """
    if sum(path.stat().st_size for path in runs.glob("*/evidence/*.jsonl")) < ENOUGH_BYTES:
        return ""
    if disturbance == "redis":
        if server is None:
            raise ValueError("there is no Redis to restart")
        server.restart()
        return "redis restarted"
    victim = _find(disturbance, pid)
    if victim is None:
        return ""
    with contextlib.suppress(psutil.NoSuchProcess):
        victim.kill()
    return f"{disturbance} {victim.pid} killed"


def _find(disturbance: Disturbance, pid: int) -> psutil.Process | None:
    for process in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
            words, parent = process.cmdline(), process.parent()
            is_target = words[1:3] == ["-m", "target"]
            if disturbance == "service worker" and is_target and words[3:4] == ["worker"]:
                return process
            if disturbance == "service" and is_target and words[3:4] == ["serve"]:
                return process
            forked = parent is not None and words == parent.cmdline()
            if disturbance == "swarm worker" and words[1:3] == ["-m", "locust"] and forked:
                return process
    return None
