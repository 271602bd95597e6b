"""Sessions that outlive their token, with services that let a login be renewed, refuse it, or say nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent
import jwt
import orjson
import pytest

from config.profile import RENEWAL
from evidence.records import NOT_RENEWED, RENEWED, ConnectFailed, RequestEnded, SessionEnded, SessionOpened
from evidence.requests import Outcome
from tests.http_server import Reply, http_server
from tests.users.fixtures import World, profile_for, world
from tests.users.scripted_service import Caller, scripted_service
from tests.users.sessions import held
from tests.users.small_target import until
from tests.users.test_dialogues import BARE
from users.credentials import Credentials
from users.dialects.base import Message
from users.session import Session

JWT = {"secret": "PLANTED-shared-secret-of-forty-characters", "claims": {"sub": "{tenant}"}, "lifetime_s": 60}
CHAT = {"send": {"kind": "say", "id": "{message_id}", "text": "{prompt}", "as": "{token}"}, "ends": ["said"]}
OPERATION = {"send": {"kind": "renew", "id": "{message_id}", "token": "{token}"}, "ends": ["renewed"]}
FRAME = {"send": {"kind": "login", "token": "{token}"}, "accepted": ["hello"]}


class Service:
    """Answers a login, a chat and a renewal; what it answers to a renewal a test may change."""

    def __init__(self, answer: str = "renewed") -> None:
        self.answer = answer
        self.shown: list[str] = []
        self.chats: list[str] = []

    def hear(self, caller: Caller, message: Message) -> None:
        heard = orjson.loads(message)
        if heard["kind"] == "login":
            self.shown.append(heard["token"])
            caller.say({"kind": "hello"})
        elif heard["kind"] == "say":
            self.chats.append(heard["as"])
            caller.say({"kind": "said", "id": heard["id"]})
        elif self.answer:
            self.shown.append(heard["token"])
            caller.say({"kind": self.answer, "id": heard["id"], "why": "stale"})


@contextmanager
def session_of(service: Service, **changes: Any) -> Iterator[tuple[Session, World]]:
    settings: dict[str, Any] = {
        **BARE, "auth__place": "frame", "auth__source": "jwt", "auth__frame": FRAME,
        "auth__jwt": JWT, "operations__chat": CHAT,
        "frames": {"type": "kind", "request_id": ["id"]}, "refusal": {"type": "failure", "code": "why"},
        "auth__renewal": {"before_expiry_s": 20, "operation": OPERATION},
    }  # fmt: skip
    with scripted_service(service.hear) as served:
        here = world(profile_for(served.url, **{**settings, **changes}))
        with held(here) as session:
            session.open()
            yield session, here


@pytest.fixture
def each_token_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tokens of one second are equal; these say when they were made to the millisecond."""
    encode = jwt.encode
    monkeypatch.setattr(jwt, "encode", lambda claims, *rest: encode({**claims, "jti": time.monotonic_ns()}, *rest))


def due(session: Session, in_s: float) -> None:
    """What the node does a few times a second, so much later."""
    session.keep(time.perf_counter() + in_s)


def say(session: Session, here: World) -> None:
    operation = here.run.profile.operations.chat
    request = session.ask("chat", operation, time.perf_counter())
    assert session.wait(request) and request.outcome is Outcome.ANSWERED


def renewals(here: World) -> list[RequestEnded]:
    return [row for row in here.sink.of(RequestEnded) if row.operation == RENEWAL]


@pytest.mark.usefixtures("each_token_differs")
def test_a_login_is_renewed_before_its_token_expires_and_messages_show_the_fresh_one() -> None:
    service = Service()
    with session_of(service) as (session, here):
        say(session, here)
        due(session, 39)
        assert len(service.shown) == 1
        due(session, 40.5)
        until(lambda: here.run.exposures[RENEWED] == 1, "the renewal")
        say(session, here)
        first, second = service.shown
        assert first != second and service.chats == [first, second]
        assert [row.outcome for row in renewals(here)] == ["answered"]
        due(session, 39)  # the clock begins anew
        assert len(service.shown) == 2
        due(session, 40.5)
        until(lambda: here.run.exposures[RENEWED] == 2, "the second renewal")
        assert len(here.sink.of(SessionOpened)) == 1


@pytest.mark.usefixtures("each_token_differs")
@pytest.mark.parametrize(("answer", "outcome", "reason"), [("failure", "refused", "stale"), ("", "unknown", "timed")])
def test_a_renewal_that_is_refused_or_not_answered_is_a_fault_and_the_session_logs_in_anew(
    answer: str, outcome: str, reason: str
) -> None:
    service = Service(answer)
    with session_of(service, target__reply_timeout_s=0.2) as (session, here):
        due(session, 40.5)
        until(lambda: len(here.sink.of(SessionOpened)) == 2, "the second login")
        (row,) = renewals(here)
        assert (row.outcome, row.expected) == (outcome, False) and row.reason.startswith(reason)
        (ended,) = here.sink.of(SessionEnded)
        assert (ended.how, ended.reason) == ("lost", "the renewal of its login was not accepted")
        assert here.run.exposures[NOT_RENEWED] == 1 and not here.run.exposures[RENEWED]
        assert any(reason in error for error in here.errors())
        until(lambda: session.is_open, "the session")
        say(session, here)
        assert service.chats[-1] == service.shown[-1] != service.shown[0]


