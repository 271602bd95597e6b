from __future__ import annotations

import random
import time
from typing import Any

import gevent
import pytest

from evidence.marks import Mark, MarkKind
from evidence.records import ConnectFailed, SessionEnded, SessionOpened, SightingSeen
from evidence.requests import Outcome
from tests.users.fixtures import KEY, OTHER, World
from tests.users.sessions import ask, ended, session_at
from tests.users.small_target import Line, silent, small_target, until
from users.run import SessionUnavailable
from users.session import Session


def test_a_session_opens_speaks_and_closes_cleanly() -> None:
    with small_target() as target:
        with session_at(target) as (session, here):
            session.open()
            request = ask(session, here)
            assert session.wait(request)
            assert request.outcome is Outcome.ANSWERED
            assert target.asked[0][1]["session_id"] == "session 0"
        until(lambda: target.open == 0, "the connection's end")
        (opened,) = here.sink.of(SessionOpened)
        assert (opened.connection, opened.resumed) == (0, False)
        assert ended(here) == [("closed", None)]
        assert here.reported("connect") == ["tcp", "upgrade", "total"]
        assert here.run.exposures["sessions"] == 1


def test_a_refused_connection_says_at_which_stage() -> None:
    with small_target() as target:
        target.refuse = True
        with session_at(target) as (session, here):
            with pytest.raises(SessionUnavailable):
                session.open()
            (row,) = here.sink.of(ConnectFailed)
            assert (row.stage, row.status) == ("upgrade", 403)
            assert here.reported("connect") == ["upgrade"]
    with session_at(target) as (session, here):
        with pytest.raises(SessionUnavailable):
            session.open()
        assert here.sink.of(ConnectFailed)[0].stage == "tcp"
        with pytest.raises(SessionUnavailable):
            ask(session, here)
        assert here.tenant.counts.sent == 0


def test_a_target_that_never_says_ready_is_a_failed_connection() -> None:
    with small_target(greet=lambda line: None) as target, session_at(target, target__connect_timeout_s=0.1) as both:
        session, here = both
        with pytest.raises(SessionUnavailable, match="no session_ready frame after the upgrade"):
            session.open()
        assert here.sink.of(ConnectFailed)[0].stage == "ready"
        assert not session.is_open
        until(lambda: target.open == 0)


def test_a_lost_connection_is_opened_again_and_resumed() -> None:
    lost: list[dict[str, Any]] = []
    with small_target() as target, session_at(target) as (session, here):
        here.run.hooks.session_lost.add_listener(lambda **told: lost.append(told))
        session.open()
        target.lines[0].close(1012, "restart")
        until(lambda: here.run.exposures["resumes"] == 1, "the resume")
        assert ended(here) == [("lost", 1012)]
        assert lost == [
            {"tenant": 4, "session": 0, "connection": 0, "code": 1012, "reason": "restart", "in_flight": 0}
        ]  # fmt: skip
        resume = target.asked[-1][1]
        assert (resume["type"], resume["session_id"]) == ("resume", "session 0")
        assert here.sink.of(SessionOpened)[-1].resumed
        assert here.run.exposures["reconnects"] == 1
        assert session.wait(ask(session, here))


def test_reconnects_back_off_and_end_when_the_target_is_there_again() -> None:
    with small_target() as target, session_at(target) as (session, here):
        session.open()
        target.refuse = True
        started_s = time.perf_counter()
        target.lines[0].reset()
        until(lambda: len(here.sink.of(ConnectFailed)) >= 4, "four failed reconnects")
        # Pauses of 20, 40, 80 and 100 ms, each at least half of itself.
        assert time.perf_counter() - started_s >= 0.115
        assert not session.is_open
        target.refuse = False
        assert session.wait_open(5)


def test_nobody_reconnects_once_the_run_is_stopping() -> None:
    with small_target() as target, session_at(target) as (session, here):
        session.open()
        here.run.stopping = True
        target.lines[0].reset()
        until(lambda: not session.is_open)
        assert not session.wait_open(0.2)
        assert len(target.lines) == 1


