"""What a store must still hold that keeps entries for a while only.

Nothing is expected that may be gone, however requests overtook each other: a prompt is displaced only by what was
stored after it, and that is at most what had not ended when the prompt left. What was never answered may be stored at
any time.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from config.profile import Profile
from config.retention import Retention
from evidence.records import RequestEnded


class Write(NamedTuple):
    """A request that may have left something in a store, in Unix seconds; ``prompts`` are those of an answered one."""

    operation: str
    sent_at_s: float
    ended_at_s: float
    prompts: tuple[int, ...]


def fades(profile: Profile) -> bool:
    """Returns whether any store keeps what some operation sends for a while only."""
    return any(operation.retention for operation in profile.operations.all().values())


def write_of(row: RequestEnded) -> Write:
    """Returns what is to be remembered of a request."""
    answered = row.outcome == "answered"
    ended = row.ended_at_s if row.ended_at_s and row.outcome in ("answered", "refused") else math.inf
    return Write(row.operation, row.sent_at_s, ended, tuple(row.canaries) if answered else ())


class Fading:
    """Tells which prompts one store must still hold.

    Args:
        writes: all requests of the run, by tenant; those of planted controls too.
        profile: says what the operations leave in the store.
        store: its name.
        read_at_s: Unix time at which it had been read.
    """

    def __init__(self, writes: Mapping[int, Sequence[Write]], profile: Profile, store: str, read_at_s: float) -> None:
        self._writes = writes
        self._store = store
        self._read_at_s = read_at_s
        operations = profile.operations.all()
        # Doors, controls and trials of long texts go by other names: whatever is not known to leave nothing may.
        self._harmless = {name for name, operation in operations.items() if store not in operation.stored_in}
        self._ends: dict[int | None, list[float]] = defaultdict(list)
        for tenant, of_tenant in writes.items():
            ends = [write.ended_at_s for write in of_tenant if write.operation not in self._harmless]
            self._ends[tenant] = sorted(ends)
            self._ends[None] += ends
        self._ends[None].sort()

    def prompts(self, tenant: int, operation: str, retention: Retention) -> Iterator[int]:
        """Yields the sequence numbers of the tenant's prompts of an operation that the store must still hold."""
        ends = self._ends[None if retention.of == "all" else tenant]
        for write in self._writes.get(tenant, ()):
            if write.operation != operation or not write.prompts:
                continue
            if retention.for_s is not None and write.sent_at_s + retention.for_s <= self._read_at_s:
                continue
            # Whatever ended after it had left may have been stored after it. It is one of those itself.
            later = len(ends) - bisect_left(ends, write.sent_at_s)
            if retention.last is None or later <= retention.last:
                yield from write.prompts
