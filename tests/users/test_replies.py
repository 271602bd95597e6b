from __future__ import annotations

import pytest

from evidence.findings import FindingKind
from evidence.marks import Mark, MarkKind
from evidence.records import PUSHED_OWN, UNMATCHED, IdLearnt, encode
from evidence.requests import Outcome
from tests.users.fixtures import KEY, OWN, Talk, World, kinds, profile_for, world


def test_a_stream_ends_by_its_final_event_and_each_event_is_reported(talk: Talk, here: World) -> None:
    request, _ = talk.ask()
    start_s = request.sent_s
    for number, kind in enumerate(("agent_started", "agent_thinking", "tool_executing", "tool_completed")):
        talk.hear({"type": kind, "message_id": request.request_id}, start_s + 0.01 * (number + 1))
        assert request.outcome is None
    talk.hear({"type": "agent_completed", "message_id": request.request_id, "charged": 7}, start_s + 0.1)
    assert request.outcome is Outcome.ANSWERED
    (row,) = here.requests
    assert [kind for kind, _ in row.events][-2:] == ["tool_completed", "agent_completed"]
    assert (row.frames, row.charged, row.canaries, row.outcome) == (5, 7, [1], "answered")
    assert row.first_ms == pytest.approx(10, abs=0.01) and row.reply_ms == pytest.approx(100, abs=0.01)
    assert here.reported("first") == here.reported("reply") == here.reported("intended") == ["chat"]
    assert here.reported("event") == [
        "chat: agent_started", "chat: agent_thinking", "chat: tool_executing", "chat: tool_completed",
        "chat: agent_completed",
    ]  # fmt: skip
    assert talk.changes == 1


def test_undeclared_event_types_do_not_name_statistics(talk: Talk, here: World) -> None:
    request, _ = talk.ask()
    for number in range(3):
        talk.hear({"type": f"progress of {number}", "message_id": request.request_id})
    assert here.reported("event") == ["chat: other"] * 3
    assert request.outcome is None


def test_a_duplicate_is_counted_and_charged_once(talk: Talk, here: World) -> None:
    request, _ = talk.ask()
    for _ in range(3):
        talk.finish(request, charged=7)
    assert here.tenant.counts.duplicates == 2
    assert here.tenant.account.charged == 7
    assert len(here.requests) == 1


def test_a_late_answer_settles_the_account_and_leaves_the_count_as_it_was(talk: Talk, here: World) -> None:
    request, _ = talk.ask()
    talk.talk.expire(request.deadline_s)
    talk.hear({"type": "agent_started", "message_id": request.request_id, "charged": 7})
    assert here.tenant.account.unknown == 7
    for _ in range(2):
        talk.finish(request, charged=7)
    assert (here.tenant.account.unknown, here.tenant.account.charged) == (0, 7)
    assert [(row.outcome, row.late_answer) for row in here.requests] == [("unknown", False), ("answered", True)]
    assert here.tenant.counts.unknown == 1 and here.tenant.counts.answered == 0
    assert here.reported("reply") == ["chat"]
    assert request.outcome is Outcome.UNKNOWN


def test_a_late_answer_that_says_no_charge_cost_the_price(talk: Talk, here: World) -> None:
    request, _ = talk.ask()
    talk.talk.expire(request.deadline_s)
    talk.finish(request)
    assert (here.tenant.account.unknown, here.tenant.account.charged) == (0, 7)


@pytest.mark.parametrize(("code", "unknown"), [("budget_exhausted", 0), ("not_found", 0), ("internal_error", 7)])
def test_a_late_refusal_settles_the_account_if_it_was_free(talk: Talk, here: World, code: str, unknown: int) -> None:
    request, _ = talk.ask()
    talk.talk.expire(request.deadline_s)
    talk.hear({"type": "error", "code": code, "message_id": request.request_id})
    assert here.tenant.account.unknown == unknown
    assert [(row.outcome, row.late_answer) for row in here.requests] == [("unknown", False), ("refused", True)]


def test_a_late_answer_that_cannot_be_explained_is_a_finding(talk: Talk, here: World) -> None:
    request, _ = talk.ask()
    talk.talk.expire(request.deadline_s)
    talk.finish(request, charged=14)
    assert kinds(here) == [FindingKind.ACCOUNT_MISMATCH]


def test_a_push_is_unsolicited_and_what_nobody_declared_is_unmatched(talk: Talk, here: World) -> None:
    talk.hear({"type": "state_changed", "note": "x"})
    talk.hear({"type": "surprise"})
    talk.hear({"type": "session_ready", "session_id": "s-1"})
    counts = here.tenant.counts
    assert (counts.unsolicited, counts.unmatched, counts.frames, counts.inspected) == (1, 1, 3, 3)
    assert talk.talk.opening.is_open
    assert [(row.thing, row.value) for row in here.sink.of(IdLearnt)] == [("session", "s-1")]


def test_the_first_few_kinds_that_fit_nothing_are_told_apart_and_show_no_secret(talk: Talk, here: World) -> None:
    here.tenant.tokens.add("PLANTED-token")
    for kind in ("typing", "typing", "for PLANTED-token", *(f"number {n}" for n in range(20))):
        talk.hear({"type": kind})
    told = {name.removeprefix(UNMATCHED): n for name, n in here.run.exposures.items() if name.startswith(UNMATCHED)}
    assert len(told) == 8 and told["typing"] == 2 and not any("PLANTED" in kind for kind in told)
    assert here.tenant.counts.unmatched == 23


def test_what_pushes_show_of_the_tenant_is_counted_for_their_own_kind() -> None:
    here = world(profile_for(frames__pushes=["note", "alert", "hint"], frames__pushes_show_own=["note", "alert"]))
    talk, own = Talk(here), KEY.mint_canary(Mark(MarkKind.PROMPT, OWN, 1))
    for kind in ("note", "note", "hint"):
        talk.hear({"type": kind, "text": own})
    talk.hear({"type": "alert", "text": "nothing of anybody's"})
    shown = {name: times for name, times in here.run.exposures.items() if name.startswith(PUSHED_OWN)}
    assert shown == {f"{PUSHED_OWN}note": 2, f"{PUSHED_OWN}alert": 0}


def test_a_refusal_of_an_attempt_is_due_and_a_failure_is_not(talk: Talk, here: World) -> None:
    for code in ("forbidden", "unavailable"):
        request, _ = talk.ask("attempt: read_state", {"victim_tenant": "v"})
        talk.hear({"type": "error", "code": code, "message_id": request.request_id})
    request, _ = talk.ask("control: read_state", {"victim_tenant": "v"})
    talk.hear({"type": "error", "code": "forbidden", "message_id": request.request_id})
    assert [row.expected for row in here.requests] == [True, False, False]
    assert here.errors() == ["RequestRefused: unavailable", "RequestRefused: forbidden"]


@pytest.mark.parametrize("value", [None, True, "7", 7.0, [], {}, -5, 2**62, 2**63, 1e300, -(2**63)])
@pytest.mark.parametrize("field", ["charged", "remaining", "event_id", "thread_id", "user_id", "code", "session_id"])
def test_wrong_types_in_a_reply_end_it_all_the_same(talk: Talk, here: World, field: str, value: object) -> None:
    request, _ = talk.ask()
    talk.finish(request, **{field: value})
    assert request.outcome is Outcome.ANSWERED
    for row in (*here.sink.rows, here.tenant.ledger()):
        encode(row)
