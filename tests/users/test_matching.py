"""How replies are known where no type names a frame and no id of ours is repeated."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest

from evidence.findings import FindingKind
from evidence.marks import Mark, MarkKind
from evidence.records import RequestEnded
from evidence.requests import Outcome, Request
from tests.config.profiles import REMOVE
from tests.users.fixtures import KEY, OTHER, OWN, Talk, World, kinds, profile_for, world

NOTHING = {
    f"operations__{name}": REMOVE for name in ("ping", "routing", "history", "state_read", "state_write", "resume")
}
BARE: dict[str, Any] = {**NOTHING, "attempts": {}, "frames__ready": REMOVE, "frames__event_id": REMOVE}


def talk_of(**changes: Any) -> Talk:
    talk = Talk(world(profile_for(**{**BARE, **changes})))
    talk.talk.begin()
    return talk


def said(talk: Talk, name: str = "chat") -> tuple[Request, Any]:
    operation = talk.world.run.profile.operation(name)
    assert operation is not None
    request, frame = talk.talk.compose(name, operation, time.perf_counter(), {})
    return request, orjson.loads(frame)


def outcomes(*requests: Request) -> list[str | None]:
    return [request.outcome for request in requests]


def json_rpc(**changes: object) -> Talk:
    rules = {"result": {"has": "result"}, "error": {"has": "error"}, "note": {"has": "method", "lacks": "id"}}
    send = {"jsonrpc": "2.0", "id": "{counter}", "method": "say", "params": ["{prompt}"]}
    chat = {"send": send, "ends": ["result"], "cost": 7, **changes}
    return talk_of(
        frames={"kinds": rules, "request_id": "id", "pushes": "note"}, operations__chat=chat,
        refusal={"code": ["error.code"], "budget": ["-32001"]},
    )  # fmt: skip


def test_kinds_are_known_by_what_stands_in_a_frame_and_ids_grow_from_one() -> None:
    talk = json_rpc()
    (first, one), (second, two) = said(talk), said(talk)
    assert (one["id"], two["id"]) == (1, 2)
    talk.hear({"jsonrpc": "2.0", "method": "changed", "params": {}})
    talk.hear({"jsonrpc": "2.0", "id": 2, "result": {"ok": True}})
    talk.hear({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "no"}})
    assert (second.outcome, first.outcome, first.reason) == (Outcome.ANSWERED, Outcome.REFUSED, "-32000")
    assert talk.world.tenant.counts.unsolicited == 1 and talk.world.tenant.counts.unmatched == 0


def test_ids_begin_anew_on_each_connection_and_mean_nothing_of_the_one_before() -> None:
    talk = json_rpc()
    before, _ = said(talk)
    talk.talk.abandon("session lost")
    talk.talk.begin()
    after, frame = said(talk)
    assert frame["id"] == 1
    talk.hear({"id": 1, "result": {}})
    assert outcomes(before, after) == [Outcome.UNKNOWN, Outcome.ANSWERED]
    talk.hear({"id": 1, "result": {}})
    assert talk.world.tenant.counts.duplicates == 1


def test_a_budget_refusal_has_its_code_anywhere_or_is_said_in_words() -> None:
    talk = json_rpc()
    request, _ = said(talk)
    talk.hear({"id": 1, "error": {"code": -32001}})
    assert (request.outcome, request.reason, talk.world.tenant.refusals_seen) == (Outcome.REFUSED, "-32001", 1)
    words = talk_of(
        frames={"request_id": "id"},
        refusal={"type": "oops", "texts": {"quota": "quota .* exceeded"}, "budget": "quota"},
        operations__chat={"send": {"id": "{message_id}"}, "ends": "ok", "cost": 7},
    )  # fmt: skip
    request, frame = said(words)
    words.hear({"type": "oops", "id": frame["id"], "detail": "Your Quota was Exceeded"})
    assert (request.reason, words.world.tenant.refusals_seen) == ("quota", 1)


def test_errors_within_an_answer_refuse_it_whatever_its_kind() -> None:
    talk = talk_of(
        frames={"request_id": "id"}, refusal={"has": "payload.errors", "code": "payload.errors[0].message"},
        operations__chat={"send": {"id": "{message_id}", "text": "{canary}"}, "events": "next", "ends": "complete"},
    )  # fmt: skip
    (good, one), (bad, two) = said(talk), said(talk)
    assert one["text"] == KEY.mint_canary(Mark(MarkKind.PROMPT, OWN, 1)) and good.canaries == [1]
    talk.hear({"type": "next", "id": one["id"], "payload": {"data": {"a": 1}, "errors": None}})
    talk.hear({"type": "next", "id": two["id"], "payload": {"errors": [{"message": "permission denied"}]}})
    talk.hear({"type": "complete", "id": one["id"]})
    talk.hear({"type": "complete", "id": two["id"]})
    assert (good.outcome, bad.outcome, bad.reason) == (Outcome.ANSWERED, Outcome.REFUSED, "permission denied")
    assert talk.world.tenant.counts.duplicates == 1


@pytest.mark.parametrize(
    ("rule", "asked", "ended"),
    [
        ("unknown", 1, [None]),
        ("only", 1, [Outcome.REFUSED]),
        ("only", 2, [None, None]),
        ("oldest", 2, [Outcome.REFUSED, None]),
    ],
)
def test_an_error_without_an_id_ends_whom_the_profile_says(rule: str, asked: int, ended: list[str | None]) -> None:
    talk = talk_of(refusal__without_id=rule)
    requests = [said(talk)[0] for _ in range(asked)]
    talk.hear({"type": "error", "code": "not_found"})
    assert outcomes(*requests) == ended
    assert talk.world.run.exposures["refusals_without_id"] == (0 if Outcome.REFUSED in ended else 1)
    talk.talk.expire(requests[-1].deadline_s)
    assert None not in outcomes(*requests)  # never silently dropped


def server_id(**changes: object) -> Talk:
    chat = {
        "send": {"do": "chat", "text": "{prompt}"}, "reply_by": "server_id", "acknowledged": "accepted",
        "events": "delta", "ends": "done", "learn": {"job": "job.id"}, **changes,
    }  # fmt: skip
    return talk_of(
        frames={"type": "event", "request_id": [], "server_id": ["job.id", "job_id"]}, operations__chat=chat,
    )  # fmt: skip


def test_the_services_own_id_is_learnt_from_the_acknowledgement() -> None:
    talk = server_id()
    (first, _), (second, _) = said(talk), said(talk)
    talk.hear({"event": "accepted", "job": {"id": 70}})
    talk.hear({"event": "accepted", "job": {"id": 71}})
    assert talk.talk.learnt["job"] == "71"
    talk.hear({"event": "delta", "job_id": 71})
    talk.hear({"event": "done", "job_id": 71})
    assert outcomes(first, second) == [None, Outcome.ANSWERED]
    talk.hear({"event": "done", "job_id": 70})
    talk.hear({"event": "done", "job_id": 70})
    assert first.outcome is Outcome.ANSWERED
    assert (talk.world.tenant.counts.duplicates, talk.world.tenant.counts.unmatched) == (1, 0)


def test_frames_that_overtake_the_acknowledgement_are_not_lost() -> None:
    talk = server_id()
    request, _ = said(talk)
    talk.hear({"event": "delta", "job_id": 9})
    talk.hear({"event": "done", "job_id": 9})
    assert outcomes(request) == [None] and talk.world.tenant.counts.unmatched == 0
    talk.hear({"event": "accepted", "job": {"id": 9}})
    assert outcomes(request) == [Outcome.ANSWERED]
    assert [kind for kind, _ in request.events] == ["accepted", "delta", "done"]


def test_what_no_acknowledgement_ever_claims_is_a_stray() -> None:
    talk = server_id()
    request, _ = said(talk)
    talk.hear({"event": "done", "job_id": 1234})
    talk.talk.abandon("session lost")
    talk.talk.begin()
    assert (request.outcome, talk.world.tenant.counts.unmatched) == (Outcome.UNKNOWN, 1)


def in_order(**changes: object) -> Talk:
    kinds = {"SET": {"has": "SET"}, "GET": {"has": "GET"}, "push": {"has": "message"}}
    return talk_of(
        frames={"kinds": kinds, "request_id": [], "reply_by": "order", "pushes": "push"},
        refusal={"has": "[0]", "type": []},
        operations__chat={"send": ["SET", "chat:{tenant}", "{prompt}"], "ends": "SET"},
        operations__history={"send": ["GET", "chat:{tenant}"], "ends": "GET"}, **changes,
    )  # fmt: skip


def test_replies_in_order_belong_to_the_oldest_request() -> None:
    talk = in_order()
    (one, frame), (two, _), (three, _) = said(talk), said(talk, "history"), said(talk)
    assert frame[:2] == ["SET", f"chat:{talk.world.tenant.identity.name}"]
    talk.hear({"SET": [True, "OK"]})
    talk.hear({"message": ["channel", "text"]})
    talk.hear({"GET": "text"})
    assert outcomes(one, two, three) == [Outcome.ANSWERED, Outcome.ANSWERED, None]
    talk.hear([False, "ERR no"])
    assert three.outcome is Outcome.REFUSED
    assert talk.world.tenant.counts.unsolicited == 1


@pytest.mark.parametrize("how", ["timed out", "another kind", "not readable"])
def test_when_a_reply_in_order_is_lost_all_after_it_are_unknown_and_none_is_misattributed(how: str) -> None:
    talk = in_order()
    requests = [said(talk, name)[0] for name in ("chat", "history", "chat")]
    if how == "timed out":
        talk.talk.expire(requests[0].deadline_s)
    else:
        talk.hear({"GET": "text"} if how == "another kind" else "{no json")
    assert outcomes(*requests) == [Outcome.UNKNOWN] * 3
    assert talk.talk.out_of_step
    late, _ = said(talk)
    talk.hear({"SET": [True, "OK"]})
    assert late.outcome is None and talk.world.tenant.counts.answered == 0
    talk.talk.abandon("session lost")
    talk.talk.begin()
    fresh, _ = said(talk)
    talk.hear({"SET": [True, "OK"]})
    assert outcomes(late, fresh) == [Outcome.UNKNOWN, Outcome.ANSWERED]


def test_the_echo_of_ones_own_message_is_known_by_its_canary() -> None:
    talk = talk_of(
        frames={"type": "event", "request_id": [], "reply_by": "content", "pushes": "said"},
        operations__chat={"send": {"event": "say", "text": "{prompt}"}, "ends": "said"},
    )  # fmt: skip
    (first, _), (second, frame) = said(talk), said(talk)
    talk.hear({"event": "said", "text": f"somebody: {KEY.mint_canary(Mark(MarkKind.PROMPT, OTHER, 1))}"})
    talk.hear({"event": "said", "text": frame["text"]})
    assert outcomes(first, second) == [None, Outcome.ANSWERED]
    talk.hear({"event": "said", "text": frame["text"]})
    assert talk.world.tenant.counts.unsolicited == 2
    talk.talk.expire(first.deadline_s)
    assert first.outcome is Outcome.UNKNOWN


def test_what_is_never_answered_is_said_and_counts_neither_as_answered_nor_as_unknown() -> None:
    talk = talk_of(operations__chat={"send": {"type": "tell", "text": "{prompt}"}, "reply_by": "none", "cost": 7})
    request, _ = said(talk)
    assert request.outcome is Outcome.SAID and len(talk.talk.book) == 0
    counts = talk.world.tenant.counts
    assert (counts.sent, counts.answered, counts.unknown) == (0, 0, 0)
    assert talk.world.tenant.account.unknown == 7  # nobody says whether it was charged
    (row,) = talk.world.sink.of(RequestEnded)
    assert (row.outcome, row.canaries) == ("said", [1])
    assert talk.world.reported("said") == ["chat"] and talk.world.reported("reply") == []


def test_quantities_times_their_prices_are_what_was_charged() -> None:
    usage = {"usage.input": 2, "usage.output": 5}
    talk = talk_of(
        frames={"request_id": "id", "budget": "left"},
        operations__chat={
            "send": {"id": "{message_id}"}, "events": "usage", "settles": "usage", "ends": "end", "cost": 100,
            "price": usage,
        },
    )  # fmt: skip
    request, frame = said(talk)
    start = talk.world.tenant.identity.budget
    talk.hear({"type": "usage", "id": frame["id"], "usage": {"input": 10, "output": 3}, "left": start - 35})
    talk.hear({"type": "end", "id": frame["id"]})
    assert (request.outcome, talk.world.tenant.account.charged) == (Outcome.ANSWERED, 35)
    assert [row.charged for row in talk.world.requests] == [35]


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
