from __future__ import annotations

import json
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.findings import FindingKind
from evidence.marks import Mark, MarkKind
from evidence.records import RequestEnded, SightingSeen, encode
from evidence.requests import Outcome
from tests.users.fixtures import KEY, OTHER, OWN, Talk, World, kinds, profile_for, world

REFUSED = {"type": "error", "code": "budget_exhausted"}


def test_a_message_carries_its_id_a_canary_and_what_was_learnt(talk: Talk, here: World) -> None:
    talk.hear({"type": "session_ready", "session_id": "s-1"})
    request, frame = talk.ask()
    assert frame["message_id"] == request.request_id == KEY.mint_id(Mark(MarkKind.MESSAGE, OWN, 1))
    assert KEY.mint_canary(Mark(MarkKind.PROMPT, OWN, 1)) in frame["content"]
    assert frame["session_id"] == "s-1"
    assert (request.canaries, request.cost, request.resumable) == ([1], 7, True)
    _, routing = talk.ask("routing")
    assert routing["test_id"] == KEY.mint_id(Mark(MarkKind.TEST, OWN, 2))
    assert routing["user_id"] == here.tenant.identity.name


def test_what_is_not_learnt_yet_is_left_out(talk: Talk) -> None:
    assert "session_id" not in talk.ask()[1]


@pytest.mark.parametrize(
    ("budget", "expected", "found"), [(5, True, []), (700, False, [FindingKind.REFUSED_TOO_EARLY])]
)
def test_a_refusal_for_lack_of_budget_is_due_or_a_finding(budget: int, expected: bool, found: list[str]) -> None:
    here = world(budget=budget)
    talk = Talk(here)
    request, _ = talk.ask()
    talk.hear({**REFUSED, "message_id": request.request_id})
    (row,) = here.requests
    assert (row.outcome, row.reason, row.expected) == ("refused", "budget_exhausted", expected)
    assert kinds(here) == found
    assert here.errors() == ([] if expected else ["RequestRefused: budget_exhausted"])
    assert here.tenant.refusals_seen == 1


@pytest.mark.parametrize(("code", "unknown"), [("not_found", 0), ("internal_error", 7), (None, 7)])
def test_another_refusal_is_never_due_and_may_have_cost_something(code: str | None, unknown: int) -> None:
    here = world()
    talk = Talk(here)
    request, _ = talk.ask()
    talk.hear({"type": "error", "code": code, "message_id": request.request_id})
    assert here.errors() == [f"RequestRefused: {code}"]
    assert not here.requests[0].expected
    assert here.tenant.account.unknown == unknown
    assert here.balance() == 0


def test_an_answer_that_the_budget_could_not_pay_for_is_a_finding() -> None:
    here = world(budget=5)
    talk = Talk(here)
    request, _ = talk.ask()
    talk.finish(request, charged=7)
    assert kinds(here) == [FindingKind.NOT_REFUSED]
    assert here.sink.of(SightingSeen)[0].owner == OWN


def test_a_request_past_its_deadline_is_unknown_and_costs_up_to_its_price(talk: Talk, here: World) -> None:
    request, _ = talk.ask()
    talk.talk.expire(request.deadline_s - 0.001)
    assert len(talk.talk.book) == 1
    talk.talk.expire(request.deadline_s)
    assert (request.outcome, request.reason) == (Outcome.UNKNOWN, "timed out")
    (row,) = here.requests
    assert (row.outcome, row.reply_ms, row.expected) == ("unknown", None, False)
    assert here.errors() == ["RequestUnanswered: timed out"]
    assert [event["response_time"] for event in here.events] == [None]
    assert here.tenant.account.unknown == 7


def test_own_stored_marks_are_counted_and_the_echo_of_the_prompt_is_not(talk: Talk, here: World) -> None:
    request, frame = talk.ask()
    stored = KEY.mint_canary(Mark(MarkKind.CONTEXT, OWN, 77))
    talk.hear({"type": "agent_started", "message_id": request.request_id, "echo": frame["content"]})
    assert request.own_marks == 0
    talk.finish(request, echo=stored)
    assert here.requests[0].own_marks == 1


def test_abandoning_ends_all_but_what_a_resume_may_bring(talk: Talk, here: World) -> None:
    chat, state = talk.ask()[0], talk.ask("state_read")[0]
    talk.talk.abandon("session lost", keep_resumable=True)
    assert (chat.outcome, state.outcome) == (None, Outcome.UNKNOWN)
    talk.talk.abandon("user stopped")
    assert (chat.outcome, chat.reason) == (Outcome.UNKNOWN, "user stopped")
    assert here.balance() == 0


