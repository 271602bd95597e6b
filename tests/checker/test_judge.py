"""Whole runs, each healthy but for one thing, and the whole outcome of each."""

from __future__ import annotations

import dataclasses

import pytest

from checker.look import Look
from checker.result import Verdict
from config.profile import Profile
from evidence.findings import FindingKind
from evidence.oracle import control_pair
from evidence.records import (
    GeneratorSample,
    IdLearnt,
    RequestEnded,
    SessionEnded,
    TenantLedger,
)
from tests.checker.histories import (
    POSTGRES_PLACE,
    REDIS_PLACE,
    a_sighting,
    healthy,
    misfiled,
    outcome,
    profile,
    unanswered,
)


def test_a_healthy_run_is_isolated_and_says_why() -> None:
    result = healthy(tenants=4).judged()
    assert outcome(result) == (Verdict.ISOLATED, 0, [])
    assert result.headline == "No leak in 28 replies to 4 tenants, 12 Redis keys and 40 Postgres rows."
    assert result.believe == [
        "68 frames (100 % of all) were inspected as they arrived, 28 replies among them.",
        "A leak planted through the target was seen live on the one node.",
        "6 of 6 pairs of tenants (100 %) acted at the same time.",
        "What makes leaks show was done: 9 requests sent while another was open, 2 sessions dropped in the middle of a "
        "request, 3 resumes.",
        "redis at 127.0.0.1:6379/0: 12 keys read, 8 of 8 own marks found again (100 %), the planted control was "
        "caught.",
        "postgres at 127.0.0.1:5432/app: 40 rows read, 28 of 28 own marks found again (100 %), the planted control was "
        "caught.",
        "8 of 8 accounts settled to the unit.",
        "Evidence arrived whole from the one node (93 rows), and Locust counted the same 28 requests.",
        "With 95 % confidence fewer than 78 % of drops in the middle of a request leak (the weakest of 9 bounds); of "
        "Postgres rows fewer than 7.3 %.",
    ]
    assert result.totals.sent == result.totals.answered == 28
    assert result.findings == []


def test_a_healthy_run_on_three_nodes_is_isolated() -> None:
    assert outcome(healthy(tenants=9, nodes=("worker-0", "worker-1", "worker-2")).judged())[:2] == (Verdict.ISOLATED, 0)


def test_one_foreign_canary_in_one_frame_is_a_leak_and_names_both() -> None:
    history = healthy()
    history.rows["local"].append(a_sighting(owner=2, recipient=1))
    result = history.judged()
    assert outcome(result) == (
        Verdict.LEAKING,
        1,
        ["foreign-content of tenant t-2 at tenant t-1 in frame agent_completed: a prompt mark of another tenant"],
    )
    assert result.headline == "One leak: data of tenant t-2 reached tenant t-1 in frame agent_completed (1 time)."
    bounds = {bound.unit: (bound.leaks, bound.exposures) for bound in result.bounds}
    assert (bounds["replies"], bounds["sessions"], bounds["pairs of tenants"]) == ((1, 28), (1, 4), (1, 6))
    assert bounds["resumes"] == (None, 3)
    [finding] = result.findings
    assert finding.owner and finding.recipient
    assert (finding.owner.name, finding.recipient.name, finding.count) == ("t-2", "t-1", 1)


def test_leaking_beats_inconclusive_and_both_are_told() -> None:
    history = healthy()
    history.rows["local"].append(a_sighting())
    history.header.ended_at_s = None
    result = history.judged()
    assert (result.verdict, result.exit_code) == (Verdict.LEAKING, 1)
    assert result.reasons[-1] == "the run never ended: it was killed, or it is still going on"


def test_sightings_of_one_cause_are_one_finding() -> None:
    history = healthy()
    history.rows["local"] += [a_sighting()] * 1000
    result = history.judged()
    assert (result.findings_total, result.sightings_total, result.findings[0].count) == (1, 1000, 1000)


