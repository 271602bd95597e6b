"""What did not arrive or was not looked at: whole runs that lack one thing are never clean."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from checker.judgement_reports import Judgement
from checker.result import Verdict
from evidence.marks import MarkKind
from evidence.records import (
    FRAMES_CUT,
    UNMATCHED,
    ControlCaught,
    Exposures,
    Gap,
    NodeEnded,
    RequestEnded,
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
    healthy,
    outcome,
    profile,
    unanswered,
)


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


def test_the_kinds_of_frames_that_answer_nothing_are_named_with_the_keys_to_look_at() -> None:
    history = healthy(tenants=40)
    history.replace(TenantLedger, lambda row: dataclasses.replace(row, unmatched=4), lambda row: row.tenant == 0)
    kinds = {f"{UNMATCHED}typing": 1, f"{UNMATCHED}open": 3}
    history.replace(Exposures, lambda row: dataclasses.replace(row, counts={**row.counts, **kinds}))
    (told,) = [reason for reason in history.judged().reasons if "belonged to no request" in reason]
    assert told.endswith("; of the kinds open (3×), typing (1×): name in frames.pushes or frames.housekeeping what "
                         "answers nothing")  # fmt: skip


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
