from __future__ import annotations

import itertools
import random
import statistics

import pytest

from users.pacing import Pace


def gaps(rate: float, count: int, seed: int = 1) -> list[float]:
    pace, times = Pace(rate, random.Random(seed), 0.0), []
    for _ in range(count + 1):
        times.append(pace.due_s)
        pace.advance()
    return [later - earlier for earlier, later in itertools.pairwise(times)]


@pytest.mark.parametrize("rate", [0.1, 1.0, 25.0])
def test_gaps_are_exponential_around_the_rate(rate: float) -> None:
    found = gaps(rate, 20_000)
    assert statistics.mean(found) == pytest.approx(1 / rate, rel=0.03)
    assert statistics.stdev(found) == pytest.approx(1 / rate, rel=0.05)
    assert min(found) > 0


def test_tenants_start_at_phases_spread_over_one_period() -> None:
    phases = [Pace(2.0, random.Random(seed), 100.0).due_s - 100.0 for seed in range(1000)]
    assert all(0 <= phase < 0.5 for phase in phases)
    assert statistics.mean(phases) == pytest.approx(0.25, abs=0.02)


def test_a_missed_slot_is_not_dropped() -> None:
    pace = Pace(10.0, random.Random(1), 0.0)
    due = []
    for _ in range(5):
        due.append(pace.due_s)
        pace.advance()
    assert pace.due_s == due[-1] + (pace.due_s - due[-1])
    assert due == sorted(due)
    again = Pace(10.0, random.Random(1), 0.0)
    assert again.due_s == due[0], "asking does not advance"


def test_the_same_seed_gives_the_same_schedule() -> None:
    assert gaps(1.0, 50, seed=3) == gaps(1.0, 50, seed=3) != gaps(1.0, 50, seed=4)


def test_a_pause_of_the_tenants_own_shifts_the_schedule() -> None:
    pace = Pace(2.0, random.Random(1), 100.0)
    due_s = pace.due_s
    pace.postpone(7.5)
    assert pace.due_s == due_s + 7.5
