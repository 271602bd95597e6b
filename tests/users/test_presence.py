from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent
import pytest

from evidence.budgets import SAFE_SPENDING
from evidence.findings import FindingKind
from evidence.records import LoudMoment, SightingSeen, TenantLedger, TenantStarted
from evidence.requests import Outcome
from tests.users.fixtures import World, profile_for, world
from tests.users.small_target import Line, SmallTarget, silent, small_target, until
from users.credentials import Credentials
from users.presence import REFUSALS_WANTED, Presence


@contextmanager
def presence_at(
    target: SmallTarget, *, sessions: int = 1, budget: int | None = None, rate: float = 1000.0, **changes: object
) -> Iterator[tuple[Presence, World]]:
    here = world(profile_for(target.url, **changes), budget=budget)
    presence = Presence(
        here.run, here.tenant, sessions=sessions, rate=rate, credentials=Credentials(here.run.profile), tls=None
    )
    try:
        yield presence, here
    finally:
        here.run.stopping = True
        presence.finish("test over")
    assert here.balance() == 0


class Bank:
    """A rule that charges 7 a chat and refuses when that is not left."""

    def __init__(self, remaining: int) -> None:
        self.remaining = remaining

    def __call__(self, line: Line, frame: dict[str, Any]) -> None:
        if frame["type"] != "chat_message":
            line.answer(frame)
        elif self.remaining < 7:
            refusal = {"code": "budget_exhausted", "remaining": self.remaining, "message_id": frame["message_id"]}
            line.send(type="error", **refusal)
        else:
            self.remaining -= 7
            line.answer(frame, charged=7, remaining=self.remaining)


def test_a_tenant_begins_acts_and_closes_its_ledger_once() -> None:
    with small_target() as target:
        with presence_at(target, sessions=2) as (presence, here):
            presence.begin("AgentTenant")
            assert here.run.acting == {4: presence}
            assert presence.sessions == len(target.lines) == 2
            request = presence.ask("chat")
            assert request is not None and presence.wait(request)
            presence.drain()
            presence.finish("user stopped")
            presence.finish("again")
            assert here.run.acting == {}
        (started,) = here.sink.of(TenantStarted)
        assert (started.user_class, started.sessions) == ("AgentTenant", 2)
        (ledger,) = here.sink.of(TenantLedger)
        assert (ledger.sent, ledger.answered, ledger.charged) == (1, 1, 7)
        assert here.run.exposures["second_sessions"] == 1


def test_who_has_run_out_wants_to_see_it_refused_and_then_stops_asking() -> None:
    bank = Bank(30)
    with small_target(on_frame=bank) as target, presence_at(target, budget=30) as (presence, here):
        presence.begin("AgentTenant")
        for _ in range(12):
            request = presence.ask("chat")
            if request is not None:
                assert presence.wait(request)
        counts = here.tenant.counts
        assert (counts.answered, counts.refused) == (4, REFUSALS_WANTED)
        assert presence.ask("history") is not None
        assert here.sink.of(SightingSeen) == []


def test_who_may_have_run_out_stops_asking_after_refusals_too() -> None:
    bank = Bank(16)
    lost: list[dict[str, Any]] = []

    def on_frame(line: Line, frame: dict[str, Any]) -> None:
        if not lost:
            bank.remaining -= 7
            lost.append(frame)
        else:
            bank(line, frame)

    with (
        small_target(on_frame=on_frame) as target,
        presence_at(target, budget=16, target__reply_timeout_s=0.1) as (presence, here),
    ):
        presence.begin("AgentTenant")
        for _ in range(8):
            if (request := presence.ask("chat")) is not None:
                presence.wait(request)
        counts = here.tenant.counts
        assert (counts.unknown, counts.answered, counts.refused) == (1, 1, REFUSALS_WANTED)
        assert here.sink.of(SightingSeen) == []


def test_who_is_refused_too_early_goes_on_asking() -> None:
    with small_target(on_frame=Bank(0)) as target, presence_at(target, budget=700) as (presence, here):
        presence.begin("AgentTenant")
        for _ in range(5):
            request = presence.ask("chat")
            assert request is not None and presence.wait(request)
        kinds = [row.kind for row in here.sink.of(SightingSeen)]
        assert kinds.count(FindingKind.REFUSED_TOO_EARLY) == 5


def test_nobody_spends_beyond_the_band_that_names_it() -> None:
    with small_target() as target, presence_at(target) as (presence, here):
        presence.begin("AgentTenant")
        here.tenant.account.charged = SAFE_SPENDING - 7
        last = presence.ask("chat")
        assert last is not None and presence.wait(last)
        assert presence.ask("chat") is None
        assert here.run.exposures["requests_beyond_band"] == 1
        assert presence.ask("history") is not None
        left = here.tenant.account.bounds().low
        assert here.run.bands.owner(left) == here.tenant.number


def test_no_more_than_so_many_requests_are_open_on_a_session() -> None:
    held: list[tuple[Line, dict[str, Any]]] = []
    with (
        small_target(on_frame=lambda line, frame: held.append((line, frame))) as target,
        presence_at(target, workload__in_flight=3) as (presence, _here),
    ):
        presence.begin("AgentTenant")
        asking = gevent.spawn(lambda: [presence.ask("chat") for _ in range(5)])
        until(lambda: len(held) == 3)
        assert presence.in_flight == 3 and not asking.ready()
        held[0][0].answer(held[0][1], charged=7)
        until(lambda: len(held) == 4)
        assert presence.in_flight == 3 and not asking.ready()
        asking.kill()


