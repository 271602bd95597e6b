from __future__ import annotations

import os

import pytest

from swarm.orphans import quit_with_parent


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
