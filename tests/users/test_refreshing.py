"""Logins that are renewed by a request of their own, with a service that takes each refresh token once."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import gevent
import pytest
from gevent.event import Event

from config.calls import HttpCall
from config.profile import RENEWAL
from evidence.findings import FindingKind
from evidence.records import (
    NOT_RENEWED,
    RENEWED,
    ConnectFailed,
    IdLearnt,
    RequestEnded,
    SessionEnded,
    SessionOpened,
    SightingSeen,
)
from evidence.requests import Outcome
from tests.http_server import http_server
from tests.users.fixtures import OTHER, World, profile_for, world
from tests.users.rotating_service import LIFE_S, RotatingService
from tests.users.scripted_service import scripted_service
from tests.users.small_target import until
from tests.users.test_dialogues import BARE
from users.credentials import Credentials
from users.http_calls import Answer, Caller, Cookies
from users.session import Session

CHAT = {"send": {"kind": "say", "id": "{message_id}", "text": "{prompt}", "as": "{token}"}, "ends": ["said"]}
OPERATION = {"send": {"kind": "renew", "id": "{message_id}", "token": "{token}"}, "ends": ["renewed"]}
SAID: dict[str, Any] = {"operation": OPERATION}
MOVED: dict[str, Any] = {}
ROTATES: dict[str, Any] = {"learn": {"refresh": "refresh_token"}}
BOTH = pytest.mark.parametrize("how", [SAID, MOVED], ids=["said", "moved"])


@contextmanager
def serving(
    service: RotatingService, how: dict[str, Any], *, call: dict[str, Any] = ROTATES, **changes: Any
) -> Iterator[World]:
    with http_server(service.over_http) as http, scripted_service(service.hear) as served:
        settings: dict[str, Any] = {
            **BARE, "auth__place": "frame", "auth__source": "service", "auth__frame": {
                "send": {"kind": "login", "token": "{token}"}, "accepted": ["hello"], "refused": ["no"],
            },
            "auth__service": {
                "url": f"{http.url}/login", "body": {"user": "{tenant}"}, "expires_in": "life",
                "learn": {"refresh": "refresh_token", "user_id": "me"}, "ids": ["user_id"],
            },
            "auth__renewal": {
                "every_s": 30, **how, "service": {
                    "url": f"{http.url}/refresh", "body": {"refresh": "{refresh}"}, "expires_in": "life", **call,
                },
            },
            "operations__chat": CHAT, "frames": {"type": "kind", "request_id": ["id"], "tenant": ["user"]},
            "refusal": {"type": "failure", "code": "why"},
        }  # fmt: skip
        yield world(profile_for(served.url, **{**settings, **changes}))


class HeldUp(Caller):
    """Waits before each refresh until it may go on, as if the network took so long."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting, self.may_go_on = 0, Event()

    def call(self, what: str, call: HttpCall, values: Mapping[str, object], cookies: Cookies | None = None) -> Answer:
        if call.url.endswith("/refresh"):
            self.waiting += 1
            self.may_go_on.wait()
        return super().call(what, call, values, cookies)


@contextmanager
def sessions(here: World, count: int = 1, caller: Caller | None = None) -> Iterator[list[Session]]:
    credentials = Credentials(here.run.profile, caller)
    every = [Session(here.run, here.tenant, number, credentials, None) for number in range(count)]
    with ExitStack() as ending:
        for session in every:
            ending.callback(session.finish, "test over")
            session.open()
        yield every


def says(session: Session, here: World) -> Outcome | None:
    request = session.ask("chat", here.run.profile.operations.chat, time.perf_counter())
    assert session.wait(request)
    return request.outcome


def at_once(caller: HeldUp, every: list[Session], *, waiting: int) -> None:
    """Has all of them renew their login, of which so many ask for a token before any of them has one."""
    renewing = [gevent.spawn(session.renew) for session in every]
    until(lambda: caller.waiting == waiting, "the requests")
    gevent.idle()  # so that whoever would ask beside them has asked
    assert caller.waiting == waiting
    caller.may_go_on.set()
    gevent.joinall(renewing, timeout=10, raise_error=True)


