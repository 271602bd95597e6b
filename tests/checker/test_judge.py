"""Whole runs, each healthy but for one thing, and the whole outcome of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from checker.judgement_reports import Judgement
from checker.look import Look
from checker.result import Result, Verdict
from config.profile import Profile
from evidence.findings import FindingKind
from evidence.marks import MarkKind
from evidence.oracle import control_pair
from evidence.records import (
    FRAMES_CUT,
    ControlCaught,
    Exposures,
    Gap,
    GeneratorSample,
    IdLearnt,
    NodeEnded,
    RequestEnded,
    SessionEnded,
    TenantLedger,
    TenantProvisioned,
    TenantStarted,
)
from tests.checker.histories import (
    BUDGET,
    NO_REMOVAL,
    POSTGRES_PLACE,
    REDIS_PLACE,
    START_S,
    History,
    a_sighting,
    healthy,
    misfiled,
    profile,
)


def unanswered(history: History, where: Callable[[RequestEnded], bool] = lambda row: True) -> None:
    """Makes requests time out, in rows and ledgers alike."""
    lost: dict[int, int] = {}

    def give_up(row: RequestEnded) -> RequestEnded:
        lost[row.tenant] = lost.get(row.tenant, 0) + 1
        return dataclasses.replace(
            row, outcome="unknown", reason="timed out", first_ms=None, reply_ms=None, events=[], charged=0, own_marks=0
        )

    history.replace(RequestEnded, give_up, where)
    history.replace(
        TenantLedger,
        lambda row: dataclasses.replace(
            row, answered=row.answered - lost.get(row.tenant, 0), unknown_requests=lost.get(row.tenant, 0), low=0
        ),
    )


def outcome(result: Result) -> tuple[Verdict, int, list[str]]:
    return result.verdict, result.exit_code, result.reasons


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


def test_no_reply_at_all_is_never_a_success() -> None:
    history = healthy(tenants=10, chats=1)
    history.scans["redis"].amounts = {}
    unanswered(history)
    result = history.judged()
    assert (result.verdict, result.exit_code) == (Verdict.INCONCLUSIVE, 3)
    assert result.headline == "Nothing is proven: 0 of 30 requests answered; most often: timed out (30×)."
    assert Judgement.PASSED not in {test.judgement for test in result.tests}


def test_agents_that_stay_silent_until_the_run_ends_are_named_though_nothing_timed_out() -> None:
    history = healthy()
    unanswered(history, lambda row: row.operation == "chat")
    for number, row in enumerate(history.rows["local"]):
        if isinstance(row, RequestEnded) and row.operation == "chat":
            history.rows["local"][number] = dataclasses.replace(row, reason="user stopped")
    assert history.judged().reasons[0].startswith("0 of 20 requests answered of the kind chat")


def test_agents_that_never_reply_are_named_though_other_requests_are_answered() -> None:
    history = healthy(tenants=10, chats=1)
    unanswered(history, lambda row: row.operation == "chat")
    result = history.judged()
    assert (result.verdict, result.exit_code) == (Verdict.INCONCLUSIVE, 3)
    assert result.reasons[0] == "0 of 10 requests answered of the kind chat; most often: timed out (10×)"


def refused(history: History, reason: str, *, due: bool) -> None:
    """Refuses every chat, in rows and ledgers alike."""
    lost: dict[int, int] = {}

    def refuse(row: RequestEnded) -> RequestEnded:
        lost[row.tenant] = lost.get(row.tenant, 0) + 1
        return dataclasses.replace(
            row, outcome="refused", reason=reason, expected=due, charged=0, own_marks=0, canaries=[]
        )

    history.replace(RequestEnded, refuse, lambda row: row.operation == "chat")
    history.replace(
        TenantLedger,
        lambda row: dataclasses.replace(row, answered=row.answered - lost[row.tenant], refused=lost[row.tenant]),
    )


def test_agents_that_answer_every_chat_with_an_error_are_silent_agents() -> None:
    history = healthy(tenants=10, chats=1)
    history.profile = profile(thresholds={})
    refused(history, "internal_error", due=False)
    result = history.judged()
    assert (result.verdict, result.exit_code) == (Verdict.INCONCLUSIVE, 3)
    assert result.reasons == ["0 of 10 requests answered of the kind chat; most often: internal_error (10×)"]


def test_refusals_that_were_due_are_no_silence() -> None:
    history = healthy(tenants=10, chats=1)
    refused(history, "budget_exhausted", due=True)
    assert not any("answered of the kind" in reason for reason in history.judged().reasons)


def test_a_fatal_gap_comes_first_and_in_its_own_words() -> None:
    history = healthy()
    history.rows["local"].append(
        Gap("local", 1.0, "auth service at 127.0.0.1:1 did not answer: connection refused", True)
    )
    result = history.judged()
    assert result.reasons[0] == "auth service at 127.0.0.1:1 did not answer: connection refused"
    assert result.verdict is Verdict.INCONCLUSIVE


def test_after_the_clean_up_a_check_says_so_first() -> None:
    history = healthy()
    history.header.cleaned_at_s = 0.0
    result = history.judged()
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reasons[0].startswith("what the run created was removed at 1970-01-01 00:00:00 UTC")


def test_a_gap_that_is_not_fatal_is_noted() -> None:
    history = healthy()
    history.rows["local"].append(Gap("local", 1.0, "removing tenant t-1 failed"))
    result = history.judged()
    assert outcome(result) == (Verdict.ISOLATED, 0, [])
    assert result.notes == ["removing tenant t-1 failed", NO_REMOVAL]


def test_an_empty_run_is_inconclusive() -> None:
    history = healthy(tenants=0)
    result = history.judged()
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reasons[0] == "there were no tenants, so nothing was looked at"


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


BROKEN: dict[str, tuple[Callable[[History], object], str]] = {
    "the run never ended": (lambda h: setattr(h.header, "ended_at_s", None), "the run never ended"),
    "a node never came": (
        lambda h: h.header.nodes.append("worker-9"),
        "node worker-9 took part and none of its evidence",
    ),
    "a node never said done": (lambda h: h.header.drained.remove("local"), "node local never said that it was done"),
    "rows got lost": (
        lambda h: h.rows["local"].append(NodeEnded("local", 1.0, 200, 28, 28, 0, 0)),
        "node local wrote 200 rows and 92 arrived: its 4 tenants and 28 requests are known only in part",
    ),
    "a node counted more": (
        lambda h: h.rows["local"].append(NodeEnded("local", 1.0, len(h.rows["local"]), 29, 29, 0, 0)),
        "node local counted 29 requests and its evidence has 28",
    ),
    "Locust counted more": (lambda h: setattr(h.header, "locust_requests", 30), "Locust counted 30 requests and the"),
    "a ledger is torn": (
        lambda h: h.replace(TenantLedger, lambda r: dataclasses.replace(r, unknown_requests=1)),
        "in 4 ledgers the requests sent are not those answered, refused and unknown together: t-0, t-1, t-2 and 1 more",
    ),
    "a ledger is missing": (
        lambda h: h.replace(TenantLedger, lambda r: None, lambda r: r.tenant == 2),
        "1 tenant acted and never closed a ledger: t-2",
    ),
    "a request is missing": (
        lambda h: h.replace(RequestEnded, lambda r: None, lambda r: (r.tenant, r.sequence) == (1, 1)),
        "1 ledger and the requests in the evidence tell different counts",
    ),
    "frames were not inspected": (
        lambda h: h.replace(TenantLedger, lambda r: dataclasses.replace(r, frames_inspected=r.frames - 1)),
        "4 of 68 frames were not inspected",
    ),
    "the live control was missed": (
        lambda h: h.replace(ControlCaught, lambda r: dataclasses.replace(r, caught=False, detail="no state_read")),
        "the live control on node local was not caught, so a leak might go unseen there: no state_read",
    ),
    "no live control": (
        lambda h: h.replace(ControlCaught, lambda r: None),
        "no live control was planted on node local",
    ),
    "the store's control was missed": (
        lambda h: setattr(h.scans["redis"], "control_findings", []),
        "the control planted in redis at 127.0.0.1:6379/0 was not caught",
    ),
    "no control in the stores": (
        lambda h: h.replace(TenantProvisioned, lambda r: None, lambda r: r.control),
        "no control was planted in redis at 127.0.0.1:6379/0",
    ),
    "own marks are gone": (
        lambda h: h.scans["postgres"].own_marks.clear(),
        "only 0 of 28 own marks (0 %) were found again in postgres at 127.0.0.1:5432/app, 99 % are needed; missing is "
        "for example the row canary 1 of tenant t-0",
    ),
    "nothing was expected": (
        lambda h: h.replace(TenantProvisioned, lambda r: dataclasses.replace(r, planted={"postgres": ["ROW:1"]})),
        "none of this run's own marks was expected in redis",
    ),
    "a part was skipped": (
        lambda h: h.scans["postgres"].skipped.append("table public.audit can't be read: permission denied"),
        "postgres at 127.0.0.1:5432/app was not read whole: table public.audit can't be read: permission denied",
    ),
    "an amount is missing": (
        lambda h: h.scans["redis"].amounts.pop((REDIS_PLACE, 3)),
        "no remaining amount was found in redis budget:{tenant} for tenant t-3",
    ),
    "answers were empty": (
        lambda h: h.replace(RequestEnded, lambda r: dataclasses.replace(r, own_marks=0)),
        "20 of 20 answers to chat (100 %) showed none of the tenant's own marks",
    ),
    "a tenant heard nothing": (
        lambda h: unanswered(h, lambda r: r.tenant == 3),
        "tenant t-3 has fewer than 1 inspected reply: nothing is proven about them",
    ),
    "too many unknown": (
        lambda h: unanswered(h, lambda r: r.sequence <= 2),
        "8 of 28 requests (28.6 %) ended unknown, at most 5 % may",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_was_not_looked_at_is_not_clean(name: str) -> None:
    broken, reason = BROKEN[name]
    history = healthy()
    broken(history)
    result = history.judged()
    assert (result.verdict, result.exit_code) == (Verdict.INCONCLUSIVE, 3)
    assert any(told.startswith(reason) for told in result.reasons), result.reasons


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


@pytest.mark.parametrize(("unmatched", "verdict"), [(1, Verdict.ISOLATED), (4, Verdict.INCONCLUSIVE)])
def test_frames_that_answer_nothing_are_told_and_many_of_them_are_a_doubt(unmatched: int, verdict: Verdict) -> None:
    history = healthy(tenants=40)  # 680 frames
    history.replace(
        TenantLedger, lambda row: dataclasses.replace(row, unmatched=unmatched), lambda row: row.tenant == 0
    )
    result = history.judged()
    said = result.notes[:1] if verdict is Verdict.ISOLATED else result.reasons
    assert result.verdict is verdict
    assert [line for line in said if line.startswith(f"{unmatched} of 680 frames (0.")] == said


@pytest.mark.parametrize(("asked_for", "verdict"), [(42, Verdict.ISOLATED), (43, Verdict.INCONCLUSIVE)])
def test_nearly_all_tenants_that_were_asked_for_must_have_acted(asked_for: int, verdict: Verdict) -> None:
    history = healthy(tenants=40)
    history.header.users = asked_for
    result = history.judged()
    assert result.verdict is verdict
    said = result.notes[:1] if verdict is Verdict.ISOLATED else result.reasons
    assert said == [f"40 of the {asked_for} tenants that were asked for acted"]


def test_a_tenant_that_only_got_pongs_was_not_looked_at() -> None:
    history = healthy()
    history.replace(RequestEnded, lambda row: dataclasses.replace(row, operation="ping"), lambda row: row.tenant == 2)
    result = history.judged()
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "tenant t-2 has fewer than 1 inspected reply: nothing is proven about them" in result.reasons


@pytest.mark.parametrize(("began_s", "verdict"), [(12.0, Verdict.ISOLATED), (2.0, Verdict.INCONCLUSIVE)])
def test_a_tenant_that_began_at_the_very_end_and_sent_nothing_is_only_told(began_s: float, verdict: Verdict) -> None:
    history = healthy(tenants=4)  # the last request ends after 13.3 s
    history.header.locust_requests = 21
    for number in range(1, 6):
        history.scans["postgres"].own_marks.discard((MarkKind.PROMPT, 3, number))
    for scan, place in (("redis", REDIS_PLACE), ("postgres", POSTGRES_PLACE)):
        history.scans[scan].amounts[place, 3] = BUDGET
    history.replace(RequestEnded, lambda row: None, lambda row: row.tenant == 3)
    history.replace(
        TenantStarted, lambda row: dataclasses.replace(row, at_s=START_S + began_s), lambda row: row.tenant == 3
    )
    history.replace(
        TenantLedger,
        lambda row: dataclasses.replace(row, charged=0, low=BUDGET, high=BUDGET, sent=0, answered=0),
        lambda row: row.tenant == 3,
    )
    result = history.judged()
    if verdict is Verdict.ISOLATED:
        assert (result.verdict, result.reasons) == (verdict, [])
    else:
        assert result.reasons == ["tenant t-3 has fewer than 1 inspected reply: nothing is proven about them"]
    assert ("1 tenant came too late to send anything" in result.notes) is (verdict is Verdict.ISOLATED)


def test_frames_too_large_to_be_seen_through_are_noted() -> None:
    history = healthy()
    history.rows["local"].append(Exposures("local", {FRAMES_CUT: 2}))
    assert history.judged().notes == [
        "2 frames were too large to be seen through whole: what is encoded in the rest was not read",
        NO_REMOVAL,
    ]
