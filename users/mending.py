"""Connecting again in the background after a connection was lost."""

from __future__ import annotations

from collections.abc import Callable

import gevent

from users.run import NodeRun, SessionUnavailable


class Mending:
    """Reconnects one session, with a pause that doubles from one attempt to the next.

    Args:
        run: the run; nobody reconnects any more once it is stopping.
        connect: connects, or raises SessionUnavailable.
        is_needed: says whether the session still lacks a connection and wants one.
    """

    def __init__(self, run: NodeRun, connect: Callable[[], None], is_needed: Callable[[], bool]) -> None:
        self._run = run
        self._connect = connect
        self._is_needed = is_needed
        self._greenlet: gevent.Greenlet[..., None] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return self._greenlet is None or self._greenlet.dead

    def begin(self) -> None:
        """Begins to reconnect, unless that is under way or is not wanted any more."""
        if self._goes_on() and self.is_idle:
            self._greenlet = gevent.spawn(self._mend)

    def end(self) -> None:
        """Gives up."""
        if self._greenlet is not None:
            self._greenlet.kill(block=False)

    def _mend(self) -> None:
        settings = self._run.profile.target
        pause_s = settings.reconnect_first_s
        while self._goes_on():
            gevent.sleep(pause_s * (0.5 + self._run.random.random()))
            try:
                if self._is_needed():
                    self._connect()
            except SessionUnavailable:
                pause_s = min(pause_s * 2, settings.reconnect_limit_s)

    def _goes_on(self) -> bool:
        return self._is_needed() and not self._run.stopping
