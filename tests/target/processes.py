"""Waiting for processes that are not our children to be gone."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from tests.waiting import until

DEADLINE_S = 15.0


def alive(pids: Iterable[int]) -> list[int]:
    """Those that still run; one that only waits to be reaped does not."""
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(pid)
    return found


def gone(pids: Iterable[int]) -> None:
    """Return when none of them runs; fail at the deadline."""
    pids, deadline_s = list(pids), time.monotonic() + DEADLINE_S
    while running := alive(pids):
        assert time.monotonic() < deadline_s, f"still running: {running}"
        with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            psutil.Process(running[0]).wait(timeout=0.05)


def vanished(path: Path) -> None:
    """Return when ``path`` is no more; fail at the deadline."""
    until(lambda: not path.exists(), f"{path} is no more", DEADLINE_S)
