"""Whole sessions with services that surprise: each speaks its own protocol over a real connection."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest

from evidence.findings import FindingKind
from evidence.marks import Mark, MarkKind
from evidence.records import SUBSCRIBED_OWN, IdLearnt, SightingSeen
from evidence.requests import Outcome, Request
from tests.config.profiles import REMOVE
from tests.users.fixtures import KEY, OTHER, World, profile_for, world
from tests.users.scripted_service import Caller, ScriptedService, scripted_service
from tests.users.sessions import held
from tests.users.small_target import until
from users.dialects.base import Message
from users.session import Session

OTHERS = ("ping", "routing", "history", "state_read", "state_write", "resume")
BARE: dict[str, Any] = {
    **{f"operations__{name}": REMOVE for name in OTHERS},
    "attempts": {}, "frames": {}, "refusal": {},
}  # fmt: skip


@contextmanager
def session_at(service: ScriptedService, **changes: Any) -> Iterator[tuple[Session, World]]:
    here = world(profile_for(service.url, **{**BARE, **changes}))
    with held(here) as session:
        session.open()
        yield session, here


def ask(session: Session, here: World, name: str = "chat") -> Request:
    operation = here.run.profile.operation(name)
    assert operation is not None
    return session.ask(name, operation, time.perf_counter())


def answered(session: Session, here: World, name: str = "chat") -> Request:
    request = ask(session, here, name)
    assert session.wait(request)
    assert request.outcome is Outcome.ANSWERED, request.reason
    return request


def graphql(caller: Caller, message: Message) -> None:
    heard = orjson.loads(message)
    match heard["type"]:
        case "connection_init":
            caller.say({"type": "connection_ack"})
            caller.say({"type": "ping"})
        case "subscribe" if "subscription" in heard["payload"]["query"]:
            caller.subscribed = heard["id"]  # type: ignore[attr-defined]
        case "subscribe":
            note = {"data": {"note": heard["payload"]["variables"]["text"]}}
            # The push that this causes overtakes the answer, and is of the type that answers are made of.
            caller.say({"type": "next", "id": caller.subscribed, "payload": note})  # type: ignore[attr-defined]
            caller.say({"type": "next", "id": heard["id"], "payload": note})
            caller.say({"type": "complete", "id": heard["id"]})


def test_graphql_is_opened_pinged_and_subscribed_anew_on_each_connection() -> None:
    chat = {
        "send": {"id": "{message_id}", "query": "mutation { add }", "variables": {"text": "{prompt}"}},
        "events": "next", "ends": "complete",
    }  # fmt: skip
    subscribe = {"send": {"id": "{uuid}", "query": "subscription { notes }"}, "reply_by": "none", "shows_own": True}
    with scripted_service(graphql) as service:
        with session_at(
            service, target__dialect="graphql-transport-ws", operations__chat=chat, operations__subscribe=subscribe
        ) as (session, here):
            answered(session, here)
            session.drop()
            session.reopen(resume=False)
            answered(session, here)
            until(lambda: sum('"pong"' in str(message) for message in service.heard) == 2, "both pongs")
        kinds = [[orjson.loads(message)["type"] for message in caller.heard] for caller in service.callers]
        assert [said[0] for said in kinds] == ["connection_init"] * 2
        queries = [orjson.loads(message).get("payload", {}).get("query", "") for message in service.heard]
        assert [query for query in queries if query] == ["subscription { notes }", "mutation { add }"] * 2
        counts = here.tenant.counts
        assert (counts.unsolicited, counts.unmatched, counts.duplicates) == (2, 0, 0)
        assert here.run.exposures[f"{SUBSCRIBED_OWN}subscribe"] == 2


def socket_io(caller: Caller, message: Message) -> None:
    text = str(message)
    if text == "40":
        caller.say('40{"sid":"x"}')
        caller.say("2")
    elif text.startswith("42"):
        number = text[2 : text.index("[")]
        caller.say('421["hello",{}]')
        caller.say(f'43{number}["ok"]')


def test_socket_io_is_joined_pinged_and_acknowledged() -> None:
    chat = {"send": {"event": "say", "args": [{"text": "{prompt}"}], "id": "{counter}"}, "ends": "ack"}
    greet = lambda caller: caller.say('0{"sid":"s","pingInterval":25000}')  # noqa: E731
    with scripted_service(socket_io, greet) as service:
        with session_at(
            service, target__dialect="socket.io", target__url=f"{service.url}?EIO=4", operations__chat=chat,
            frames__pushes="hello",
        ) as (session, here):  # fmt: skip
            answered(session, here)
            answered(session, here)
            until(lambda: "3" in service.heard and "431[]" in service.heard, "the pong and the acknowledgement")
        assert service.heard[0] == "40" and here.tenant.counts.unmatched == 0
        assert [str(message)[:9] for message in service.heard if str(message)[:2] == "42"] == ['421["say"', '422["say"']


def stomp(caller: Caller, message: Message) -> None:
    text = str(message)
    if text.startswith("CONNECT\n"):
        caller.say("CONNECTED\nversion:1.2\n\n\0")
    elif text.startswith("SEND\n"):
        receipt = next(line for line in text.splitlines() if line.startswith("receipt:")).partition(":")[2]
        caller.say(f"\n\nRECEIPT\nreceipt-id:{receipt}\n\n\0\n".encode())


def test_stomp_is_connected_beats_and_gets_receipts() -> None:
    send = {"command": "SEND", "headers": {"destination": "/q/{tenant}", "receipt": "{message_id}"}, "body": "{prompt}"}
    with scripted_service(stomp) as service:
        with session_at(service, target__dialect="stomp", operations__chat={"send": send, "ends": "RECEIPT"}) as (
            session,
            here,
        ):
            answered(session, here)
            session.keep(time.perf_counter() + 60)
            until(lambda: "\n" in service.heard, "a heart beat")
        assert here.tenant.counts.unmatched == 0


def test_a_lost_reply_in_order_costs_the_connection_and_nothing_is_misattributed() -> None:
    def forgetful(caller: Caller, message: Message) -> None:
        if caller.number:
            caller.say({"SET": [True, "OK"]})

    chat = {"send": ["SET", "{tenant}", "{prompt}"], "ends": "SET"}
    with scripted_service(forgetful) as service:
        with session_at(
            service, frames={"kinds": {"SET": {"has": "SET"}}, "reply_by": "order"}, operations__chat=chat
        ) as (session, here):
            lost, after = ask(session, here), ask(session, here)
            session.keep(lost.deadline_s)
            assert [request.outcome for request in (lost, after)] == [Outcome.UNKNOWN] * 2
            until(lambda: len(service.callers) == 2 and session.is_open, "a new connection")
            answered(session, here)
        assert here.tenant.counts.answered == 1


def test_json_in_binary_messages_and_a_service_that_asks_for_its_pongs() -> None:
    def binary(caller: Caller, message: Message) -> None:
        assert isinstance(message, bytes)
        heard = orjson.loads(message)
        if heard["type"] == "say":
            caller.say(orjson.dumps({"type": "said", "id": heard["id"]}))

    answers = [{"to": "are you there", "take": {"nonce": "n"}, "send": {"type": "yes", "n": "{nonce}"}}]
    keep_alive = {"send": {"type": "here", "at": "{now}"}, "every_s": 5}
    greet = lambda caller: caller.say({"type": "are you there", "n": 17})  # noqa: E731
    with scripted_service(binary, greet) as service:
        with session_at(
            service, target__dialect="json-binary",
            frames={"request_id": "id", "answers": answers, "keep_alive": keep_alive},
            operations__chat={"send": {"type": "say", "id": "{message_id}", "text": "{prompt}"}, "ends": "said"},
        ) as (session, here):  # fmt: skip
            answered(session, here)
            session.keep(time.perf_counter() + 6)
            until(lambda: len(service.heard) == 3, "the pong, the question and the sign of life")
        said = [orjson.loads(message) for message in service.heard]
        assert {"type": "yes", "n": 17} in said and any(frame["type"] == "here" for frame in said)
        assert here.tenant.counts.unmatched == 0


@pytest.mark.parametrize(("asked", "outcomes"), [(1, [Outcome.REFUSED]), (2, [Outcome.UNKNOWN] * 2)])
def test_a_close_may_be_the_refusal_of_the_one_request_that_is_open(asked: int, outcomes: list[Outcome]) -> None:
    def hang_up(caller: Caller, _message: Message) -> None:
        if len(caller.heard) == asked and caller.number == 0:
            caller.close(1008, "not yours")

    chat = {"send": {"id": "{message_id}"}, "ends": "done"}
    with (
        scripted_service(hang_up) as service,
        session_at(service, frames={"request_id": "id"}, refusal={"closes": [1008]}, operations__chat=chat) as (
            session,
            here,
        ),
    ):
        requests = [ask(session, here) for _ in range(asked)]
        assert all(session.wait(request) for request in requests)
        assert [request.outcome for request in requests] == outcomes


def test_what_is_said_after_a_refusal_by_closing_goes_to_the_next_connection() -> None:
    def hang_up_at_first(caller: Caller, message: Message) -> None:
        if caller.number == 0:
            caller.close(1008, "not yours")
        else:
            caller.say({"type": "done", "id": orjson.loads(message)["id"]})

    chat = {"send": {"id": "{message_id}"}, "ends": "done"}
    with (
        scripted_service(hang_up_at_first) as service,
        session_at(service, frames={"request_id": "id"}, refusal={"closes": [1008]}, operations__chat=chat) as (
            session,
            here,
        ),
    ):
        first = ask(session, here)
        assert session.wait(first) and session.wait_open(5)
        second = ask(session, here)
        assert session.wait(second)
        assert (first.outcome, second.outcome) == (Outcome.REFUSED, Outcome.ANSWERED)


def test_a_replay_without_an_end_mark_ends_by_silence() -> None:
    def replay(caller: Caller, message: Message) -> None:
        for number in range(3):
            caller.say({"type": "item", "id": orjson.loads(message)["id"], "n": number})

    chat = {"send": {"id": "{message_id}"}, "events": "item", "ends_after_silence_s": 5}
    frames = {"request_id": "id"}
    with (
        scripted_service(replay) as service,
        session_at(service, frames=frames, operations__chat=chat) as (session, here),
    ):
        request = ask(session, here)
        until(lambda: len(request.events) == 3, "the replay")
        session.keep(request.events[-1][1] + 4.9)
        assert len(here.requests) == 0
        session.keep(request.events[-1][1] + 5)
        assert request.outcome is Outcome.ANSWERED
        assert request.ended_s == request.events[-1][1]  # silence is no part of the latency


@pytest.mark.parametrize("garbage", ["{no json: %s", b"\xff\x00%s"])
def test_what_can_t_be_read_is_inspected_and_ends_nothing(garbage: str | bytes) -> None:
    foreign = KEY.mint_canary(Mark(MarkKind.PROMPT, OTHER, 1))

    def mumble(caller: Caller, message: Message) -> None:
        caller.say(garbage % foreign if isinstance(garbage, str) else garbage % foreign.encode())
        caller.say({"type": "done", "id": orjson.loads(message)["id"]})

    chat = {"send": {"id": "{message_id}"}, "ends": "done"}
    with scripted_service(mumble) as service:
        with session_at(service, frames={"request_id": "id"}, operations__chat=chat) as (session, here):
            answered(session, here)
        assert [row.kind for row in here.sink.of(SightingSeen)] == [FindingKind.FOREIGN_CONTENT]
        assert (here.run.exposures["undecodable"], here.tenant.counts.unmatched) == (1, 1)
        assert here.tenant.counts.frames == here.tenant.counts.inspected == 2


class Drops:
    """A service that answers every text "ok" and keeps none that is longer than it likes."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.kept: list[str] = []

    def __call__(self, caller: Caller, message: Message) -> None:
        heard = orjson.loads(message)
        if len(heard["text"]) <= self.most:
            self.kept.append(heard["text"])
        caller.say({"type": "done", "id": heard["id"]})


