"""Processes that a test has started, found by a mark in their environment, which children inherit."""

from __future__ import annotations

import contextlib

import psutil

from tests.waiting import until

MARK = "END_TO_END_TEST"


def carrying(mark: str) -> list[psutil.Process]:
    """Every process whose environment carries the mark; one that only waits to be reaped runs no more."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def assert_nobody_is_left(mark: str) -> None:
    """Fail, after killing them, if processes of the mark outlive their test by more than a moment."""
    try:
        until(lambda: not carrying(mark), "all processes have ended", 10.0)
    except AssertionError:
        left = [" ".join(process.cmdline()) for process in carrying(mark)]
        for process in carrying(mark):
            with contextlib.suppress(psutil.Error):
                process.kill()
        raise AssertionError(f"left running: {left}") from None