def test_a_drop_in_the_middle_of_a_request_is_resumed_and_answered() -> None:
    first: list[dict[str, Any]] = []

    def on_frame(line: Line, frame: dict[str, Any]) -> None:
        if frame["type"] == "chat_message":
            first.append(frame)
        elif frame["type"] == "resume":
            line.answer(frame)
            line.answer(first[0], charged=7)
        else:
            silent(line, frame)

    with small_target(on_frame=on_frame) as target, session_at(target) as (session, here):
        session.open()
        chat, state = ask(session, here), ask(session, here, "state_read")
        until(lambda: len(target.asked) == 2)
        session.drop()
        assert (chat.outcome, state.outcome, state.reason) == (None, Outcome.UNKNOWN, "session dropped")
        session.reopen(resume=True)
        assert session.wait(chat, 5)
        assert chat.outcome is Outcome.ANSWERED
        assert here.run.exposures["drops_mid_request"] == here.run.exposures["resumes"] == 1
        assert ended(here) == [("dropped", None)]


def test_a_refused_resume_gives_up_what_it_could_have_brought() -> None:
    def on_frame(line: Line, frame: dict[str, Any]) -> None:
        if frame["type"] == "resume":
            line.send(type="error", code="not_found", message_id=frame["message_id"])

    with small_target(on_frame=on_frame) as target, session_at(target) as (session, here):
        session.open()
        chat = ask(session, here)
        until(lambda: target.asked)
        session.drop()
        session.reopen(resume=True)
        assert (chat.outcome, chat.reason) == (Outcome.UNKNOWN, "session not resumed")
        assert here.run.exposures["resumes"] == 0
        ask(session, here)
        until(lambda: len(target.asked) == 3)
        assert target.asked[-1][1]["session_id"] == "session 1"


def test_two_who_want_a_connection_get_one() -> None:
    with small_target() as target, session_at(target) as (session, here):
        openers = [gevent.spawn(session.open) for _ in range(5)]
        gevent.joinall(openers, timeout=5, raise_error=True)
        assert len(target.lines) == 1
        assert len(here.sink.of(SessionOpened)) == 1


def test_a_session_that_has_ended_is_not_opened_again() -> None:
    with small_target() as target, session_at(target) as (session, _here):
        opener = gevent.spawn(session.open)
        gevent.sleep(0)
        session.finish("user stopped")
        with pytest.raises(SessionUnavailable):
            opener.get(timeout=5)
        with pytest.raises(SessionUnavailable):
            session.open()
        until(lambda: target.open == 0, "the connection to be gone")


def test_a_reply_that_never_comes_is_unknown_even_if_nobody_keeps_the_session() -> None:
    with small_target(on_frame=silent) as target, session_at(target, target__reply_timeout_s=0.05) as (session, here):
        session.open()
        request = ask(session, here)
        assert session.wait(request)
        assert (request.outcome, request.reason) == (Outcome.UNKNOWN, "timed out")
        assert here.tenant.account.unknown == 7


def test_waiting_ends_at_its_own_time_limit_and_leaves_the_request_open() -> None:
    with small_target(on_frame=silent) as target, session_at(target) as (session, here):
        session.open()
        request = ask(session, here)
        assert not session.wait(request, 0.02)
        assert request.outcome is None
        session.wait_idle(0.02)
        assert session.in_flight == 1


def test_keeping_a_session_gives_up_the_overdue_and_pings_the_idle() -> None:
    with small_target(on_frame=silent) as target, session_at(target, target__ping_every_s=10.0) as (session, here):
        session.open()
        request = ask(session, here)
        now_s = time.perf_counter()
        session.keep(now_s + 1)
        assert session.in_flight == 1
        session.keep(now_s + 11)
        assert request.outcome is Outcome.UNKNOWN
        session.keep(now_s + 12)
        until(lambda: target.pings == 1, "the ping")
        until(lambda: not session.heartbeat.awaits_pong, "the pong")
        session.keep(now_s + 22)
        until(lambda: target.pings == 2, "the second ping")


def test_a_connection_on_which_not_even_a_pong_arrives_is_lost() -> None:
    with small_target() as target, session_at(target, target__ping_every_s=10.0) as (session, here):
        session.open()
        now_s = time.perf_counter()
        session.keep(now_s + 11)
        assert session.heartbeat.awaits_pong
        session.keep(now_s + 30)
        assert here.sink.of(SessionEnded) == [], "its pong may be on the way still"
        session.keep(now_s + 31)
        [ended] = here.sink.of(SessionEnded)
        assert (ended.how, ended.reason) == ("lost", "no answer to a ping")


