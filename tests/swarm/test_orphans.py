from __future__ import annotations

from locust.runners import MasterRunner

import os
from typing import cast

import gevent
import pytest

from swarm.orphans import dismiss, quit_with_parent


def test_a_worker_whose_parent_is_gone_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    parents = iter([100, 100, 1])
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    monkeypatch.setattr("swarm.orphans._LOOK_S", 0)
    left: list[str] = []

    quit_with_parent(100, lambda: left.append("left"))

    assert left == ["left"]
    assert next(parents, None) is None


def test_a_worker_that_began_as_an_orphan_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getppid", lambda: 1)
    left: list[str] = []

    quit_with_parent(100, lambda: left.append("left"))

    assert left == ["left"]


class Runner:
    """A master whose workers connect one after the other."""

    def __init__(self, connecting: int) -> None:
        self.left = connecting
        self.clients: list[str] = []
        self.connected_when_told: int | None = None

    def connect(self) -> None:
        while self.left:
            gevent.sleep(0.01)
            self.left -= 1
            self.clients.append("worker")

    def quit(self) -> None:
        self.connected_when_told = len(self.clients)


def test_forked_workers_are_told_to_quit_once_they_have_connected() -> None:
    runner = Runner(connecting=3)
    connecting = gevent.spawn(runner.connect)
    dismiss(cast(MasterRunner, runner), 3)
    connecting.join()
    assert runner.connected_when_told == 3


def test_workers_that_never_connect_are_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.orphans._CONNECT_S", 0.1)
    runner = Runner(connecting=0)
    dismiss(cast(MasterRunner, runner), 3)
    assert runner.connected_when_told == 0
