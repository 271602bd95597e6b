from __future__ import annotations

import json
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.findings import FindingKind
from evidence.marks import Mark, MarkKind
from evidence.records import IdLearnt, RequestEnded, SightingSeen, encode
from evidence.requests import Outcome
from tests.users.fixtures import KEY, OTHER, OWN, Talk, World, identity, profile_for, world

REFUSED = {"type": "error", "code": "budget_exhausted"}


@pytest.fixture
def here() -> World:
    return world()


@pytest.fixture
def talk(here: World) -> Talk:
    return Talk(here)


def kinds(here: World) -> list[str]:
    return [row.kind for row in here.sink.of(SightingSeen)]


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


def test_interleaved_requests_get_their_own_frames(talk: Talk, here: World) -> None:
    requests = [talk.ask()[0] for _ in range(4)]
    for request in requests:
        talk.hear({"type": "agent_started", "message_id": request.request_id})
    for request in reversed(requests):
        talk.finish(request, charged=7)
    assert [row.sequence for row in here.requests] == [4, 3, 2, 1]
    assert all(row.frames == 2 for row in here.requests)
    assert here.run.exposures["in_flight_overlaps"] == 3
    assert here.run.exposures["replies"] == 4
    assert here.tenant.account.charged == 28


def test_a_ping_without_id_is_answered_oldest_first(talk: Talk, here: World) -> None:
    first, frame = talk.ask("ping")
    second, _ = talk.ask("ping")
    assert frame == {"type": "ping"}
    talk.hear({"type": "pong"})
    assert (first.outcome, second.outcome) == (Outcome.ANSWERED, None)
    talk.hear({"type": "pong"})
    talk.hear({"type": "pong"})
    assert second.outcome is Outcome.ANSWERED
    assert here.tenant.counts.unmatched == 1


def test_an_error_without_id_ends_nothing(talk: Talk, here: World) -> None:
    request, _ = talk.ask()
    talk.ask("ping")
    talk.hear({"type": "error", "code": "validation_error"})
    assert request.outcome is None
    assert here.tenant.counts.unmatched == 1


def test_a_frame_with_a_foreign_id_does_not_answer_a_ping(talk: Talk, here: World) -> None:
    request, _ = talk.ask("ping")
    talk.hear({"type": "pong", "message_id": KEY.mint_id(Mark(MarkKind.MESSAGE, OTHER, 1))})
    assert request.outcome is None
    assert kinds(here) == [FindingKind.MISROUTED_REPLY]


def test_a_reply_may_repeat_several_ids(here: World) -> None:
    here = world(profile_for(operations__routing__send={"type": "r", "test_id": "{test_id}", "m": "{message_id}"}))
    talk = Talk(here)
    request, frame = talk.ask("routing")
    talk.hear({"type": "routing_test_result", "message_id": frame["m"], "test_id": frame["test_id"]})
    assert request.outcome is Outcome.ANSWERED


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


def test_amounts_are_settled_and_a_foreign_one_is_reported_once(talk: Talk, here: World) -> None:
    start = here.tenant.identity.budget
    request, _ = talk.ask()
    talk.finish(request, charged=7, remaining=start - 7)
    assert kinds(here) == []
    request, _ = talk.ask()
    talk.finish(request, charged=7, remaining=start - 13)
    request, _ = talk.ask()
    talk.finish(request, charged=7, remaining=here.run.bands.starting(OTHER))
    assert kinds(here) == [FindingKind.ACCOUNT_MISMATCH, FindingKind.FOREIGN_BUDGET]


def test_a_duplicate_is_counted_and_charged_once(talk: Talk, here: World) -> None:
    request, _ = talk.ask()
    for _ in range(3):
        talk.finish(request, charged=7)
    assert here.tenant.counts.duplicates == 2
    assert here.tenant.account.charged == 7
    assert len(here.requests) == 1


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


def test_a_foreign_canary_in_any_frame_is_sighted_at_once(talk: Talk, here: World) -> None:
    canary = KEY.mint_canary(Mark(MarkKind.STATE, OTHER, 1))
    seen: list[str] = []
    here.run.hooks.leak_sighted.add_listener(lambda sighting, **_: seen.append(sighting.kind))
    for text in (f'{{"type":"state_changed","x":"{canary}"}}', f"no JSON {canary}", f"[{canary}"):
        talk.hear(text)
    assert kinds(here) == seen == [FindingKind.FOREIGN_CONTENT] * 3
    assert here.run.environment.stats.errors


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


