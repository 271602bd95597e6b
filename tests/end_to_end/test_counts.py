"""Sent is answered, refused and unknown together, and Locust, the evidence and the report count the same."""

from __future__ import annotations

import pytest

from target.embedded.ports import free_port
from tests.end_to_end import evidence_counts
from tests.end_to_end.distributed import start_swarm
from tests.end_to_end.locust_process import RunOutcome
from tests.end_to_end.stack import Stack

ENOUGH = 60
LASTS_S = 6  # these runs must end by their time: far longer than so many requests take


def assert_counts_agree(outcome: RunOutcome, nodes: int) -> None:
    """The same requests, counted by request, by ledger, by node, by Locust at its end and by Locust when we asked."""
    counted = outcome.requests
    assert counted.adds_up
    assert counted.sent >= ENOUGH, outcome.output
    assert evidence_counts.by_ledger(outcome.folder) == counted
    assert evidence_counts.by_node(outcome.folder) == counted
    assert evidence_counts.by_locust(outcome.statistics) == counted.sent
    assert outcome.header["locust_requests"] == counted.sent
    assert len(outcome.header["nodes"]) == nodes
    assert sorted(outcome.header["drained"]) == sorted(outcome.header["nodes"])
    assert "Traceback" not in outcome.output


@pytest.mark.parametrize("options", [(), ("--stop-timeout", "5")], ids=["at once", "with a stop time-out"])
def test_counts_of_a_single_process_agree(stack: Stack, options: tuple[str, ...]) -> None:
    outcome = stack.run("--no-check", *options, seconds=LASTS_S)

    assert_counts_agree(outcome, nodes=1)


@pytest.mark.parametrize("options", [(), ("--stop-timeout", "5")], ids=["at once", "with a stop time-out"])
def test_counts_of_forked_workers_agree(stack: Stack, options: tuple[str, ...]) -> None:
    port = str(free_port())

    outcome = stack.run(
        "--no-check", "--processes", "2", "--master-bind-port", port, "--master-port", port, *options, seconds=LASTS_S
    )

    assert_counts_agree(outcome, nodes=2)


@pytest.mark.parametrize("options", [(), ("--stop-timeout", "5")], ids=["at once", "with a stop time-out"])
def test_counts_of_workers_of_their_own_agree(stack: Stack, options: tuple[str, ...]) -> None:
    swarm = start_swarm(stack, "--no-check", *options, seconds=LASTS_S)

    assert_counts_agree(swarm.master.outcome(), nodes=2)
    assert swarm.outcome_codes() == [0, 0]