def test_an_operation_that_the_profile_has_not_is_not_asked() -> None:
    with small_target() as target, presence_at(target) as (presence, here):
        presence.begin("AgentTenant")
        assert presence.ask("dance") is None
        assert here.tenant.counts.sent == 0


def test_a_request_without_connection_is_noted_and_not_counted() -> None:
    with small_target() as target, presence_at(target) as (presence, here):
        presence._sessions[0].finish("gone")
        assert presence.ask("chat") is None
        assert here.run.exposures["requests_without_connection"] == 1
        assert here.tenant.counts.sent == 0


def test_latency_counts_from_the_slot_even_if_the_request_leaves_late() -> None:
    with small_target() as target, presence_at(target, rate=1.0) as (presence, _here):
        presence.begin("AgentTenant")
        slot_s = presence._slot_s
        assert slot_s is not None
        request = presence.ask("chat")
        assert request is not None and request.intended_s == slot_s <= request.sent_s
        second = presence.ask("chat")
        assert second is not None and second.intended_s > slot_s, "what follows in the same task is meant for now"
        presence._pace._due_s = time.perf_counter() - 5
        assert presence.next_pause_s() == 0.0
        late = presence.ask("chat")
        assert late is not None and late.sent_s - late.intended_s >= 5


def test_it_goes_to_the_session_it_was_told_or_to_any() -> None:
    with small_target() as target, presence_at(target, sessions=2) as (presence, _here):
        presence.begin("ListeningTenant")
        told = [presence.ask("history", session=1) for _ in range(4)]
        assert {request.session for request in told if request} == {1}
        spread = [presence.ask("history") for _ in range(20)]
        assert {request.session for request in spread if request} == {0, 1}


def test_a_drop_and_a_reopen_are_those_of_one_session() -> None:
    with small_target() as target, presence_at(target, sessions=2) as (presence, here):
        presence.begin("RovingTenant")
        presence.drop(0)
        presence.reopen(1, resume=True)
        assert len(target.lines) == 2, "what is open is left alone"
        presence.reopen(0, resume=True)
        assert len(target.lines) == 3
        presence.leave(0)
        assert here.run.exposures["resumes"] == 1


def test_draining_waits_for_open_replies_and_no_longer_than_the_profile_says() -> None:
    with (
        small_target(on_frame=silent) as target,
        presence_at(target, sessions=2, workload__drain_s=0.1) as (presence, _here),
    ):
        presence.begin("AgentTenant")
        request = presence.ask("chat")
        started_s = time.perf_counter()
        presence.drain()
        assert 0.09 < time.perf_counter() - started_s < 2
        presence.finish("user stopped")
        assert request is not None and request.outcome is Outcome.UNKNOWN


def test_those_who_wait_for_a_burst_return_at_the_same_moment() -> None:
    with (
        small_target() as target,
        presence_at(target, workload__burst_every_s=0.1) as (one, here),
        presence_at(target, workload__burst_every_s=0.1) as (other, _),
    ):
        returned: list[float] = []

        def wait(presence: Presence) -> None:
            presence.wait_for_burst()
            returned.append(time.time())

        waiting = [gevent.spawn(wait, presence) for presence in (one, other)]
        gevent.joinall(waiting, timeout=5, raise_error=True)
        assert abs(returned[0] - returned[1]) < 0.05
        assert here.run.exposures["burst_arrivals"] == 1
        assert one.repeats == 7


def test_two_runs_with_one_seed_choose_alike() -> None:
    with small_target() as target, presence_at(target) as (one, _), presence_at(target) as (other, _):
        assert [one.random.random() for _ in range(5)] == [other.random.random() for _ in range(5)]
        assert one.drop_after_ms == (10.0, 30.0)


def test_a_tenant_that_looks_first_has_read_before_its_first_slot() -> None:
    with small_target() as target, presence_at(target) as (presence, here):
        presence.begin("ListeningTenant", looks_first=True)
        presence.drain()
        assert target.types() == ["get_state"]
        assert here.tenant.counts.sent == 1


def test_whether_a_tenant_is_loud_is_drawn_by_lot_and_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    with small_target() as target, presence_at(target, workload__loud_chats=5) as (presence, here):
        monkeypatch.setattr("users.presence.APART_S", 0.0)
        drawn = [presence.draw_loudness() for _ in range(60)]
        assert set(drawn) == {1, 5}
        assert 15 < drawn.count(5) < 45
        assert [(row.tenant, row.loud) for row in here.sink.of(LoudMoment)] == [(4, many == 5) for many in drawn]
        assert here.run.exposures["loud_moments"] == drawn.count(5)


def test_moments_of_one_process_keep_apart() -> None:
    with small_target() as target, presence_at(target) as (presence, here):
        for _ in range(40):
            presence.draw_loudness()
        assert len(here.sink.of(LoudMoment)) == 1


def test_nobody_is_loud_where_the_profile_says_so() -> None:
    with small_target() as target, presence_at(target, workload__loud_chats=1) as (presence, here):
        assert [presence.draw_loudness() for _ in range(9)] == [1] * 9
        assert here.sink.of(LoudMoment) == []


def test_so_many_long_texts_are_tried_by_all_tenants_of_a_process_together() -> None:
    limit = {"most": 100, "beyond": "cut", "tries": 2}
    with small_target() as target, presence_at(target, operations__chat__text_limit=limit) as (presence, here):
        other = Presence(
            here.run, here.tenant, sessions=1, rate=1.0, credentials=Credentials(here.run.profile), tls=None
        )
        tried = [speaker.may_say_too_much("chat") for speaker in (presence, other, presence, other)]
        assert tried == [True, True, False, False]
        assert not presence.may_say_too_much("history")
