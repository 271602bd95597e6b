"""What surprises in real services, one service each: what a profile says of it, and what comes of it in a session.

docs/questions.md lists every such question with the key that answers it and the test that shows it.
"""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest

from evidence.findings import FindingKind
from evidence.marks import Mark, MarkKind
from evidence.records import SightingSeen
from evidence.requests import Outcome
from tests.users.fixtures import KEY, OTHER
from tests.users.scripted_service import Caller, scripted_service
from tests.users.small_target import until
from tests.users.test_dialogues import answered, ask, session_at
from users.dialects.base import Message

CHAT: dict[str, Any] = {"send": {"id": "{message_id}", "text": "{prompt}"}, "ends": "done"}
FOREIGN = KEY.mint_canary(Mark(MarkKind.PROMPT, OTHER, 1))


@pytest.mark.parametrize(
    ("without_id", "outcomes"),
    [
        ("unknown", [Outcome.UNKNOWN, Outcome.UNKNOWN]),
        ("oldest", [Outcome.REFUSED, Outcome.REFUSED]),
        ("only", [Outcome.UNKNOWN, Outcome.UNKNOWN]),
    ],
)
def test_errors_come_back_without_the_request_s_id(without_id: str, outcomes: list[Outcome]) -> None:
    def refuses_two_at_once(caller: Caller, _message: Message) -> None:
        if len(caller.heard) == 2:
            for _ in caller.heard:
                caller.say({"type": "error", "code": "nope"})

    refusal = {"without_id": without_id}
    with (
        scripted_service(refuses_two_at_once) as service,
        session_at(service, frames={"request_id": "id"}, refusal=refusal, operations__chat=CHAT) as (session, here),
    ):
        requests = [ask(session, here) for _ in range(2)]
        until(lambda: here.tenant.counts.frames == 2, "both errors")
        session.keep(requests[-1].deadline_s)
        assert [request.outcome for request in requests] == outcomes


def test_an_error_without_an_id_refuses_the_only_request_that_is_open() -> None:
    def refuses(caller: Caller, _message: Message) -> None:
        caller.say({"type": "error", "code": "nope"})

    with (
        scripted_service(refuses) as service,
        session_at(service, frames={"request_id": "id"}, refusal={"without_id": "only"}, operations__chat=CHAT) as (
            session,
            here,
        ),
    ):
        request = ask(session, here)
        assert session.wait(request)
        assert (request.outcome, request.reason) == (Outcome.REFUSED, "nope")


def test_an_unknown_message_gets_no_answer_at_all_and_stands_in_nobody_s_way() -> None:
    def heeds_chats(caller: Caller, message: Message) -> None:
        heard = orjson.loads(message)
        if "text" in heard:
            caller.say({"type": "done", "id": heard["id"]})

    typing = {"typing": {"send": {"typing": "{tenant}"}, "reply_by": "none"}}
    with scripted_service(heeds_chats) as service:
        with session_at(service, frames={"request_id": "id"}, operations__chat=CHAT, operations__extra=typing) as (
            session,
            here,
        ):
            said = ask(session, here, "typing")
            answered(session, here)
        assert said.outcome is Outcome.SAID
        assert (here.tenant.counts.sent, here.tenant.counts.answered, here.tenant.counts.unknown) == (1, 1, 0)


@pytest.mark.parametrize("keeps_alive", [True, False])
def test_a_silent_client_is_closed_unless_it_says_something(keeps_alive: bool) -> None:
    def heeds(caller: Caller, message: Message) -> None:
        heard = orjson.loads(message)
        if "text" in heard:
            caller.say({"type": "done", "id": heard["id"]})

    frames: dict[str, Any] = {"request_id": "id"}
    if keeps_alive:
        frames["keep_alive"] = {"send": {"type": "here"}, "every_s": 5}
    with (
        scripted_service(heeds) as service,
        session_at(service, frames=frames, operations__chat=CHAT) as (session, here),
    ):
        answered(session, here)
        (caller,) = service.callers
        session.keep(time.perf_counter() + 6)  # what would be a minute of silence
        if keeps_alive:
            until(lambda: len(caller.heard) == 2, "a sign of life")
        else:
            assert len(caller.heard) == 1
            caller.close(4008, "silent for too long")
            until(lambda: len(service.callers) == 2 and session.is_open, "a new connection")
        answered(session, here)


def test_a_push_carries_the_subscription_s_id_and_overtakes_the_reply_that_caused_it() -> None:
    def hasty(caller: Caller, message: Message) -> None:
        heard = orjson.loads(message)
        if heard["op"] == "listen":
            caller.topic = heard["id"]  # type: ignore[attr-defined]
            return
        news = {"type": "done", "id": caller.topic, "text": heard["text"]}  # type: ignore[attr-defined]
        caller.say(news)  # of the kind that ends a reply, and before it
        caller.say({"type": "done", "id": heard["id"]})
        caller.say({**news, "text": FOREIGN})

    subscribe = {"send": {"op": "listen", "id": "{uuid}"}, "reply_by": "none"}
    chat = {"send": {"op": "say", "id": "{message_id}", "text": "{prompt}"}, "ends": "done"}
    with scripted_service(hasty) as service:
        with session_at(
            service, frames={"request_id": "id"}, operations__chat=chat, operations__subscribe=subscribe
        ) as (session, here):
            request = answered(session, here)
            until(lambda: here.tenant.counts.unsolicited == 2, "both pushes")
        assert len(request.events) == 1
        assert (here.tenant.counts.duplicates, here.tenant.counts.unmatched) == (0, 0)
        assert [row.kind for row in here.sink.of(SightingSeen)] == [FindingKind.FOREIGN_CONTENT]


