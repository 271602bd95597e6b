"""Reads that come right after another tenant's write: what a write leaves behind is met then or never."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from evidence.records import RequestEnded

READS = frozenset({"history", "state_read"})
RIGHT_AFTER_S = 1.0
"""A read that leaves so soon after another tenant's write was answered may still meet what the write left behind."""
REMEMBERED = 64


class RecentWrites:
    """The latest writes that one node saw answered. Writes on other nodes are not compared: no clock is shared.

    Args:
        operations: those that write.
    """

    def __init__(self, operations: Collection[str]) -> None:
        self._operations = frozenset(operations)
        self._latest: deque[tuple[int, float]] = deque(maxlen=REMEMBERED)

    def precede(self, row: RequestEnded) -> bool:
        """Returns whether this answered request is a read right after another tenant's write; remembers writes.

        Args:
            row: requests in the order in which they ended.
        """
        if row.operation in self._operations:
            self._latest.append((row.tenant, row.sent_at_s + (row.reply_ms or 0.0) / 1000))
            return False
        return row.operation in READS and any(
            tenant != row.tenant and 0.0 <= row.sent_at_s - ended_at_s <= RIGHT_AFTER_S
            for tenant, ended_at_s in self._latest
        )
