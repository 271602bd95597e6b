"""What a run must have shown of pushes and of replies without an end; the rest is tested through the judge."""

from __future__ import annotations

import dataclasses

import pytest

from checker.result import Verdict
from checker.sufficiency import ended_by_silence, hollow_answers, pushes_not_seen
from evidence.findings import FindingKind
from evidence.records import PUSHED_OWN, SUBSCRIBED_OWN, Exposures, RequestEnded, SightingSeen, TenantProvisioned
from tests.checker.histories import History, healthy, profile

CHAT = {"send": {"id": "{message_id}"}, "ends": ["agent_completed"]}


def test_of_each_subscription_that_promises_so_a_push_must_have_shown_own_marks() -> None:
    history = healthy()
    subscribe = {"send": {"type": "listen"}, "reply_by": "none", "shows_own": True}
    operations = {**history.profile.operations.model_dump(exclude_none=True), "subscribe": subscribe}
    history.profile = profile(operations=operations)
    (reason,) = pushes_not_seen(history.summary(), history.profile)
    assert reason == (
        "no push that showed its tenant's own marks was ever seen (subscribe), so nothing is proven of pushes"
    )
    assert history.judged().verdict is Verdict.INCONCLUSIVE
    rows = next(iter(history.rows.values()))
    rows.append(Exposures("x", {f"{SUBSCRIBED_OWN}another": 1, f"{PUSHED_OWN}subscribe": 1}))
    assert pushes_not_seen(history.summary(), history.profile) == [reason]
    rows.append(Exposures("x", {f"{SUBSCRIBED_OWN}subscribe": 1}))
    assert pushes_not_seen(history.summary(), history.profile) == []


def test_of_each_declared_kind_a_push_must_have_shown_own_marks() -> None:
    history = healthy()
    frames = {**history.profile.frames.model_dump(exclude_none=True), "pushes_show_own": ["note", "alert"]}
    history.profile = profile(frames=frames)
    rows = next(iter(history.rows.values()))
    rows.append(Exposures("x", {f"{PUSHED_OWN}note": 5, "unsolicited": 9}))
    (reason,) = pushes_not_seen(history.summary(), history.profile)
    assert "(alert)" in reason
    assert history.judged().verdict is Verdict.INCONCLUSIVE
    rows.append(Exposures("x", {f"{PUSHED_OWN}alert": 1}))
    assert pushes_not_seen(history.summary(), history.profile) == []
    assert history.judged().verdict is Verdict.ISOLATED


def test_replies_that_silence_ends_are_named() -> None:
    history = healthy()
    assert ended_by_silence(history.summary(), history.profile) == []
    operations = history.profile.operations.model_dump(exclude_none=True)
    operations["chat"] |= {"ends": [], "ends_after_silence_s": 0.5}
    history.profile = profile(operations=operations)
    (note,) = ended_by_silence(history.summary(), history.profile)
    assert note == "replies to chat have no end mark: 0.5 s of silence counted as their end"
    assert note in history.judged().notes


def test_what_leaks_by_design_is_no_leak_and_is_told() -> None:
    history = healthy()
    operations = history.profile.operations.model_dump(exclude_none=True)
    operations["chat"] |= {"leaks_by_design": "a public board"}
    history.profile = profile(operations=operations)
    rows = next(iter(history.rows.values()))
    request = next(row for row in rows if isinstance(row, RequestEnded))
    rows.append(
        SightingSeen(FindingKind.FOREIGN_CONTENT, 1, request.tenant, "frame x", "reply to chat", 1.0, "", "known", "")
    )
    result = history.judged()
    assert (result.verdict, result.findings) == (Verdict.ISOLATED, [])
    assert any("a public board): 1 sighting" in sentence for sentence in result.not_covered)


def test_what_is_said_without_a_reply_counts_as_neither_sent_nor_answered() -> None:
    history = healthy()
    before = history.judged().totals
    rows = next(iter(history.rows.values()))
    request = next(row for row in rows if isinstance(row, RequestEnded))
    rows.append(RequestEnded(request.tenant, 0, 99, "tell", "said", request.sent_at_s, 0.0))
    result = history.judged()
    assert (result.totals.sent, result.totals.answered) == (before.sent, before.answered)
    (told,) = [operation for operation in result.operations if operation.operation == "tell"]
    assert (told.said, told.sent, told.answered) == (1, 0, 0)


@pytest.mark.parametrize("shows_own", [True, False])
def test_a_reply_that_is_known_by_its_kind_counts_as_a_look_if_it_must_show_own_marks(shows_own: bool) -> None:
    history = healthy()
    operations = history.profile.operations.model_dump(exclude_none=True)
    operations["chat"] |= {"reply_by": "kind", "shows_own": shows_own}
    history.profile = profile(operations=operations)
    history.replace(RequestEnded, lambda row: dataclasses.replace(row, operation="chat"), lambda row: row.tenant == 2)
    silent = [reason for reason in history.judged().reasons if "nothing is proven about them" in reason]
    assert bool(silent) is not shows_own


def a_reading_history(*, existed: bool = True) -> History:
    """Accounts whose reads must show their own; each reads its state before and after it has said anything."""
    history = healthy()
    history.replace(TenantProvisioned, lambda row: dataclasses.replace(row, existed=existed))
    for rows in history.rows.values():
        for row in [row for row in rows if isinstance(row, RequestEnded) and row.operation == "state_read"]:
            early = dataclasses.replace(row, sequence=100, sent_at_s=row.sent_at_s - 10.5, own_marks=0)
            first = next(at for at, other in enumerate(rows) if getattr(other, "tenant", None) == row.tenant)
            rows.insert(first + 1, early)
    return history


def test_an_account_that_has_said_nothing_yet_has_nothing_of_its_own_to_be_shown() -> None:
    history = a_reading_history()
    assert hollow_answers(history.summary(), history.profile) == []
    minted = a_reading_history(existed=False)
    (reason,) = hollow_answers(minted.summary(), minted.profile)
    assert reason.startswith("4 of 8 answers to state_read (50 %) showed none of the tenant's own marks")


def test_an_account_that_has_spoken_must_be_shown_its_own() -> None:
    history = a_reading_history()
    history.replace(
        RequestEnded, lambda row: dataclasses.replace(row, own_marks=0), lambda row: row.operation == "state_read"
    )
    (reason,) = hollow_answers(history.summary(), history.profile)
    assert reason.startswith("4 of 4 answers to state_read (100 %) showed none of the tenant's own marks")


def test_reads_of_which_none_could_show_anything_prove_nothing() -> None:
    history = a_reading_history()
    history.replace(RequestEnded, lambda row: None, lambda row: row.operation == "state_read" and row.own_marks > 0)
    (reason,) = hollow_answers(history.summary(), history.profile)
    assert reason.startswith("no answer to state_read could show the tenant's own marks")


def test_what_an_account_says_elsewhere_fills_no_state() -> None:
    history = a_reading_history()
    operations = history.profile.operations.model_dump(exclude_none=True)
    operations["state_write"] = {"send": {"id": "{message_id}", "text": "{state_canary}"}, "ends": ["written"]}
    history.profile = profile(operations=operations)
    history.replace(
        RequestEnded, lambda row: dataclasses.replace(row, own_marks=0), lambda row: row.operation == "state_read"
    )
    (reason,) = hollow_answers(history.summary(), history.profile)
    assert reason.startswith("no answer to state_read could show the tenant's own marks")
