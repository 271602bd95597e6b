"""Workers that are killed, and workers that should be gone and are not."""

from __future__ import annotations

import signal
from pathlib import Path

from target.embedded.ports import free_port
from tests.end_to_end import evidence_counts
from tests.end_to_end.distributed import start_swarm, start_worker
from tests.end_to_end.leftovers import carrying
from tests.end_to_end.locust_process import RunOutcome, header_of
from tests.end_to_end.profiles import short_profile
from tests.end_to_end.stack import HOST, Stack
from tests.end_to_end.web_page import WebPage
from tests.waiting import until

# A master notices a lost worker when three heartbeats, one a second, have not come.
LONG_S = 60


def test_an_orphan_that_still_reports_contributes_nothing(stack: Stack) -> None:
    port = free_port()
    profile = short_profile(stack.folder / "both.toml")
    first = start_swarm(stack, "--no-check", workers=1, port=port, seconds=LONG_S, profile=profile)
    earlier = first.master.until_answered(10)
    first.master.kill_group()
    size = _size(earlier)

    second = start_swarm(stack, "--no-check", workers=1, port=port, profile=profile)
    outcome = second.master.outcome()
    first.workers[0].kill_group()

    assert second.master.output().count("Evidence of another run from") == 1
    _assert_of_one_worker(outcome)
    assert _size(earlier) == size
    assert second.outcome_codes() == [0]


def test_an_orphan_that_joins_the_next_master_is_turned_away(stack: Stack) -> None:
    port = free_port()
    profile = short_profile(stack.folder / "both.toml")
    page = free_port()
    first = stack.locust(
        "--master", "--master-bind-host", HOST, "--master-bind-port", str(port), "--web-host", HOST, "--web-port",
        str(page), "--no-check", profile=profile,
    )  # fmt: skip
    # After a stop it stays away for as long as a stop time-out may be, and outlives its master.
    orphan = start_worker(
        stack, port, profile, environment={"LOCUST_WORKER_ADDITIONAL_WAIT_BEFORE_READY_AFTER_STOP": "4"}
    )
    web = WebPage(page)
    web.wait_for_workers(1)
    web.start(users=4)
    earlier = first.until_answered(10)
    web.stop()
    until(lambda: header_of(earlier)["ended_at_s"], "the first run has ended")
    first.kill_group()
    size = _size(earlier)

    second = start_swarm(stack, "--no-check", workers=1, port=port, profile=profile, meanwhile=[orphan])
    outcome = second.master.outcome()

    assert "it belongs to another master" in orphan.output()
    assert orphan.wait() == 0
    assert len(outcome.header["refused_nodes"]) == 1
    _assert_of_one_worker(outcome)
    assert _size(earlier) == size
    assert second.outcome_codes() == [0]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "evidence").iterdir())


def _assert_of_one_worker(outcome: RunOutcome) -> None:
    """One worker's requests and nobody else's are in the evidence and in Locust's statistics."""
    counted = outcome.requests
    assert counted.sent > 0
    assert counted.adds_up
    assert evidence_counts.by_node(outcome.folder) == counted
    assert evidence_counts.by_locust(outcome.statistics) == counted.sent
    (node,) = outcome.header["nodes"]
    assert {path.stem for path in (outcome.folder / "evidence").iterdir()} == {"judge", node}


def test_a_run_that_lost_a_worker_ends_and_proves_nothing(stack: Stack) -> None:
    swarm = start_swarm(stack, seconds=10)
    folder = swarm.master.until_answered(30)
    until(lambda: len(list((folder / "evidence").glob("worker-*.jsonl"))) == 2, "both workers report")
    swarm.workers[1].send(signal.SIGKILL)

    outcome = swarm.master.outcome()

    ended = {row["node"] for row in evidence_counts.rows(folder, "node_end")}
    (lost,) = set(outcome.header["nodes"]) - ended
    assert outcome.returncode == 3
    assert outcome.verdict["verdict"] == "INCONCLUSIVE"
    reason = outcome.verdict["reasons"][0]
    assert lost in reason
    assert "known only in part" in reason
    assert "Traceback" not in outcome.output


def test_a_master_that_lost_its_last_worker_ends(stack: Stack) -> None:
    swarm = start_swarm(stack, workers=1, seconds=LONG_S)
    swarm.master.until_answered(10)
    swarm.workers[0].send(signal.SIGKILL)

    outcome = swarm.master.outcome(30)

    assert outcome.returncode == 3
    assert outcome.verdict["verdict"] == "INCONCLUSIVE"
    assert any("node worker-0 was lost" in reason for reason in outcome.verdict["reasons"])


def test_a_worker_with_another_profile_stops_the_run(stack: Stack) -> None:
    profile = short_profile(stack.folder / "same.toml")
    swarm = start_swarm(stack, workers=0, seconds=LONG_S, profile=profile)
    start_worker(stack, swarm.port, profile, environment={"TARGET_AUTH_URL": f"http://{HOST}:1"})

    outcome = swarm.master.outcome(30)

    assert outcome.returncode == 3
    assert outcome.verdict["reasons"][0] == "worker-0: its target profile differs from the master's"


def test_forked_workers_end_with_a_master_that_is_killed(stack: Stack) -> None:
    port = str(free_port())
    load = ("--headless", "-u", "6", "-r", "6", "-t", f"{LONG_S}s")
    locust = stack.locust(*load, "--processes", "2", "--master-bind-port", port, "--master-port", port)
    locust.until_answered(10)
    workers = [process.pid for process in carrying(stack.mark) if process.pid != locust.pid]
    assert len(workers) == 2

    locust.send(signal.SIGKILL)

    until(lambda: not carrying(stack.mark), "the workers end", 10)


def test_forked_workers_end_with_a_master_that_can_not_start(stack: Stack) -> None:
    port = str(free_port())
    locust = stack.locust(
        "--headless", "-u", "6", "-t", "5s", "--processes", "2", "--master-bind-port", port, "--master-port", port,
        environment={"TARGET_URL": "nonsense"},
    )  # fmt: skip

    assert locust.wait() == 2
    until(lambda: not carrying(stack.mark), "the workers end", 10)