def test_an_amount_in_nobodys_band_is_a_suspicion() -> None:
    history = healthy()
    history.rows["local"].append(a_sighting(owner=77_777, kind=FindingKind.FOREIGN_BUDGET))
    result = history.judged()
    assert result.verdict is Verdict.ISOLATED
    assert [(finding.severity, finding.owner) for finding in result.findings] == [("suspicion", None)]


def test_an_amount_in_a_tenants_band_is_a_leak() -> None:
    history = healthy()
    history.rows["local"].append(a_sighting(owner=2, kind=FindingKind.FOREIGN_BUDGET))
    assert history.judged().verdict is Verdict.LEAKING


def test_what_control_tenants_show_each_other_is_no_finding() -> None:
    history = healthy()
    holder, planted = control_pair(0)
    history.rows["local"].append(a_sighting(owner=planted, recipient=holder))
    result = history.judged()
    assert outcome(result) == (Verdict.ISOLATED, 0, [])
    assert result.findings_total == 0


def test_the_controls_data_at_a_real_tenant_is_a_leak() -> None:
    history = healthy()
    history.rows["local"].append(a_sighting(owner=control_pair(0)[0], recipient=1))
    assert history.judged().verdict is Verdict.LEAKING


def test_one_id_for_two_tenants_on_two_nodes_is_a_leak() -> None:
    history = healthy(nodes=("worker-0", "worker-1"))
    for number in (0, 1):
        history.rows[f"worker-{number}"].append(IdLearnt(number, "agent", "agent-of-both"))
    result = history.judged()
    assert result.verdict is Verdict.LEAKING
    assert [(f.kind, f.owner and f.owner.name, f.recipient and f.recipient.name) for f in result.findings] == [
        ("shared-id", "t-0", "t-1")
    ]


def test_misfiled_rows_are_a_leak() -> None:
    history = healthy()
    history.scans["postgres"].findings = [misfiled(2, 1, count=3)]
    result = history.judged()
    assert result.verdict is Verdict.LEAKING
    assert (result.findings[0].reproduce.startswith("psql"), result.findings[0].count) == (True, 3)


def test_leaks_too_many_to_keep_are_leaks() -> None:
    history = healthy()
    history.scans["redis"].overflow = 12
    result = history.judged()
    assert (result.verdict, result.exit_code, result.sightings_total) == (Verdict.LEAKING, 1, 12)


def test_a_charge_on_the_wrong_budget_names_the_victim_and_the_other() -> None:
    history = healthy()
    history.scans["redis"].amounts[REDIS_PLACE, 1] -= 7
    history.scans["redis"].amounts[REDIS_PLACE, 3] += 7
    result = history.judged()
    assert result.verdict is Verdict.LEAKING
    [finding] = result.findings
    assert finding.owner and finding.recipient
    assert (finding.kind, finding.owner.name, finding.recipient.name) == ("account-mismatch", "t-1", "t-3")
    assert "7 too little (overcharged)" in finding.detail
    assert (result.accounts_settled, result.accounts_unsettled) == (6, 2)


def test_two_victims_of_the_same_amount_are_not_paired_by_guessing() -> None:
    history = healthy()
    for number, off in ((0, -7), (1, -7), (2, 7)):
        history.scans["postgres"].amounts[POSTGRES_PLACE, number] += off
    findings = history.judged().findings
    assert sorted((f.owner.number, f.recipient.number) for f in findings if f.owner and f.recipient) == [
        (0, 0),
        (1, 1),
        (2, 2),
    ]


def test_unknown_requests_leave_room_in_the_account() -> None:
    history = healthy()
    history.replace(
        TenantLedger,
        lambda row: dataclasses.replace(row, unknown=14, low=row.low - 14, step=7),
        lambda row: row.tenant == 0,
    )
    for off, verdict in (
        (-7, Verdict.ISOLATED),
        (-14, Verdict.ISOLATED),
        (-21, Verdict.LEAKING),
        (-3, Verdict.LEAKING),
    ):
        for scan, place in (("redis", REDIS_PLACE), ("postgres", POSTGRES_PLACE)):
            history.scans[scan].amounts[place, 0] = 1_000_000 - 35 + off
        assert history.judged().verdict is verdict, off


