"""Tenants made by request and by command: all of them are removed, and what is not is listed, however a run ends."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock
from typing import Any

from tests.end_to_end.distributed import start_swarm
from tests.end_to_end.profiles import short_profile
from tests.end_to_end.stack import Stack
from tests.http_server import Asked, Reply, http_server
from tests.waiting import until

COMMAND = """
import os, pathlib, sys
file = pathlib.Path(os.environ["SEATS"]) / sys.argv[2]
file.touch() if sys.argv[1] == "make" else file.unlink(missing_ok=True)
"""
STEPS = """
[[provisioning.steps]]
kind = "http"
name = "register"
create = {{ url = "{url}/users", body = {{ who = "{{tenant}}" }}, timeout_s = 30 }}
learn = {{ seat = "id" }}
remove = {{ method = "DELETE", url = "{url}/users/{{seat}}" }}

[[provisioning.steps]]
kind = "command"
name = "take a seat"
create = {{ argv = [{argv}, "make", "{{tenant}}"], environment = {{ SEATS = "{seats}" }}, timeout_s = 30 }}
remove = {{ argv = [{argv}, "free", "{{tenant}}"], environment = {{ SEATS = "{seats}" }}, timeout_s = 30 }}
"""


class Registry:
    """Registers users under ids of its own.

    Attributes:
        users: who is registered, by id.
        keeps: whether removals fail.
        holds_from: after so many registrations it lets the next ones wait until ``go``, and registers them then.
    """

    def __init__(self) -> None:
        self.users: dict[str, str] = {}
        self.keeps = False
        self.holds_from = 10_000
        self.holding = Event()
        self.go = Event()
        self._given = 0
        self._lock = Lock()

    def answer(self, asked: Asked) -> Reply:
        if asked.method == "DELETE":
            if self.keeps:
                return Reply(500)
            return Reply(204 if self.users.pop(asked.path.rpartition("/")[2], None) else 404)
        with self._lock:
            self._given += 1
            number = self._given
        if number > self.holds_from:
            self.holding.set()
            assert self.go.wait(60)
        assert isinstance(asked.document, dict)
        self.users[f"seat-{number}"] = asked.document["who"]
        return Reply(201, {"id": f"seat-{number}"})


@contextmanager
def registering(stack: Stack) -> Iterator[tuple[Registry, Path, Path]]:
    """A registry, the folder that holds a file for each seat that was taken, and a profile that wants both."""
    registry, seats = Registry(), stack.folder / "seats"
    seats.mkdir()
    with http_server(registry.answer) as server:
        profile = short_profile(stack.folder / "seats.toml")
        argv = ", ".join(json.dumps(word) for word in (sys.executable, "-c", COMMAND))
        text = profile.read_text()
        before, thresholds, after = text.partition("\n[workload]\n")
        assert thresholds
        profile.write_text(before + STEPS.format(url=server.url, argv=argv, seats=seats) + thresholds + after)
        yield registry, seats, profile


def cleaned(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "clean-up.json").read_bytes())
    return found


def test_a_run_that_is_interrupted_removes_all_that_it_made(stack: Stack) -> None:
    with registering(stack) as (registry, seats, profile):
        locust = stack.locust("--headless", "-u", "6", "-r", "6", "-t", "60s", profile=profile)
        locust.until_answered(20)
        # Somebody may be half-made at any one moment: a seat is taken, and its file is still to come.
        until(
            lambda: registry.users and set(registry.users.values()) == {path.name for path in seats.iterdir()},
            "every seat that was taken has its file",
        )
        locust.interrupt()
        outcome = locust.outcome()
    assert outcome.header["stopped_by"] == "interrupted"
    assert (registry.users, list(seats.iterdir()), cleaned(outcome.folder)["left"]) == ({}, [], [])


def test_what_can_not_be_removed_is_listed_and_removed_later(stack: Stack) -> None:
    with registering(stack) as (registry, seats, profile):
        registry.keeps = True
        outcome = stack.run(profile=profile, users=4, seconds=3)
        left = cleaned(outcome.folder)["left"]
        kept = set(registry.users.values())
        assert kept
        assert len(left) == len(kept)
        assert all(sentence.startswith("provisioning.steps[0] (register): tenant ") for sentence in left)
        assert all(name in " ".join(left) for name in kept)
        assert outcome.header["cleaned_at_s"] is None
        assert all(f"not removed: {sentence}" in outcome.output for sentence in left[:20])
        assert list(seats.iterdir()) == [], "what one step leaves does not spare the others"
        registry.keeps = False
        code, _ = stack.program("swarm", "clean", str(outcome.folder))
        assert (code, registry.users) == (0, {})


def test_what_a_killed_worker_was_making_is_listed(stack: Stack) -> None:
    """The registry's answer reaches nobody any more: it has made a user whose id was never learnt."""
    with registering(stack) as (registry, seats, profile):
        registry.holds_from = 4
        swarm = start_swarm(stack, users=8, seconds=60, workers=1, profile=profile)
        assert registry.holding.wait(60)
        swarm.workers[0].send(signal.SIGKILL)
        swarm.workers[0].wait()
        registry.go.set()
        outcome = swarm.master.outcome()
        until(lambda: len(registry.users) > 0, "the registry has answered whom it could not reach")
    assert outcome.verdict["verdict"] == "INCONCLUSIVE"
    left = " ".join(cleaned(outcome.folder)["left"])
    assert "may have been made, and what its removal needs was never learnt" in left
    assert all(name in left for name in registry.users.values()), "nobody is left that is not listed"
    assert {path.name for path in seats.iterdir()} <= set(registry.users.values())
    assert outcome.header["cleaned_at_s"] is None


def test_what_was_half_made_when_a_step_failed_is_listed(stack: Stack) -> None:
    with registering(stack) as (registry, _, profile):
        profile.write_text(
            profile.read_text().replace('learn = { seat = "id" }', 'learn = { seat = "id", no = "none" }')
        )
        outcome = stack.run(profile=profile, users=4, seconds=20)
    assert (outcome.returncode, outcome.verdict["verdict"]) == (3, "INCONCLUSIVE")
    assert "taught no 'no'" in outcome.verdict["reasons"][0]
    left = " ".join(cleaned(outcome.folder)["left"])
    assert all(name in left for name in registry.users.values())
