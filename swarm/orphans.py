"""Workers that end with their master, also with one that was killed or can't start.

With ``--processes`` Locust tells its workers to quit when it ends in order. A parent that is killed, or that ends
before they have connected, leaves them behind, and they would wait for a master for ever.
"""

from __future__ import annotations

from locust.runners import MasterRunner

import logging
import os
import time
from collections.abc import Callable

import gevent

logger = logging.getLogger(__name__)
_LOOK_S = 0.5
_CONNECT_S = 10.0


def dismiss(runner: MasterRunner, forked: int) -> None:
    """Tells workers to quit, the forked ones once they have connected: before that nothing reaches them.

    Args:
        runner: the master, which can't start.
        forked: how many workers this process has forked.
    """
    deadline_s = time.monotonic() + _CONNECT_S
    while len(runner.clients) < forked and time.monotonic() < deadline_s:
        gevent.sleep(_LOOK_S / 10)
    runner.quit()


def quit_with_parent(parent: int, leave: Callable[[], None]) -> None:
    """Waits until ``parent`` is this process's parent no more and then calls ``leave``; to be spawned."""
    while os.getppid() == parent:
        gevent.sleep(_LOOK_S)
    logger.error("The process that forked this worker is gone: it quits")
    leave()
