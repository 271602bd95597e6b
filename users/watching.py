"""Watching a connection on which nothing is asked: whose things it shows, whether it refuses, whether it ends."""

from __future__ import annotations

import time
from collections.abc import Callable

from config.profile import Profile
from evidence.marks import MarkKind
from evidence.oracle import Inspection
from evidence.records import Row, SessionEnded
from users.changes import Changes
from users.run import NodeRun
from users.trying import Trying


class Watching(Trying):
    """Stands beside the run for one try, and notes what its connection shows.

    Args:
        run: the run.
        profile: what to connect by, in place of the run's profile.

    Attributes:
        shows_own: whether it has shown a mark of what the tenant said or stored. Its name is none: any greeting may
            hold that.
        foreign_owners: the other tenants of whom it has shown a mark, a name or an id.
        refusals: the codes of frames that refused though no request was open.
        lost: how the target has ended the connection; None as long as it has not.
    """

    def __init__(self, run: NodeRun, profile: Profile) -> None:
        super().__init__(run, profile)
        self.watcher = self
        self.shows_own = False
        self.foreign_owners: set[int] = set()
        self.refusals: list[str] = []
        self.lost: SessionEnded | None = None
        self._changes = Changes()

    def saw(self, inspection: Inspection) -> None:
        """Takes note of what a frame showed."""
        self.shows_own = self.shows_own or any(found.mark.kind is not MarkKind.TENANT for found in inspection.own)
        self.foreign_owners |= inspection.foreign_owners
        self._changes.tell()

    def refused(self, code: str) -> None:
        """Takes note of a frame that refuses, and no request that is open."""
        self.refusals.append(code)

    def record(self, row: Row) -> None:
        """Does with a row what is done beside the run, and notes the end of the connection."""
        super().record(row)
        if isinstance(row, SessionEnded) and row.how == "lost":
            self.lost = row
            self._changes.tell()

    def watch(self, enough: Callable[[], bool], timeout_s: float) -> None:
        """Waits until it is enough, or the connection has ended, at most ``timeout_s``."""
        self._changes.wait_until(lambda: enough() or self.lost is not None, time.perf_counter() + timeout_s)
