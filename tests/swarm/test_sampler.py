from __future__ import annotations

import time

import gevent
import gevent.event
import pytest

from evidence.records import GeneratorSample, Row
from swarm import sampler
from swarm.sampler import Sampler


def samples(monkeypatch: pytest.MonkeyPatch, disturb: float = 0.0) -> list[GeneratorSample]:
    """Two samples of a tenth of a second each, in which something else may hold up the loop once for so long."""
    monkeypatch.setattr(sampler, "SAMPLE_S", 0.1)
    rows: list[Row] = []
    done = gevent.event.Event()

    def record(row: Row) -> None:
        rows.append(row)
        if len(rows) == 2:
            done.set()

    watching = gevent.spawn(Sampler("worker-0", record, lambda: (7, 3), 100.0).run)
    if disturb:
        gevent.spawn(time.sleep, disturb)
    assert done.wait(10)
    watching.kill()
    return [row for row in rows if isinstance(row, GeneratorSample)]


def test_a_sample_says_who_and_what_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = samples(monkeypatch)
    assert (first.node, first.users, first.in_flight) == ("worker-0", 7, 3)
    assert first.memory_mb > 1
    assert second.at_s > first.at_s
    assert 0 <= first.lag_mean_ms <= first.lag_max_ms


def test_a_loop_that_was_held_up_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    disturbed = samples(monkeypatch, disturb=0.3)
    assert max(sample.lag_max_ms for sample in disturbed) >= 200
    assert max(sample.late_s for sample in disturbed) >= 0.2
