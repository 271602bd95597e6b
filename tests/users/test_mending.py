from __future__ import annotations

from tests.users.fixtures import profile_for, world
from tests.users.small_target import until
from users.mending import Mending
from users.run import SessionUnavailable


class Line:
    """A session that can be connected at the attempt with this number."""

    def __init__(self, succeeds_at: int) -> None:
        self._succeeds_at = succeeds_at
        self.attempts = 0
        here = world(profile_for(target__reconnect_first_s=0.001, target__reconnect_limit_s=0.002))
        self.run = here.run
        self.mending = Mending(self.run, self.connect, lambda: self.attempts < succeeds_at)

    def connect(self) -> None:
        self.attempts += 1
        if self.attempts < self._succeeds_at:
            raise SessionUnavailable("refused")


def test_it_tries_until_there_is_a_connection_and_then_no_more() -> None:
    line = Line(4)
    line.mending.begin()
    line.mending.begin()  # under way already
    until(lambda: line.mending.is_idle, "the connection")
    line.mending.begin()
    assert line.mending.is_idle
    assert line.attempts == 4


def test_nobody_reconnects_in_a_run_that_is_stopping() -> None:
    line = Line(10**9)
    line.mending.begin()
    until(lambda: line.attempts > 2, "some attempts")
    line.run.stopping = True
    line.mending.end()
    tried = line.attempts
    until(lambda: line.mending.is_idle, "its end")
    line.mending.begin()
    assert line.mending.is_idle
    assert line.attempts == tried


def test_it_can_be_given_up() -> None:
    line = Line(10**9)
    line.mending.begin()
    until(lambda: line.attempts > 0, "an attempt")
    line.mending.end()
    line.mending.end()
    until(lambda: line.mending.is_idle, "its end")