def nothing_is_told(here: World) -> None:
    assert "PLANTED" not in repr(here.sink.rows) and "PLANTED" not in repr(here.errors())


@BOTH
@pytest.mark.parametrize("reuse_s", [300.0, 0.0])
def test_a_login_is_renewed_by_the_refresh_token_that_came_last(how: dict[str, Any], reuse_s: float) -> None:
    service = RotatingService()
    with serving(service, how, auth__reuse_s=reuse_s) as here, sessions(here) as (session,):
        session.keep(time.perf_counter() + 29)
        for times in (1, 2, 3):
            session.keep(time.perf_counter() + 30.5)
            until(lambda times=times: here.run.exposures[RENEWED] == times, "the renewal")  # type: ignore[misc]
            assert says(session, here) is Outcome.ANSWERED
        assert service.logins == 1 and not service.used_twice
        assert service.refreshed == [f"PLANTED-refresh-{number}" for number in ("1", "1.1", "1.1.2")]
        assert service.shown == [f"PLANTED-token-{number}" for number in ("1", "1.1", "1.1.2", "1.1.2.3")]
        assert service.chats == service.shown[1:]
        assert len(here.sink.of(SessionOpened)) == (1 if how else 4)
        assert [row.outcome for row in here.sink.of(RequestEnded) if row.operation == RENEWAL] == (
            ["answered"] * 3 if how else []
        )
        assert {*service.refreshed, *service.shown} <= here.tenant.tokens
        nothing_is_told(here)


@BOTH
def test_sessions_that_renew_one_login_at_once_ask_once(how: dict[str, Any]) -> None:
    service, caller = RotatingService(), HeldUp()
    with serving(service, how) as here, sessions(here, 3, caller) as every:
        assert service.logins == 1
        at_once(caller, every, waiting=1)
        assert service.refreshed == ["PLANTED-refresh-1"] and not service.used_twice
        assert service.shown[3:] == ["PLANTED-token-1.1"] * 3 and here.run.exposures[RENEWED] == 3
        assert [says(session, here) for session in every] == [Outcome.ANSWERED] * 3
        assert service.logins == 1


def test_a_session_goes_on_with_what_another_has_renewed_until_that_is_due() -> None:
    service = RotatingService()
    with serving(service, SAID) as here, sessions(here, 2) as (first, second):
        first.renew()
        second.renew()
        assert service.shown[2:] == ["PLANTED-token-1.1"] * 2 and len(service.refreshed) == 1
        second.renew()
        assert service.shown[4:] == ["PLANTED-token-1.1.2"] and not service.used_twice
        first.renew()
        assert service.shown[5:] == ["PLANTED-token-1.1.2"] and len(service.refreshed) == 2


def test_what_another_has_renewed_is_renewed_once_more_if_that_is_due_by_then() -> None:
    service = RotatingService()
    with serving(service, SAID) as here, sessions(here, 2) as (first, second):
        first.renew()
        login = first._renewing._login
        assert login is not None
        dataclasses.replace(login, made_s=login.made_s - 30)  # as if so long had passed
        second.renew()
        assert service.shown[2:] == ["PLANTED-token-1.1", "PLANTED-token-1.1.2"] and not service.used_twice


def test_what_was_renewed_serves_who_connects_next_though_the_login_before_was_let_go() -> None:
    service, caller = RotatingService(), HeldUp()
    with serving(service, SAID) as here, sessions(here, 2, caller) as (first, second):
        second.leave()
        renewing = gevent.spawn(first.renew)
        until(lambda: caller.waiting == 1, "the request")
        first._credentials.forget(here.tenant.identity)
        caller.may_go_on.set()
        renewing.get(timeout=10)
        second.open()
        assert service.shown[2:] == ["PLANTED-token-1.1"] * 2 and service.logins == 1


