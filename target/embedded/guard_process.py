"""The guard: a tiny process that outlives its owner by a moment and clears up after it.

It runs as a script of its own (standard library only). Its standard input is a pipe from the owner; each line is one
JSON order: ``{"watch": pid, "signal": n}``, ``{"forget": pid}`` or ``{"remove": folder}``. When the pipe ends, the
owner has finished or was killed: processes still watched get their signal, ten seconds later SIGKILL, and then the
folders are removed. An owner that ends normally forgets its processes first.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable

GRACE_S = 10.0


def main() -> None:
    """Take orders until the pipe ends, then clear up."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    watched: dict[int, int] = {}
    folders: list[str] = []
    for line in sys.stdin:
        order = json.loads(line)
        if "watch" in order:
            watched[order["watch"]] = order["signal"]
        elif "forget" in order:
            watched.pop(order["forget"], None)
        elif "remove" in order:
            folders.append(order["remove"])
    end_processes(watched)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def end_processes(watched: dict[int, int]) -> None:
    """Send every process its signal, wait for all of them, and kill those that stay."""
    for pid, number in watched.items():
        _send(pid, number)
    deadline = time.monotonic() + GRACE_S
    while _alive(watched) and time.monotonic() < deadline:
        time.sleep(0.02)  # these are not our children, so there is nothing to wait on but their absence
    for pid in _alive(watched):
        _send(pid, signal.SIGKILL)


def _alive(pids: Iterable[int]) -> list[int]:
    return [pid for pid in pids if _send(pid, 0)]


def _send(pid: int, number: int) -> bool:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
        return True
    return False


if __name__ == "__main__":
    main()
