"""Ctrl-C and SIGTERM in the middle of a run: drained, judged, and the exit code is the verdict's."""

from __future__ import annotations

import signal

import pytest

from target.embedded.ports import free_port
from tests.end_to_end import evidence_counts
from tests.end_to_end.distributed import start_swarm
from tests.end_to_end.locust_process import LocustProcess, RunOutcome
from tests.end_to_end.stack import USERS, Stack

LOAD = ("--headless", "-u", str(USERS), "-r", str(USERS), "-t", "60s")


def assert_drained_and_judged(outcome: RunOutcome) -> None:
    assert (outcome.returncode, outcome.verdict["verdict"]) == (0, "ISOLATED"), outcome.verdict["reasons"]
    assert sorted(outcome.header["drained"]) == sorted(outcome.header["nodes"])
    assert outcome.header["stopped_by"] == outcome.verdict["stopped_by"] == "interrupted"
    assert outcome.header["cleaned_at_s"] is not None
    counted = outcome.requests
    assert counted.adds_up
    assert evidence_counts.by_locust(outcome.statistics) == counted.sent == outcome.verdict["totals"]["sent"]
    assert "Traceback" not in outcome.output


def interrupt(locust: LocustProcess, number: signal.Signals) -> None:
    """SIGINT as a terminal sends it, to everybody; SIGTERM as a supervisor sends it, to one."""
    if number is signal.SIGINT:
        locust.interrupt()
    else:
        locust.send(number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_single_process(stack: Stack, number: signal.Signals) -> None:
    locust = stack.locust(*LOAD)
    locust.until_enough(USERS)

    interrupt(locust, number)

    assert_drained_and_judged(locust.outcome())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_forked_workers(stack: Stack, number: signal.Signals) -> None:
    port = str(free_port())
    locust = stack.locust(*LOAD, "--processes", "2", "--master-bind-port", port, "--master-port", port)
    locust.until_enough(USERS)

    interrupt(locust, number)

    assert_drained_and_judged(locust.outcome())


def test_a_master_with_workers_of_their_own(stack: Stack) -> None:
    swarm = start_swarm(stack, users=USERS, seconds=60)
    swarm.master.until_enough(USERS)

    swarm.master.send(signal.SIGTERM)

    assert_drained_and_judged(swarm.master.outcome())
    assert swarm.outcome_codes() == [0, 0]
