from __future__ import annotations

import time

import gevent

from tests.users.small_target import until
from users.changes import Changes


def test_everybody_who_waits_looks_again_and_goes_on_only_when_it_holds() -> None:
    changes, state = Changes(), {"open": 0}
    looked: list[int] = []

    def holds() -> bool:
        looked.append(state["open"])
        return state["open"] == 2

    waiting = [gevent.spawn(changes.wait_until, holds) for _ in range(3)]
    until(lambda: looked == [0, 0, 0], "the first look of each")
    for state["open"] in (1, 2):
        changes.tell()
        until(lambda: looked.count(state["open"]) == 3, "another look of each")
    assert [greenlet.get(timeout=5) for greenlet in waiting] == [True, True, True]
    assert looked == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_waiting_ends_at_the_deadline_whatever_else_changes() -> None:
    changes = Changes()
    deadline_s = time.perf_counter() + 0.05
    waiting = gevent.spawn(changes.wait_until, lambda: False, deadline_s)
    while not waiting.dead:
        changes.tell()
        gevent.sleep(0.001)
    assert waiting.get() is False
    assert time.perf_counter() >= deadline_s


def test_what_holds_already_is_not_waited_for() -> None:
    assert Changes().wait_until(lambda: True, deadline_s=0.0)
