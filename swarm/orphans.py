"""Forked workers that end with the process that forked them.

With ``--processes`` Locust tells its workers to quit when it ends in order. A parent that is killed, or that ends
before they have connected, leaves them behind, and they would wait for a master for ever.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

import gevent

logger = logging.getLogger(__name__)
_LOOK_S = 0.5


def quit_with_parent(parent: int, leave: Callable[[], None]) -> None:
    """Waits until ``parent`` is this process's parent no more and then calls ``leave``; to be spawned."""
    while os.getppid() == parent:
        gevent.sleep(_LOOK_S)
    logger.error("The process that forked this worker is gone: it quits")
    leave()
