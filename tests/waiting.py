"""Waiting for something to be so, never for time to pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
LOOK_S = 0.05


def until(look: Callable[[], Found], what: str, deadline_s: float = 20.0) -> Found:
    """Return what ``look`` finds as soon as that is true; fail with ``what`` at the deadline."""
    end_s = time.monotonic() + deadline_s
    while not (found := look()):
        assert time.monotonic() < end_s, f"{what}: not within {deadline_s:g} s"
        time.sleep(LOOK_S)
    return found
