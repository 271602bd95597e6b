from __future__ import annotations

import dataclasses

import pytest

from checker.accounts import settle
from checker.causes import causes_of
from checker.exposed import Exposure, exposures_of
from checker.gathering import gather
from checker.look import Look
from checker.recall import coverage
from checker.reports_of_run import totals_of
from evidence.findings import FindingKind
from evidence.records import AccessAttempt, SessionOpened
from tests.checker.histories import REDIS_PLACE, START_S, History, a_sighting, healthy, misfiled


def exposed(history: History) -> dict[str, Exposure]:
    summary, scans = history.summary(), list(history.scans.values())
    settlement = settle(summary, scans)
    table = gather(summary, scans, settlement.sightings)
    reports = [coverage(summary, history.profile, Look(scan.store, scan=scan)) for scan in scans]
    causes = list(causes_of(table, table.beyond))
    found = exposures_of(summary, history.profile, totals_of(summary), reports, settlement, causes)
    assert len({exposure.unit for exposure in found}) == len(found)
    return {exposure.unit: exposure for exposure in found}


def leaks(history: History) -> dict[str, int | None]:
    return {unit: exposure.leaks for unit, exposure in exposed(history).items() if exposure.leaks != 0}


def test_a_clean_run_is_counted_in_every_unit() -> None:
    found = exposed(healthy(tenants=4))
    counts = {unit: exposure.count for unit, exposure in found.items() if exposure.count}
    assert counts == {
        "replies": 28, "sessions": 4, "pairs of tenants": 6, "resumes": 3, "drops in the middle of a request": 2,
        "requests sent while another was open": 9, "Redis keys": 12, "Postgres rows": 40, "accounts": 8,
    }  # fmt: skip
    assert {exposure.leaks for exposure in found.values()} == {0}


def test_a_frame_that_shows_several_leaks_is_one_reply_that_leaked() -> None:
    history = healthy()
    frame = "frame agent_completed of session 0 of tenant 1"
    for kind in (FindingKind.MISROUTED_REPLY, FindingKind.FOREIGN_CONTENT, FindingKind.WRONG_IDENTITY):
        history.rows["local"].append(a_sighting(kind=kind, place=frame))
    history.rows["local"].append(a_sighting(place=frame, at_s=START_S + 21))
    found = leaks(history)
    assert (found["replies"], found["sessions"], found["pairs of tenants"]) == (2, 1, 1)
    assert found["resumes"] is None and found["reconnects"] is None


def test_events_are_no_replies_and_suspicions_no_leaks() -> None:
    history = healthy()
    history.rows["local"].append(
        a_sighting(group="frame agent_started", place="frame agent_started of session 0 of tenant 1")
    )
    history.rows["local"].append(a_sighting(severity="suspicion", at_s=START_S + 30))
    found = leaks(history)
    assert "replies" not in found
    assert found["sessions"] == 1


def test_refusals_that_leak_are_told_apart() -> None:
    history = healthy()
    history.rows["local"].append(a_sighting(group="frame error", place="frame error of session 0 of tenant 1"))
    assert leaks(history)["refusals"] == 1


def test_pairs_are_counted_once_in_either_direction_and_over_all_findings() -> None:
    history = healthy()
    history.rows["local"] += [a_sighting(0, 1), a_sighting(1, 0, at_s=START_S + 40), a_sighting(None, 1)]
    history.scans["postgres"].findings = [misfiled(2, 3, count=5)]
    found = leaks(history)
    assert (found["pairs of tenants"], found["Postgres rows"]) == (2, 5)
    assert "Redis keys" not in found


def test_accounts_that_do_not_settle_have_leaked() -> None:
    history = healthy()
    history.scans["redis"].amounts[REDIS_PLACE, 3] -= 5
    assert leaks(history)["accounts"] == 1


@pytest.mark.parametrize(("outcome", "count", "granted"), [("refused", 1, 0), ("granted", 1, 1), ("unclear", 0, 0)])
def test_only_decided_attempts_count(outcome: str, count: int, granted: int) -> None:
    history = healthy()
    history.rows["local"].append(AccessAttempt(1, 2, "read_history", "read", outcome, START_S))
    tried = exposed(history)["attempts to read what is another's"]
    assert (tried.count, tried.leaks) == (count, granted)


def test_connections_after_the_first_are_reconnects() -> None:
    history = healthy()
    again = next(row for row in history.rows["local"] if isinstance(row, SessionOpened))
    history.rows["local"].append(dataclasses.replace(again, connection=1))
    assert exposed(history)["reconnects"].count == 1


def test_an_amount_is_a_leak_only_if_there_is_such_a_tenant() -> None:
    history = healthy()
    budget = {"kind": FindingKind.FOREIGN_BUDGET, "place": "frame agent_completed of session 0 of tenant 1"}
    history.rows["local"].append(a_sighting(77_777, 1, **budget))
    assert leaks(history) == {}
    history.rows["local"].append(a_sighting(2, 1, at_s=START_S + 30, **budget))
    found = leaks(history)
    assert (found["replies"], found["sessions"]) == (1, 1)