def test_a_text_over_the_limit_is_tried_apart_and_ordinary_ones_are_kept() -> None:
    chat = {
        "send": {"id": "{message_id}", "text": "{prompt}"}, "ends": "done",
        "text_limit": {"most": 50, "beyond": "dropped"},
    }  # fmt: skip
    drops = Drops(50)
    with scripted_service(drops) as service:
        with session_at(service, frames={"request_id": "id"}, operations__chat=chat) as (session, here):
            for _ in range(4):  # every sentence that there is
                answered(session, here)
            long = answered(session, here, "too long: chat")
        assert len(drops.kept) == 4 and all(len(text) <= 50 for text in drops.kept)
        (canary,) = long.canaries
        assert not any(here.tenant.prompt_canary(canary) in text for text in drops.kept)
        assert [row.operation for row in here.requests] == ["chat"] * 4 + ["too long: chat"]


def test_what_of_a_text_over_the_limit_shows_up_at_another_tenants_is_a_leak() -> None:
    chat = {
        "send": {"id": "{message_id}", "text": "{prompt}"}, "ends": "done",
        "text_limit": {"most": 50, "beyond": "dropped"},
    }  # fmt: skip
    text = "x" * 50 + KEY.mint_canary(Mark(MarkKind.PROMPT, OTHER, 9))

    def echo_of_another(caller: Caller, message: Message) -> None:
        caller.say({"type": "done", "id": orjson.loads(message)["id"], "text": text})

    with scripted_service(echo_of_another) as service:
        with session_at(service, frames={"request_id": "id"}, operations__chat=chat) as (session, here):
            answered(session, here)
        assert [(row.kind, row.severity) for row in here.sink.of(SightingSeen)] == [
            (FindingKind.FOREIGN_CONTENT, "leak")
        ]


