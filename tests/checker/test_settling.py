from __future__ import annotations

import copy
from collections.abc import Callable

from checker.scan import StoreScan
from checker.scanning import Scanner
from checker.settling import is_settled, settling
from config.profile import Profile
from evidence.marks import Keyring
from tests.checker.histories import REDIS_PLACE, History, healthy, misfiled, profile
from tests.checker.store_worlds import ignore_progress, marked_world


class Clock:
    """A clock that only waiting moves."""

    def __init__(self, at_s: float) -> None:
        self.at_s = at_s

    def now(self) -> float:
        return self.at_s

    def pause(self, seconds: float) -> None:
        assert seconds > 0
        self.at_s += seconds


def patient(seconds: float) -> Profile:
    """A profile whose Redis settles so long."""
    stores = profile().stores
    assert stores.redis is not None
    changed = stores.model_copy(update={"redis": stores.redis.model_copy(update={"settle_s": seconds})})
    return profile().model_copy(update={"stores": changed})


def appearing(history: History, clock: Clock, after_s: float, change: Callable[[StoreScan], None]) -> Scanner:
    """Redis as the history has it only from a moment on; before, with a change."""
    whole, began = history.scans["redis"], clock.at_s

    def scan(*_: object) -> StoreScan:
        found = copy.deepcopy(whole)
        if clock.at_s < began + after_s:
            change(found)
        return found

    return scan


def looked(history: History, clock: Clock, settle_s: float, scanner: Scanner) -> StoreScan:
    made = settling({"redis": scanner}, patient(settle_s), history.summary(), clock.now, clock.pause)
    return made["redis"](Keyring(history.key), marked_world().roster(), ignore_progress)


def at_the_end(history: History) -> Clock:
    assert history.header.ended_at_s is not None
    return Clock(history.header.ended_at_s)


def without_marks(scan: StoreScan) -> None:
    scan.own_marks.clear()


def test_a_store_that_is_complete_is_read_once_and_nothing_is_said() -> None:
    history = healthy()
    clock = at_the_end(history)
    scan = looked(history, clock, 5.0, appearing(history, clock, 0.0, without_marks))
    assert scan.notes == history.scans["redis"].notes
    assert clock.at_s == history.header.ended_at_s


def test_rows_that_appear_later_are_waited_for() -> None:
    history = healthy()
    clock = at_the_end(history)
    scan = looked(history, clock, 5.0, appearing(history, clock, 1.0, without_marks))
    assert is_settled(history.summary(), history.profile, scan)
    assert scan.notes[-1].startswith("redis was complete 1.") and "(settle_s = 5); it was read" in scan.notes[-1]


def test_an_amount_that_is_written_later_is_waited_for() -> None:
    def before(scan: StoreScan) -> None:
        scan.amounts[REDIS_PLACE, 3] += 7

    history = healthy()
    clock = at_the_end(history)
    scan = looked(history, clock, 5.0, appearing(history, clock, 1.0, before))
    assert scan.amounts[REDIS_PLACE, 3] == history.scans["redis"].amounts[REDIS_PLACE, 3]


def test_rows_that_never_appear_are_still_missing_when_time_is_up() -> None:
    history = healthy()
    clock = at_the_end(history)
    scan = looked(history, clock, 2.0, appearing(history, clock, 60.0, without_marks))
    assert scan.own_marks == set()
    assert scan.notes[-1].startswith("redis was not complete 2.0 s after the run")


def test_a_leak_that_is_gone_at_the_last_reading_counts() -> None:
    def leaking(scan: StoreScan) -> None:
        scan.own_marks.clear()
        scan.findings.append(misfiled(2, 1, "redis"))

    history = healthy()
    clock = at_the_end(history)
    scan = looked(history, clock, 5.0, appearing(history, clock, 1.0, leaking))
    assert [finding.owner for finding in scan.findings] == [2]


def test_a_run_that_is_checked_again_later_is_not_waited_for() -> None:
    history = healthy()
    clock = at_the_end(history)
    clock.at_s += 3600
    looked(history, clock, 5.0, appearing(history, clock, 60.0, without_marks))
    assert clock.at_s == (history.header.ended_at_s or 0) + 3600


def test_only_stores_that_settle_are_waited_for() -> None:
    history = healthy()
    scanner = appearing(history, Clock(0.0), 0.0, without_marks)
    made = settling({"redis": scanner, "postgres": scanner}, patient(5.0), history.summary())
    assert (made["redis"] is scanner, made["postgres"] is scanner) == (False, True)
