from __future__ import annotations

import pytest

from checker.recent_writes import REMEMBERED, RIGHT_AFTER_S, RecentWrites
from evidence.records import RequestEnded


def request(tenant: int, operation: str, sent_at_s: float) -> RequestEnded:
    """A request that took a tenth of a second."""
    return RequestEnded(tenant, 0, 1, operation, "answered", sent_at_s, 0.0, reply_ms=100.0)


@pytest.mark.parametrize(
    ("tenant", "operation", "after_s", "counted"),
    [
        (1, "state_read", 0.2, True),
        (1, "history", RIGHT_AFTER_S - 0.01, True),
        (1, "history", RIGHT_AFTER_S + 0.01, False),
        (1, "state_read", -0.05, False),
        (0, "state_read", 0.2, False),
        (1, "routing", 0.2, False),
    ],
)
def test_only_reads_soon_after_anothers_answered_write_count(
    tenant: int, operation: str, after_s: float, counted: bool
) -> None:
    writes = RecentWrites({"chat"})
    assert not writes.precede(request(0, "chat", 20.0))
    assert writes.precede(request(tenant, operation, 20.1 + after_s)) is counted


def test_of_many_writes_the_latest_are_remembered() -> None:
    writes = RecentWrites({"chat"})
    writes.precede(request(1, "chat", 20.0))
    for _ in range(REMEMBERED - 1):
        writes.precede(request(0, "chat", 20.0))
    assert writes.precede(request(0, "history", 20.2))
    writes.precede(request(0, "chat", 20.0))
    assert not writes.precede(request(0, "history", 20.2))