def test_an_operation_that_leaks_by_design_is_counted_apart_and_no_other_is() -> None:
    foreign = KEY.mint_canary(Mark(MarkKind.PROMPT, OTHER, 1))

    def board(caller: Caller, message: Message) -> None:
        heard = orjson.loads(message)
        caller.say({"type": "done", "id": heard["id"], "text": foreign})

    chat = {"send": {"id": "{message_id}"}, "ends": "done"}
    extra = {"board": {**chat, "leaks_by_design": "a public board"}}
    with scripted_service(board) as service:
        with session_at(service, frames={"request_id": "id"}, operations__chat=chat, operations__extra=extra) as (
            session,
            here,
        ):
            answered(session, here, "board")
            answered(session, here)
        rows = [(row.severity, row.group) for row in here.sink.of(SightingSeen)]
        assert rows == [("known", "reply to board"), ("leak", "frame done")]


def test_who_is_named_by_an_operation_that_leaks_by_design_is_not_looked_up_on_other_nodes() -> None:
    def board(caller: Caller, message: Message) -> None:
        heard = orjson.loads(message)
        caller.say({"type": "done", "id": heard["id"], "by": "somebody-of-another-node", "thread": f"t-{heard['id']}"})

    chat = {"send": {"id": "{message_id}"}, "ends": "done"}
    extra = {"board": {**chat, "leaks_by_design": "a public board", "learn": {"post": "thread"}}}
    frames = {"request_id": "id", "tenant": "by", "learn": {"thread": "thread"}}
    with scripted_service(board) as service:
        with session_at(service, frames=frames, operations__chat=chat, operations__extra=extra) as (session, here):
            answered(session, here, "board")
            answered(session, here)
        rows = [(row.severity, row.group, row.name) for row in here.sink.of(SightingSeen)]
        assert rows == [
            ("known", "reply to board", ""), ("suspicion", "frame done", "somebody-of-another-node"),
        ]  # fmt: skip
        learnt = [(row.thing, row.by_design) for row in here.sink.of(IdLearnt)]
        assert learnt == [("thread", True), ("post", True), ("thread", False)]
