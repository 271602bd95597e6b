"""A run of two tenants: leaks are shown where it is shown itself, and why a connection failed is remembered."""

from __future__ import annotations

from evidence.findings import Sighting
from evidence.records import ConnectFailed, Row
from swarm.sinks import FileSink
from swarm.trial.page import Page
from users.run import NodeRun


class TrialRun(NodeRun):
    """A run of two tenants that shows leaks where it is shown itself."""

    page: Page
    answered = False
    """Whether anything was answered yet."""
    in_vain = False
    """Whether an answer was waited for in vain."""

    def sight(self, sighting: Sighting) -> None:
        """Shows what belongs to somebody else."""
        owner = f"tenant {sighting.owner}" if sighting.owner is not None else "somebody unknown"
        self.page.bad(f"{sighting.kind} in a {sighting.group}: what belongs to {owner} ({sighting.detail})")


class KeepingSink:
    """Writes rows down and remembers why connections failed.

    Args:
        sink: the evidence file.
    """

    def __init__(self, sink: FileSink) -> None:
        self._sink = sink
        self.failed: list[ConnectFailed] = []

    def record(self, row: Row) -> None:
        """Writes a row down."""
        self._sink.record(row)
        if isinstance(row, ConnectFailed):
            self.failed.append(row)