def test_a_refusal_of_an_attempt_is_due_and_a_failure_is_not(talk: Talk, here: World) -> None:
    for code in ("forbidden", "unavailable"):
        request, _ = talk.ask("attempt: read_state", {"victim_tenant": "v"})
        talk.hear({"type": "error", "code": code, "message_id": request.request_id})
    request, _ = talk.ask("control: read_state", {"victim_tenant": "v"})
    talk.hear({"type": "error", "code": "forbidden", "message_id": request.request_id})
    assert [row.expected for row in here.requests] == [True, False, False]
    assert here.errors() == ["RequestRefused: unavailable", "RequestRefused: forbidden"]


def test_what_an_answer_shows_of_others_is_counted(talk: Talk) -> None:
    request, frame = talk.ask("attempt: read_state", {"victim_tenant": "their name"})
    assert frame["user_id"] == "their name"
    talk.finish(request, note=KEY.mint_canary(Mark(MarkKind.STATE, OTHER, 1)))
    assert request.foreign_marks == 1


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


@pytest.mark.parametrize("value", [None, True, "7", 7.0, [], {}, -5, 2**62, 2**63, 1e300, -(2**63)])
@pytest.mark.parametrize("field", ["charged", "remaining", "event_id", "thread_id", "user_id", "code", "session_id"])
def test_wrong_types_in_a_reply_end_it_all_the_same(talk: Talk, here: World, field: str, value: object) -> None:
    request, _ = talk.ask()
    talk.finish(request, **{field: value})
    assert request.outcome is Outcome.ANSWERED
    for row in (*here.sink.rows, here.tenant.ledger()):
        encode(row)


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


@given(st.binary(max_size=200))
def test_any_text_is_inspected(data: bytes) -> None:
    here = world()
    talk = Talk(here)
    talk.hear(data.decode("utf-8", "replace"))
    assert here.tenant.counts.inspected == 1


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


def test_a_refusal_that_repeats_whose_door_was_tried_tells_nothing_and_anything_else_in_it_does() -> None:
    talk = Talk(world())
    theirs = identity(OTHER).name

    def sighted(**frame: object) -> list[str]:
        talk.hear(frame)
        found = [str(row.kind) for row in talk.world.sink.of(SightingSeen)]
        talk.world.sink.rows.clear()
        return found

    assert sighted(type="error", code="no", message=f"{theirs} is not you")  # nobody has asked for them
    request, _ = talk.ask("attempt: read_state", {"victim_tenant": theirs})
    assert sighted(type="error", code="no", message=f"{theirs} is not you", message_id=request.request_id) == []
    assert request.outcome is Outcome.REFUSED
    secret = KEY.mint_canary(Mark(MarkKind.SECRET, OTHER, 1))
    assert sighted(type="error", code="no", message=f"{theirs}, whose secret is {secret}, is not you")
    assert sighted(type="state", user_id=theirs)


def test_what_an_attempt_did_not_say_is_no_echo_though_it_is_known_of_the_other() -> None:
    talk = Talk(world())
    theirs = identity(OTHER).name
    known: dict[str, object] = {
        "victim_thread": "thread 1",
        "victim_tenant": theirs,
        "victim_email": f"{theirs}@tenants.example",
    }
    request, _ = talk.ask("attempt: read_history", known)
    refused = {"type": "error", "code": "no", "message_id": request.request_id}
    talk.hear({**refused, "message": f"thread 1 is not yours, ask its owner {theirs}"})
    assert request.outcome is Outcome.REFUSED
    assert [(row.kind, row.owner) for row in talk.world.sink.of(SightingSeen)] == [("wrong-identity", OTHER)]


def test_a_login_under_another_s_name_may_be_refused_by_that_name_only() -> None:
    talk = Talk(world(profile_for("ws://127.0.0.1:1/{tenant}/ws")))
    theirs = identity(OTHER)
    talk.talk.introduces(theirs.placeholders)
    talk.talk.look_at(f"{theirs.name} may not come in")
    assert talk.world.sink.of(SightingSeen) == []
    canary = KEY.mint_canary(Mark(MarkKind.STATE, OTHER, 1))
    talk.talk.introduces({**theirs.placeholders, "row": canary})
    talk.talk.look_at(f"{theirs.name} may not come in, whose row {canary} is")
    assert [row.kind for row in talk.world.sink.of(SightingSeen)] == ["foreign-content"]
    talk.world.sink.rows.clear()
    talk.talk.introduces(talk.world.tenant.identity.placeholders)
    talk.talk.look_at(f"{theirs.name} may not come in")
    assert talk.world.sink.of(SightingSeen) != []