def test_the_echo_of_one_s_own_message_is_the_only_reply() -> None:
    def tells_everybody(caller: Caller, message: Message) -> None:
        caller.say({"type": "said", "text": f"{FOREIGN} said somebody else"})
        caller.say({"type": "said", "text": orjson.loads(message)["text"]})

    chat = {"send": {"text": "{prompt}"}, "ends": "said", "reply_by": "content"}
    with scripted_service(tells_everybody) as service:
        with session_at(service, frames={"pushes": "said"}, operations__chat=chat) as (session, here):
            first, second = answered(session, here), answered(session, here)
        assert [len(request.events) for request in (first, second)] == [1, 1]
        assert [row.severity for row in here.sink.of(SightingSeen)] == ["leak"] * 2


def test_the_service_s_own_id_is_learnt_from_an_acknowledgement_that_the_reply_may_overtake() -> None:
    def own_ids(caller: Caller, message: Message) -> None:
        heard, job = orjson.loads(message), f"job-{len(caller.heard)}"
        frames = [{"type": "accepted", "id": heard["id"], "job": job}, {"type": "delta", "job": job}]
        for frame in frames if len(caller.heard) % 2 else frames[::-1]:
            caller.say(frame)
        caller.say({"type": "done", "job": job})

    chat = {**CHAT, "reply_by": "server_id", "acknowledged": "accepted", "events": "delta"}
    with scripted_service(own_ids) as service:
        with session_at(service, frames={"request_id": "id", "server_id": "job"}, operations__chat=chat) as (
            session,
            here,
        ):
            for _ in range(4):
                answered(session, here)
        assert all([kind for kind, _ in row.events].count("delta") == 1 for row in here.requests)
        assert (here.tenant.counts.unmatched, here.tenant.counts.duplicates) == (0, 0)


def test_ids_must_be_whole_numbers_that_grow_on_each_connection() -> None:
    def strict(caller: Caller, message: Message) -> None:
        ids = [orjson.loads(heard)["id"] for heard in caller.heard]
        grows = all(isinstance(value, int) for value in ids) and ids == list(range(1, len(ids) + 1))
        caller.say({"type": "done" if grows else "error", "id": ids[-1], "code": "id out of order"})

    chat = {"send": {"id": "{counter}", "text": "{prompt}"}, "ends": "done"}
    with (
        scripted_service(strict) as service,
        session_at(service, frames={"request_id": "id"}, operations__chat=chat) as (session, here),
    ):
        answered(session, here)
        answered(session, here)
        session.drop()
        session.reopen(resume=False)
        answered(session, here)


def test_json_rpc_notifies_asks_back_and_answers_several_at_once() -> None:
    def rpc(caller: Caller, message: Message) -> None:
        heard = orjson.loads(message)
        if "method" not in heard:
            return  # its answer to our question
        assert heard["jsonrpc"] == "2.0"
        caller.say({"jsonrpc": "2.0", "method": "who are you", "id": "q"})
        caller.say([
            {"jsonrpc": "2.0", "method": "changed", "params": {}},
            {"jsonrpc": "2.0", "id": heard["id"], "result": {"ok": True}},
        ])  # fmt: skip

    chat = {"send": {"id": "{counter}", "method": "say", "params": ["{prompt}"]}, "ends": "result"}
    with scripted_service(rpc) as service:
        with session_at(service, target__dialect="json-rpc", frames__pushes="notification", operations__chat=chat) as (
            session,
            here,
        ):
            answered(session, here)
            until(lambda: len(service.heard) == 2, "the refusal of what it asked")
        assert orjson.loads(service.heard[1])["error"]["code"] == -32601
        assert (here.tenant.counts.unsolicited, here.tenant.counts.unmatched) == (1, 0)


def test_lines_of_text_are_said_and_understood() -> None:
    def lines(caller: Caller, message: Message) -> None:
        word, number, text = str(message).split(" ", 2)
        caller.say(f"OK {number} {text}" if word == "SAY" else f"ERR {number} no such word")

    patterns = {"ok": "^OK (?P<id>[0-9]+)", "error": "^ERR (?P<id>[0-9]+) (?P<code>.*)$"}
    with (
        scripted_service(lines) as service,
        session_at(
            service, target__dialect="text", target__options={"patterns": patterns}, frames={"request_id": "id"},
            operations__chat={"send": "SAY {counter} {canary}", "ends": "ok"},
            operations__extra={"shout": {"send": "SHOUT {counter} {canary}", "ends": "ok"}},
        ) as (session, here),
    ):  # fmt: skip
        answered(session, here)
        refused = ask(session, here, "shout")
        assert session.wait(refused)
        assert (refused.outcome, refused.reason) == (Outcome.REFUSED, "no such word")
