"""Waiting for something to become true, where several greenlets may wait for the same change."""

from __future__ import annotations

import time
from collections.abc import Callable

from gevent.event import Event


class Changes:
    """Wakes all who wait for a change. Each wait has its own event, so that none can clear another's."""

    def __init__(self) -> None:
        self._changed = Event()

    def tell(self) -> None:
        """Wakes everybody who waits now, so that they look again."""
        changed, self._changed = self._changed, Event()
        changed.set()

    def wait(self, timeout_s: float | None = None) -> None:
        """Waits for the next change, whatever it is, at most ``timeout_s``."""
        self._changed.wait(timeout_s)

    def wait_until(self, holds: Callable[[], bool], deadline_s: float | None = None) -> bool:
        """Waits until it holds, at the latest to ``deadline_s`` of ``time.perf_counter``; returns whether it does."""
        while not holds():
            left_s = None if deadline_s is None else deadline_s - time.perf_counter()
            if left_s is not None and left_s <= 0:
                return False
            self._changed.wait(left_s)
        return True