@BOTH
def test_sessions_with_a_login_each_renew_each_its_own(how: dict[str, Any]) -> None:
    service, caller = RotatingService(), HeldUp()
    with serving(service, how, auth__reuse_s=0.0) as here, sessions(here, 2, caller) as every:
        at_once(caller, every, waiting=2)
        assert service.logins == 2 and sorted(service.refreshed) == ["PLANTED-refresh-1", "PLANTED-refresh-2"]
        for session, number in zip(every, "12", strict=True):
            assert says(session, here) is Outcome.ANSWERED
            assert service.chats[-1].startswith(f"PLANTED-token-{number}.")


def test_who_connects_while_its_login_is_renewed_waits_for_the_fresh_token() -> None:
    service, caller = RotatingService(), HeldUp()
    with serving(service, SAID) as here, sessions(here, 2, caller) as (first, second):
        second.leave()
        service.before_answer = service.valid.clear  # the old token is void from then on
        renewing = gevent.spawn(first.renew)
        until(lambda: caller.waiting == 1, "the request")
        opening = gevent.spawn(second.open)
        gevent.idle()  # so that it has shown what it has, if it does not wait
        caller.may_go_on.set()
        for each in (renewing, opening):
            each.get(timeout=10)
        assert second.is_open and set(service.shown[2:]) == {"PLANTED-token-1.1"} and service.logins == 1


@BOTH
def test_a_refused_refresh_is_a_fault_and_whoever_held_the_login_logs_in_anew(how: dict[str, Any]) -> None:
    service, caller = RotatingService(), HeldUp()
    service.refuses = True
    with serving(service, how) as here, sessions(here, 2, caller) as every:
        at_once(caller, every, waiting=1)
        assert service.refreshed == ["PLANTED-refresh-1"] and not service.used_twice
        until(lambda: all(session.is_open for session in every), "the sessions")
        assert (here.run.exposures[NOT_RENEWED], here.run.exposures[RENEWED]) == (2, 0)
        assert service.logins >= 2 and service.shown[-1] == f"PLANTED-token-{service.logins}"
        assert [row.reason for row in here.sink.of(SessionEnded)] == ["no fresh token was to be had"] * 2
        failed = here.sink.of(ConnectFailed)
        assert {(row.stage, row.status) for row in failed} == {("auth", 401)}
        assert failed[0].detail.startswith("renewal: auth.renewal.service 127.0.0.1:")
        assert failed[0].detail.endswith("/refresh answered 401")
        assert any("answered 401" in error for error in here.errors())
        service.refuses = False
        every[0].renew()  # the new login has a refresh token of its own
        assert here.run.exposures[RENEWED] == 1 and not service.used_twice
        nothing_is_told(here)


@pytest.mark.parametrize(
    ("without", "says"),
    [
        ("access_token", "answered without a token at 'access_token'"),
        ("life", "answered without a number of seconds at 'life'"),
    ],
)
def test_an_answer_that_lacks_what_it_should_bring_is_a_sentence(without: str, says: str) -> None:
    service = RotatingService()
    service.answer = lambda document: {name: value for name, value in document.items() if name != without}
    with serving(service, SAID) as here, sessions(here) as (session,):
        session.renew()
        assert here.run.exposures[NOT_RENEWED] == 1
        assert here.sink.of(ConnectFailed)[0].detail.endswith(says)
        nothing_is_told(here)


def test_a_refresh_token_that_is_no_text_is_a_sentence() -> None:
    service = RotatingService()
    service.answer = lambda document: {**document, "refresh_token": ["PLANTED"]}
    with serving(service, SAID) as here, sessions(here) as (session,):
        session.renew()
        assert here.sink.of(ConnectFailed)[0].detail.endswith("answered without 'refresh' at 'refresh_token'")
        nothing_is_told(here)