def test_a_renewal_that_a_lost_connection_cut_short_is_no_fault_and_leaves_the_next_one_alone() -> None:
    service = Service("")
    with session_of(service) as (session, here):
        renewing = gevent.spawn(session.renew)
        until(lambda: session.in_flight == 1, "the renewal")
        session.drop()
        session.reopen(resume=False)
        renewing.join(5.0)
        assert session.is_open and [row.how for row in here.sink.of(SessionEnded)] == ["dropped"]
        assert not here.run.exposures[NOT_RENEWED]


@pytest.mark.usefixtures("each_token_differs")
def test_a_login_is_renewed_by_connecting_again_once_replies_are_in() -> None:
    service = Service()
    with session_of(service, auth__renewal={"every_s": 30}) as (session, here):
        say(session, here)
        due(session, 29)
        due(session, 30.5)
        until(lambda: here.run.exposures[RENEWED] == 1, "the renewal")
        say(session, here)
        assert len(set(service.shown)) == 2 and service.chats == service.shown
        assert [row.how for row in here.sink.of(SessionEnded)] == ["closed"]
        assert here.tenant.counts.unknown == 0 and not renewals(here)


def test_a_session_that_waits_for_replies_before_it_moves_still_says_that_it_is_alive() -> None:
    service = Service()
    alive: list[object] = []

    def hear(caller: Caller, message: Message) -> None:
        heard = orjson.loads(message)
        if heard["kind"] == "alive":
            alive.append(heard)
        elif heard["kind"] != "say":  # no chat is answered
            Service.hear(service, caller, message)

    service.hear = hear  # type: ignore[method-assign]
    frames = {"type": "kind", "request_id": ["id"], "keep_alive": {"send": {"kind": "alive"}, "every_s": 3}}
    with session_of(service, auth__renewal={"every_s": 30}, frames=frames) as (session, here):
        session.ask("chat", here.run.profile.operations.chat, time.perf_counter())
        moving = gevent.spawn(session.renew)
        until(lambda: not session.is_open, "the beginning of the move")
        session.keep(time.perf_counter() + 4)
        until(lambda: len(alive) == 1, "a sign of life on the old connection")
        assert len(here.sink.of(SessionOpened)) == 1
        moving.kill()


def test_a_token_that_is_not_to_be_had_for_a_renewal_is_a_fault() -> None:
    service = Service()
    with http_server(lambda asked: Reply(200 if len(server.asked) == 1 else 500, {"t": "x", "life": 60})) as server:
        asks = {"url": server.url, "token": "t", "expires_in": "life"}
        with session_of(service, auth__source="service", auth__service=asks) as (session, here):
            due(session, 40.5)
            until(lambda: here.run.exposures[NOT_RENEWED] == 1, "the fault")
            failed = here.sink.of(ConnectFailed)[0]
            assert failed.stage == "auth" and failed.detail.startswith("renewal: auth service 127.0.0.1:")
            assert failed.status == 500
            assert not renewals(here) and len(service.shown) == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"t": "opaque"}, "the token does not say when it expires"),
        ({"t": "opaque", "life": 20}, "is 20, and a token lives for 20 s: lower it"),
        ({"t": jwt.encode({"iat": 100, "exp": 110}, "k" * 40)}, "is 20, and a token lives for 10 s: lower it"),
    ],
)
def test_a_token_whose_end_nobody_knows_or_that_ends_too_soon_is_a_sentence(
    answer: dict[str, object], says: str
) -> None:
    with http_server(lambda _: Reply(200, answer)) as server:
        asks: dict[str, Any] = {"url": server.url, "token": "t"}
        if "life" in answer:
            asks["expires_in"] = "life"
        profile = profile_for(
            auth__place="query", auth__source="service", auth__service=asks, auth__renewal={"before_expiry_s": 20}
        )
        here = world(profile)
        session = Session(here.run, here.tenant, 0, Credentials(profile), None)
        here.run.stopping = True
        session.reopen(resume=False)
        assert says in here.sink.of(ConnectFailed)[0].detail
        session.finish("test over")


def test_nothing_is_renewed_once_the_run_is_being_stopped() -> None:
    service = Service()
    with session_of(service) as (session, here):
        here.run.stopping = True
        due(session, 1000)
        assert len(service.shown) == 1 and not renewals(here)