def test_a_leak_in_one_store_is_told_when_the_other_cannot_be_read() -> None:
    history = healthy()
    history.scans["postgres"].findings = [misfiled(2, 1)]
    refused = Look("redis", problem="Redis at 127.0.0.1:1/0 refused the connection; start it")
    result = history.judged([refused, Look("postgres", scan=history.scans["postgres"])])
    assert (result.verdict, result.exit_code) == (Verdict.LEAKING, 1)
    assert refused.problem in result.reasons


def test_one_tenant_alone_proves_nothing() -> None:
    result = healthy(tenants=1).judged()
    assert outcome(result)[:2] == (Verdict.INCONCLUSIVE, 3)
    assert "only one tenant acted, and isolation takes at least two" in result.reasons


def test_tenants_one_after_the_other_prove_nothing() -> None:
    history = healthy(tenants=3)
    history.replace(RequestEnded, lambda row: dataclasses.replace(row, sent_at_s=row.sent_at_s + 1000 * row.tenant))
    assert "none of the 3 tenants acted at the same time as another" in history.judged().reasons


def test_a_store_that_nobody_looked_into_is_missed() -> None:
    history = healthy()
    del history.scans["redis"]
    assert history.judged().reasons == ["redis was not read"]


def test_a_profile_without_stores_is_inconclusive() -> None:
    history = healthy()
    history.profile = profile(stores={})
    history.scans.clear()
    [reason] = history.judged().reasons
    assert reason.startswith("no store was checked")


def test_a_target_knowingly_without_stores_can_be_isolated_and_the_verdict_says_what_it_leaves_out() -> None:
    history = healthy()
    history.profile = profile(stores={"none": "it keeps its queues in files of its own"})
    history.scans.clear()
    result = history.judged()
    assert outcome(result)[:2] == (Verdict.ISOLATED, 0)
    assert result.not_covered == ["no store was looked at: it keeps its queues in files of its own"]
    assert "(no store was looked at)" in result.headline


def test_requests_the_run_cut_short_itself_weigh_on_no_rate() -> None:
    history = healthy()
    unanswered(history, lambda row: row.sequence <= 2)
    history.replace(
        RequestEnded,
        lambda row: dataclasses.replace(row, reason="session dropped"),
        lambda row: row.outcome == "unknown",
    )
    result = history.judged()
    assert outcome(result) == (Verdict.ISOLATED, 0, [])
    assert (result.totals.unknown, result.totals.unknown_on_purpose) == (8, 8)


def test_a_crossed_limit_makes_an_isolated_run_exit_1() -> None:
    history = healthy()
    history.replace(SessionEnded, lambda row: dataclasses.replace(row, how="lost"), lambda row: row.tenant == 0)
    result = history.judged()
    assert outcome(result) == (Verdict.ISOLATED, 1, ["number of sessions lost was 1, the limit is at most 0"])
    assert "but number of sessions lost was 1" in result.headline


def test_a_limit_that_cannot_be_judged_makes_an_isolated_run_exit_3() -> None:
    history = healthy()
    history.replace(GeneratorSample, lambda row: dataclasses.replace(row, late_s=0.2))
    result = history.judged()
    assert (result.verdict, result.exit_code) == (Verdict.ISOLATED, 3)
    assert "but limits could not be judged" in result.headline
    assert all("itself was more than 100 ms late for 20 % of the time" in reason for reason in result.reasons)
    assert len(result.reasons) == 2


def test_a_part_that_crashes_is_inconclusive_and_never_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(summary: object, limits: Profile) -> None:
        raise ZeroDivisionError("redis://u:sesame@host")

    monkeypatch.setattr("checker.thresholds.judge_thresholds", crash)
    result = healthy().judged()
    assert outcome(result) == (Verdict.INCONCLUSIVE, 3, ["judging the limits crashed: ZeroDivisionError"])
    assert "sesame" not in result.model_dump_json()
