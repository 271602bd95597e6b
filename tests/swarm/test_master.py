"""What a master does with reports; how runs go from end to end is tested with real processes."""

from __future__ import annotations

from locust.env import Environment
from locust.stats import RequestStats

from types import SimpleNamespace
from typing import Any, cast

import pytest

from swarm import channel
from swarm.judge import Judge
from swarm.master import Master


class Runner:
    """The parts of Locust's master that ours uses."""

    def __init__(self) -> None:
        self.messages: dict[str, Any] = {}
        self.clients: dict[str, Any] = {}

    def register_message(self, kind: str, listener: Any, concurrent: bool = False) -> None:
        assert kind not in self.messages
        self.messages[kind] = listener

    def get_worker_index(self, _client_id: str) -> int:
        return 0


def judge() -> Judge:
    """One whose open run is called ``now``."""
    return cast(Judge, SimpleNamespace(run=SimpleNamespace(header=SimpleNamespace(run_id="now"))))


@pytest.fixture
def environment() -> Environment:
    made = Environment()
    Master(made, cast(Any, Runner()), judge())
    return made


def report(run_id: str | None) -> dict[str, Any]:
    stats = RequestStats()
    stats.log_request("reply", "chat", 12, 100)
    stats.log_error("reply", "chat", "no answer")
    data: dict[str, Any] = {
        "stats": stats.serialize_stats(), "errors": stats.serialize_errors(),
        "stats_total": stats.total.get_stripped_report(),
    }  # fmt: skip
    if run_id is not None:
        data[channel.STATS_RUN] = run_id
    return data


def test_statistics_of_the_run_are_added_up(environment: Environment) -> None:
    environment.events.worker_report.fire(client_id="a", data=(data := report("now")))
    assert data["stats"]
    assert data["errors"]


@pytest.mark.parametrize("run_id", ["an earlier one", None])
def test_statistics_of_another_run_are_emptied(environment: Environment, run_id: str | None) -> None:
    environment.events.worker_report.fire(client_id="a", data=(data := report(run_id)))
    assert data["stats"] == []
    assert data["errors"] == {}
    assert data["stats_total"]["num_requests"] == 0


def test_ours_comes_before_the_listener_that_adds_up() -> None:
    environment = Environment()
    seen: list[int] = []
    environment.events.worker_report.add_listener(lambda data, **_: seen.append(len(data["stats"])))
    Master(environment, cast(Any, Runner()), judge())
    environment.events.worker_report.fire(client_id="a", data=report("an earlier one"))
    assert seen == [0]