def test_the_latest_event_id_is_remembered(talk: Talk) -> None:
    for event_id in ("1-0", None, "1-1"):
        talk.hear({"type": "state_changed", "event_id": event_id})
    talk.hear({"type": "state_changed"})
    assert talk.ask("resume")[1]["last_event_id"] == "1-1"


def test_whose_marks_an_answer_shows_is_remembered(talk: Talk) -> None:
    request, frame = talk.ask("attempt: read_state", {"victim_tenant": "their name"})
    assert frame["user_id"] == "their name"
    talk.finish(request, note=KEY.mint_canary(Mark(MarkKind.STATE, OTHER, 1)))
    assert request.foreign_owners == {OTHER}


NASTY = [
    "", " ", "null", "true", "7", '"text"', "[]", "{}", "[[[[]]]]", "{", '{"type":', "NaN", "[" * 100_000,
    '{"a":' * 5000 + "1" + "}" * 5000, json.dumps("x" * 1_000_000), '{"type":{"type":[]}}', '{"type":null}',
    '{"message_id":{"a":1},"test_id":[1]}', '{"message_id":true}', '{"charged":1e300}',
    '{"session_id":[],"thread_id":{}}',
    '{"type":"error","code":{"a":[]}}', '{"type":"session_ready","session_id":false}', '{"user_id":[{}]}',
    '{"budget":{"remaining":[1],"quota":"x"},"remaining":-1}', "\x00", '{"type":"\\u0000"}', "\ufffd" * 50,
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_no_frame_disturbs_what_is_open(talk: Talk, here: World, text: str) -> None:
    chat, _ = talk.ask()
    ping, _ = talk.ask("ping")
    talk.hear(text)
    assert (chat.outcome, ping.outcome) == (None, None)
    assert here.balance() == 2
    counts = here.tenant.counts
    assert counts.frames == counts.inspected == 1


frame_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
TYPES = [
    "agent_started", "agent_completed", "error", "pong", "session_ready", "state_changed", "state", "history",
    "state_updated", "routing_test_result", "resumed", "unheard_of",
]  # fmt: skip
FIELDS = ["charged", "remaining", "budget", "code", "event_id", "session_id", "thread_id", "user_id", "test_id"]
ASKED = ["chat", "ping", "routing", "state_write", "state_read", "history", "resume"]
steps = st.lists(
    st.tuples(st.just("ask"), st.sampled_from(ASKED), st.none())
    | st.tuples(st.just("expire"), st.none(), st.none())
    | st.tuples(st.just("abandon"), st.booleans(), st.none())
    | st.tuples(
        st.sampled_from(TYPES) | st.text(max_size=5),
        st.integers(0, 12) | frame_values,
        st.dictionaries(st.sampled_from(FIELDS), frame_values | st.sampled_from(["budget_exhausted"]), max_size=4),
    ),
    max_size=30,
)


@given(steps, st.integers(0, 40))
def test_whatever_comes_it_never_raises_and_all_counts_agree(
    script: list[tuple[str, object, object]], budget: int
) -> None:
    here = world(profile_for(), budget=budget)
    talk = Talk(here)
    ids: list[str] = []
    for what, which, fields in script:
        if what == "ask":
            ids.append(talk.ask(str(which))[0].request_id)
        elif what == "expire":
            talk.talk.expire(time.perf_counter() + 1000)
        elif what == "abandon":
            talk.talk.abandon("session lost", keep_resumable=bool(which))
        else:
            message_id = dict(enumerate(ids)).get(which, which) if isinstance(which, int) else which
            assert isinstance(fields, dict)
            talk.hear({**fields, "type": what, "message_id": message_id})
        assert here.balance() == len(talk.talk.book)
    talk.talk.abandon("user stopped")
    counts = here.tenant.counts
    assert counts.sent == len(ids) == counts.answered + counts.refused + counts.unknown
    rows = [row for row in here.requests if not row.late_answer]
    assert sorted(row.sequence for row in rows) == list(range(1, len(ids) + 1))
    assert len(here.reported("reply")) == len(ids)
    assert here.tenant.account.in_flight == 0
    for row in (*here.sink.rows, here.tenant.ledger()):
        assert orjson.loads(encode(row))


def test_rows_of_ended_requests_say_when_and_how_late(talk: Talk, here: World) -> None:
    operation = here.run.profile.operations.chat
    intended_s = time.perf_counter() - 0.25
    request, _ = talk.talk.compose("chat", operation, intended_s, {})
    talk.finish(request, charged=7)
    (row,) = here.sink.of(RequestEnded)
    assert row.late_ms == pytest.approx(250, abs=100)
    assert row.sent_at_s == pytest.approx(time.time(), abs=5)
    waits = {event["request_type"]: event["response_time"] for event in here.events}
    assert waits["intended"] - waits["reply"] == pytest.approx(row.late_ms, abs=0.01)