def test_a_service_may_bring_a_fresh_refresh_token_now_and_then() -> None:
    service = RotatingService()
    service.keeps = True
    brings = iter([False, True, False])
    service.answer = lambda document: document if next(brings) else document | {"refresh_token": None}
    with serving(service, SAID) as here, sessions(here) as (session,):
        for _ in range(3):
            session.renew()
        assert here.run.exposures[RENEWED] == 3
        first, fresh = service.refreshed
        assert service.used_twice == [first] and fresh != first, "each as long as no other came"


def test_a_renewal_that_was_cut_short_is_not_tried_again_with_the_same_refresh_token() -> None:
    service, caller = RotatingService(), HeldUp()
    with serving(service, SAID) as here, sessions(here, 2, caller) as (first, second):
        renewing = gevent.spawn(first.renew)
        until(lambda: caller.waiting == 1, "the request")
        renewing.kill()
        caller.may_go_on.set()
        second.renew()
        assert caller.waiting == 1
        assert here.sink.of(ConnectFailed)[0].detail == "renewal: the request that renews its login was cut short"
        until(lambda: service.logins == 2 and second.is_open, "the new login")


@BOTH
def test_a_session_that_ends_while_its_login_is_renewed_is_no_fault(how: dict[str, Any]) -> None:
    service, caller = RotatingService(), HeldUp()
    with serving(service, how) as here, sessions(here, 1, caller) as (session,):
        renewing = gevent.spawn(session.renew)
        until(lambda: caller.waiting == 1, "the request")
        session.finish("its tenant has left")
        caller.may_go_on.set()
        renewing.get(timeout=10)
        assert (here.run.exposures[NOT_RENEWED], here.run.exposures[RENEWED]) == (0, 0)
        assert not session.is_open and len(service.shown) == 1


def test_a_refresh_token_that_stays_is_shown_each_time() -> None:
    service = RotatingService()
    with serving(service, SAID, call={}) as here, sessions(here) as (session,):
        session.renew()
        service.refreshed.clear()
        session.renew()  # the service takes it once only: that it is asked with it is what is shown here
        assert service.refreshed == ["PLANTED-refresh-1"]


def test_a_fresh_token_is_due_by_what_its_own_answer_says() -> None:
    service = RotatingService()
    service.answer = lambda document: {**document, "life": LIFE_S * 2}
    renewal = {"every_s": None, "before_expiry_s": 20}
    with serving(service, {**SAID, **renewal}) as here, sessions(here) as (session,):
        session.keep(time.perf_counter() + LIFE_S - 19.5)
        until(lambda: here.run.exposures[RENEWED] == 1, "the renewal")
        session.keep(time.perf_counter() + LIFE_S * 2 - 21)
        assert len(service.refreshed) == 1
        session.keep(time.perf_counter() + LIFE_S * 2 - 19.5)
        until(lambda: here.run.exposures[RENEWED] == 2, "the second renewal")


def test_a_refresh_whose_answer_does_not_say_how_long_it_lives_names_its_own_key() -> None:
    service = RotatingService()
    renewal = {"every_s": None, "before_expiry_s": 20}
    with serving(service, {**SAID, **renewal}, call={"expires_in": None}) as here, sessions(here) as (session,):
        session.renew()
        assert "let auth.renewal.service.expires_in say where" in here.sink.of(ConnectFailed)[0].detail


def test_a_refresh_that_is_answered_with_an_id_of_another_is_a_leak() -> None:
    service = RotatingService()
    service.answer = lambda document: {**document, "me": 7001}
    learn = {"refresh": "refresh_token", "user_id": "me"}
    with serving(service, SAID, call={"learn": learn}) as here, sessions(here) as (session,):
        assert [row.value for row in here.sink.of(IdLearnt)] == ["7000"]
        here.run.naming.add(OTHER, ["7001"])
        session.renew()
        (seen,) = here.sink.of(SightingSeen)
        assert (seen.kind, seen.owner) == (FindingKind.WRONG_IDENTITY, OTHER)
