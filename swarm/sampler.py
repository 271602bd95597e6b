"""The load generator watches itself: how late its event loop comes, what it uses, how much is under way."""

from __future__ import annotations

import time
from collections.abc import Callable

import gevent
import psutil

from evidence.records import GeneratorSample, Row

TICK_S = 0.02
SAMPLE_S = 1.0
_MB = 1024 * 1024


class Sampler:
    """Writes a ``GeneratorSample`` a second.

    Args:
        node: this process's name in the run.
        record: writes evidence down.
        load: returns how many tenants act and how many requests are open.
        limit_ms: the event loop is late when it comes later than this.
    """

    def __init__(
        self, node: str, record: Callable[[Row], None], load: Callable[[], tuple[int, int]], limit_ms: float
    ) -> None:
        self._node = node
        self._record = record
        self._load = load
        self._limit_s = limit_ms / 1000
        self._process = psutil.Process()

    def run(self) -> None:
        """Samples for ever; to be spawned, and killed at the end of the run."""
        self._process.cpu_percent()
        while True:
            self._sample()

    def _sample(self) -> None:
        late_s: list[float] = []
        started_s = time.perf_counter()
        end_s = started_s + SAMPLE_S
        while (now_s := time.perf_counter()) < end_s:
            gevent.sleep(TICK_S)
            late_s.append(max(0.0, time.perf_counter() - now_s - TICK_S))
        users, in_flight = self._load()
        self._record(
            GeneratorSample(
                node=self._node,
                at_s=time.time(),
                lag_max_ms=round(max(late_s) * 1000, 3),
                lag_mean_ms=round(sum(late_s) / len(late_s) * 1000, 3),
                cpu_percent=self._process.cpu_percent(),
                memory_mb=round(self._process.memory_info().rss / _MB, 1),
                users=users,
                in_flight=in_flight,
                late_s=round(sum(late for late in late_s if late > self._limit_s), 4),
                span_s=round(time.perf_counter() - started_s, 4),
            )
        )
