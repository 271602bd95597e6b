"""A run started and stopped on Locust's page: judged while the page goes on answering."""

from __future__ import annotations

import signal
import time

import pytest

from target.embedded.ports import free_port
from tests.end_to_end import evidence_counts
from tests.end_to_end.distributed import start_worker
from tests.end_to_end.locust_process import LocustProcess, header_of, verdict_of
from tests.end_to_end.profiles import short_profile
from tests.end_to_end.stack import HOST, USERS, Stack
from tests.end_to_end.web_page import WebPage
from tests.waiting import until

PATIENCE_S = 1.0


def test_a_run_on_the_page_is_judged_while_the_page_answers(stack: Stack) -> None:
    port = free_port()
    locust = stack.locust("--web-host", HOST, "--web-port", str(port))

    _start_stop_and_judge(locust, WebPage(port))

    locust.send(signal.SIGTERM)
    assert locust.wait() == 0


def test_a_distributed_run_on_the_page_is_judged_while_the_page_answers(stack: Stack) -> None:
    web_port, port = free_port(), free_port()
    profile = short_profile(stack.folder / "both.toml")
    locust = stack.locust(
        "--web-host", HOST, "--web-port", str(web_port), "--master", "--master-bind-host", HOST,
        "--master-bind-port", str(port), profile=profile,
    )  # fmt: skip
    workers = [start_worker(stack, port, profile) for _ in range(2)]
    page = WebPage(web_port)
    page.wait_for_workers(2)

    _start_stop_and_judge(locust, page)

    locust.send(signal.SIGTERM)
    assert locust.wait() == 0
    assert [worker.wait() for worker in workers] == [0, 0]


def test_a_second_run_on_the_page_is_a_run_of_its_own(stack: Stack) -> None:
    port = free_port()
    locust = stack.locust("--web-host", HOST, "--web-port", str(port))
    page = WebPage(port)

    first = _start_stop_and_judge(locust, page)
    second = _start_stop_and_judge(locust, page)

    assert first != second
    locust.send(signal.SIGTERM)
    assert locust.wait() == 0


def _start_stop_and_judge(locust: LocustProcess, page: WebPage) -> str:
    """Returns the run's id."""
    known = set(locust.runs.glob("*/run.json"))
    page.start(users=USERS)
    header = until(
        lambda: next((path for path in locust.runs.glob("*/run.json") if path not in known), None), "it began"
    )
    assert header is not None
    folder = header.parent
    assert page.rows()["status"] == f"run {folder.name} is under way"
    assert locust.until_enough(USERS) == folder
    page.stop()

    slowest_s = _watch_the_check(page, folder.name)

    assert slowest_s < PATIENCE_S
    verdict, counted = verdict_of(folder), evidence_counts.by_request(folder)
    assert verdict["verdict"] == "ISOLATED", verdict["reasons"]
    assert counted.adds_up
    assert page.requests() == counted.sent == verdict["totals"]["sent"] == verdict["totals"]["locust_requests"]
    rows = page.rows()
    assert rows["verdict"] == "ISOLATED"
    assert rows["status"] == f"run {folder.name}: {verdict['headline']}"
    address, body = page.get("/isolation")
    assert address.endswith(f"/isolation/{folder.name}/report.html")
    assert "ISOLATED" in body
    assert folder.name in body
    until(lambda: header_of(folder)["cleaned_at_s"], "what the run created is removed")
    return folder.name


def _watch_the_check(page: WebPage, run: str) -> float:
    """Ask the page as a browser does until there is a verdict; returns the longest that an answer took, in seconds."""
    slowest_s, statuses = 0.0, set[str]()

    def judged() -> bool:
        nonlocal slowest_s
        started_s = time.monotonic()
        status = page.rows()["status"]
        slowest_s = max(slowest_s, time.monotonic() - started_s)
        statuses.add(status)
        return status.startswith(f"run {run}: ")

    until(judged, "there is a verdict")
    assert f"run {run} is being checked" in statuses
    return slowest_s


@pytest.mark.parametrize("path", ["/isolation/../../run.key/report.html", "/isolation/no-such-run/report.html"])
def test_the_page_shows_reports_and_nothing_else(stack: Stack, path: str) -> None:
    port = free_port()
    locust = stack.locust("--web-host", HOST, "--web-port", str(port))
    page = WebPage(port)
    until(page.statistics, "the page is there")

    assert page.status(path) == 404
    assert page.get("/isolation")[1] == "no run yet\n"

    locust.send(signal.SIGTERM)
    assert locust.wait() == 0