def test_room_is_waited_for() -> None:
    held: list[tuple[Line, dict[str, Any]]] = []
    with (
        small_target(on_frame=lambda line, frame: held.append((line, frame))) as target,
        session_at(target) as (session, here),
    ):
        session.open()
        for _ in range(3):
            ask(session, here)
        waiting = gevent.spawn(session.wait_for_room, 3)
        until(lambda: len(held) == 3)
        assert not waiting.ready()
        line, frame = held[1]
        line.answer(frame)
        waiting.get(timeout=5)
        assert session.in_flight == 2


def test_leaving_closes_properly_and_the_session_can_be_opened_again() -> None:
    with small_target() as target, session_at(target) as (session, here):
        session.open()
        session.leave()
        until(lambda: target.open == 0)
        session.leave()
        session.reopen(resume=False)
        assert session.is_open
        assert ended(here) == [("closed", None)]
        assert "resume" not in target.types()


def test_leaks_in_a_close_reason_and_in_a_binary_frame_are_seen() -> None:
    canary = KEY.mint_canary(Mark(MarkKind.SECRET, OTHER, 1))
    with small_target() as target, session_at(target) as (session, here):
        session.open()
        target.lines[0].peer.send(b"\x82\x1d" + canary.encode())
        until(lambda: len(here.sink.of(SightingSeen)) == 1)
        target.lines[0].close(1008, canary)
        until(lambda: len(here.sink.of(SightingSeen)) == 2)


def test_a_leak_in_what_a_refusal_says_is_seen() -> None:
    with small_target() as target, session_at(target) as (session, here):
        target.refuse, target.refusal = True, KEY.mint_canary(Mark(MarkKind.SECRET, OTHER, 1)).encode()
        with pytest.raises(SessionUnavailable):
            session.open()
        assert [row.owner for row in here.sink.of(SightingSeen)] == [OTHER]


def test_finishing_ends_everything_once() -> None:
    with small_target(on_frame=silent) as target, session_at(target) as (session, here):
        session.open()
        request = ask(session, here)
        waiting = gevent.spawn(session.wait, request)
        gevent.sleep(0)
        session.finish("user stopped")
        session.finish("again")
        assert waiting.get(timeout=5)
        assert (request.outcome, request.reason) == (Outcome.UNKNOWN, "session closed")
        assert len(here.requests) == 1
        assert ended(here) == [("closed", None)]


def _restless(session: Session, here: World) -> None:
    """Everything a user does with a session, over and over."""
    session.reopen(resume=False)
    while True:
        if session.wait_open(1):
            try:
                request = ask(session, here)
                session.wait_for_room(3)
                if here.run.random.random() < 0.3:
                    session.drop()
                    session.reopen(resume=True)
                session.wait(request, 0.05)
                if here.run.random.random() < 0.2:
                    session.leave()
                    session.reopen(resume=False)
            except SessionUnavailable:
                continue


@pytest.mark.parametrize("seed", range(3))
def test_a_user_killed_at_any_moment_leaves_no_request_uncounted_and_no_connection_open(seed: int) -> None:
    source = random.Random(seed)

    def on_frame(line: Line, frame: dict[str, Any]) -> None:
        chance = source.random()
        if chance < 0.6:
            line.answer(frame)
        elif chance < 0.7:
            line.close()
        elif chance < 0.75:
            line.reset()

    sent = 0
    with small_target(on_frame=on_frame) as target:
        for _ in range(25):
            with session_at(target, target__reply_timeout_s=1.0) as (session, here):
                user = gevent.spawn(_restless, session, here)
                gevent.sleep(source.random() * 0.03)
                user.kill()
            rows = [row for row in here.requests if not row.late_answer]
            assert sorted(row.sequence for row in rows) == list(range(1, here.tenant.counts.sent + 1))
            assert here.tenant.account.in_flight == 0
            sent += here.tenant.counts.sent
        until(lambda: target.open == 0, "all connections to be gone")
    assert sent > 25, "the users were killed before they did anything"
