"""A proxy leaks between two tenants: seen at once, counted among Locust's failures, and the verdict names the two."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from target.embedded.ports import free_port
from tests.end_to_end import evidence_counts
from tests.end_to_end.leaky_proxy import Leak, LeakyProxy
from tests.end_to_end.locust_process import ROOT, header_of, verdict_of
from tests.end_to_end.profiles import short_profile
from tests.end_to_end.stack import HOST, USERS, Stack
from tests.end_to_end.web_page import WebPage
from tests.waiting import until

BEFORE_A_LEAK = 100  # requests answered, far more than before the first leak of a proxy that leaks
LISTENING = str(Path(__file__).with_name("listening_locustfile.py").relative_to(ROOT))


def two_named(findings: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Whose data got to whom, of all findings."""
    return {(finding["owner"]["name"], finding["recipient"]["name"]) for finding in findings}


def busy_profile(stack: Stack) -> Path:
    """Conversations often enough that two tenants are chosen and leak within seconds; no amount without a band."""
    return short_profile(stack.folder / "busy.toml", chat_rate=4.0, short_budgets=0.0)


@pytest.mark.parametrize(
    ("leak", "kinds"),
    [(Leak.IDENTITY, {"wrong-identity"}), (Leak.BUDGET, {"foreign-budget"})],
    ids=["identity", "budget"],
)
def test_a_frame_with_something_of_another_tenant(stack: Stack, leak: Leak, kinds: set[str]) -> None:
    with LeakyProxy(stack.target.port, leak) as proxy:
        environment = stack.environment(target_port=proxy.port)
        outcome = stack.run_until(lambda _: proxy.leaks, "a leak", profile=busy_profile(stack), environment=environment)

    assert proxy.leaks > 0
    assert (outcome.returncode, outcome.verdict["verdict"]) == (1, "LEAKING"), outcome.verdict["reasons"]
    assert {finding["kind"] for finding in outcome.verdict["findings"]} == kinds
    assert two_named(outcome.verdict["findings"]) == {(proxy.owner, proxy.recipient)}
    assert sum(finding["count"] for finding in outcome.verdict["findings"]) == proxy.leaks
    assert proxy.owner in outcome.verdict["headline"]
    assert proxy.recipient in outcome.verdict["headline"]


def test_the_same_proxy_that_does_not_leak(stack: Stack) -> None:
    with LeakyProxy(stack.target.port, Leak.NOTHING) as proxy:
        environment = stack.environment(target_port=proxy.port)
        outcome = stack.run_until(
            lambda folder: (
                evidence_counts.enough_for_a_verdict(folder, USERS)
                and evidence_counts.by_request(folder).answered > BEFORE_A_LEAK
            ),
            "enough is seen for a verdict, and more than a leak takes", profile=busy_profile(stack),
            environment=environment,
        )  # fmt: skip

    assert proxy.leaks == 0
    assert (outcome.returncode, outcome.verdict["verdict"]) == (0, "ISOLATED"), outcome.verdict["reasons"]


def test_a_copied_frame_shows_while_the_run_lasts(stack: Stack) -> None:
    port, heard = free_port(), stack.folder / "heard.jsonl"
    with LeakyProxy(stack.target.port, Leak.COPY) as proxy:
        locust = stack.locust(
            "--web-host", HOST, "--web-port", str(port), profile=busy_profile(stack), locustfile=LISTENING,
            environment={**stack.environment(target_port=proxy.port), "HEARD": str(heard)},
        )  # fmt: skip
        page = WebPage(port)
        page.start(users=12)
        folder = locust.folder()

        # At once: on the page, among Locust's failures, in the hook, and in the evidence, with the run under way.
        until(lambda: "sighted live: misrouted-reply" in page.rows(), "the leak shows on the page")
        assert page.rows()["status"] == f"run {folder.name} is under way"
        until(lambda: ("LEAK", "misrouted-reply") in _failures(page), "the leak is among Locust's failures")
        assert header_of(folder)["ended_at_s"] is None
        assert "misrouted-reply" in [line["kind"] for line in _lines(heard)]
        page.stop()
        until(lambda: page.rows().get("verdict"), "there is a verdict")
        locust.send(signal.SIGTERM)
        code = locust.wait()

    verdict = verdict_of(folder)
    assert (code, verdict["verdict"]) == (1, "LEAKING"), verdict["reasons"]
    leaks = [finding for finding in verdict["findings"] if finding["severity"] == "leak"]
    assert two_named(leaks) == {(proxy.owner, proxy.recipient)}
    by_kind = {finding["kind"]: finding["count"] for finding in leaks}
    assert by_kind["misrouted-reply"] == by_kind["wrong-identity"] == by_kind["foreign-budget"] == proxy.leaks
    lines = _lines(heard)
    sightings = evidence_counts.rows(folder, "sighting")
    assert [line["kind"] for line in lines if line["hook"] == "leak_sighted"] == [row["kind"] for row in sightings]
    assert [line["verdict"] for line in lines if line["hook"] == "verdict_reached"] == ["LEAKING"]


def test_leaks_between_tenants_of_two_workers_are_found(stack: Stack) -> None:
    port = str(free_port())
    with LeakyProxy(stack.target.port, Leak.COPY) as proxy:
        outcome = stack.run_until(
            lambda _: proxy.leaks, "a leak",
            "--processes", "2", "--master-bind-port", port, "--master-port", port, profile=busy_profile(stack),
            environment=stack.environment(target_port=proxy.port),
        )  # fmt: skip

    assert proxy.leaks > 0
    assert (outcome.returncode, outcome.verdict["verdict"]) == (1, "LEAKING"), outcome.verdict["reasons"]
    leaks = [finding for finding in outcome.verdict["findings"] if finding["severity"] == "leak"]
    assert two_named(leaks) == {(proxy.owner, proxy.recipient)}
    assert {finding["kind"]: finding["count"] for finding in leaks}["misrouted-reply"] == proxy.leaks


def _failures(page: WebPage) -> set[tuple[str, str]]:
    return {(error["method"], error["name"]) for error in page.statistics()["errors"]}


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
