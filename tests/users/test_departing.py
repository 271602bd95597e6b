from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from evidence.findings import FindingKind
from evidence.records import (
    RETURN,
    AccessAttempt,
    RequestEnded,
    Row,
    SessionEnded,
    SightingSeen,
    TenantLedger,
    TenantRemoved,
    TenantStarted,
)  # fmt: skip
from tests.users.fixtures import KEY, OWN, Tenants, World, profile_for, world
from tests.users.small_target import Line, SmallTarget, silent, small_target
from users.agent import AgentTenant
from users.base import TenantUser, credentials_of
from users.departing import leave_for_good, time_to_leave
from users.listening import ListeningTenant
from users.presence import Presence
from users.roving import RovingTenant
from users.run import NodeRun
from users.state import StateTenant
from users.trespassing import TrespassingTenant

STORES: dict[str, Any] = {
    "stores__redis": {"url": "redis://127.0.0.1:1/0"},
    "auth__place": "query",
    "auth__source": "jwt",
    "provisioning__quiet_before_removal_s": 0.0,
}


class Doorkeeper:
    """A greeting that lets everybody in until somebody is removed, and afterwards if it forgets nobody."""

    def __init__(self, here: Tenants, *, lets_in: bool) -> None:
        self.tenants = here
        self.lets_in = lets_in

    def __call__(self, line: Line) -> None:
        if self.tenants.removed and not self.lets_in:
            line.close(1008, "no such user")
            return
        line.send(type="session_ready", session_id=f"session {line.number}")


@contextmanager
def playing(*, lets_in: bool = False, **changes: object) -> Iterator[tuple[World, SmallTarget, Presence]]:
    tenants = Tenants()
    with small_target(greet=Doorkeeper(tenants, lets_in=lets_in)) as target:
        here = world(profile_for(target.url, **{**STORES, **changes}), tenants=tenants)
        presence = Presence(
            here.run, here.tenant, sessions=1, rate=1000.0, credentials=credentials_of(here.run), tls=None
        )
        presence.begin("AgentTenant")
        yield here, target, presence


def asked(presence: Presence) -> None:
    request = presence.ask("state_read")
    assert request is not None and presence.wait(request)


def outcomes(here: World) -> list[str]:
    return [row.outcome for row in here.sink.of(TenantRemoved)]


def order(here: World) -> list[str]:
    kinds: tuple[type[Row], ...] = (RequestEnded, SessionEnded, TenantLedger, TenantRemoved, AccessAttempt)
    return [row.row for row in here.sink.rows if isinstance(row, kinds)]


def test_a_tenant_is_removed_when_all_is_settled_and_is_not_let_in_again() -> None:
    with playing() as (here, target, presence):
        asked(presence)
        assert leave_for_good(here.run, presence)
        assert len(target.lines) == 2
    assert order(here) == ["request", "session_ended", "ledger", "tenant_removed", "tenant_removed", "attempt"]
    assert outcomes(here) == ["begun", "removed"]
    assert here.sink.of(TenantRemoved)[-1].things == 3
    attempt = here.sink.of(AccessAttempt)[0]
    assert (attempt.tenant, attempt.victim, attempt.name, attempt.does) == (OWN, OWN, RETURN, "return")
    assert (attempt.outcome, attempt.detail) == ("refused", "closed with code 1008")
    assert here.run.exposures["departures"] == 1
    assert here.sink.of(SightingSeen) == []
    assert not here.run.acting


def test_who_is_let_in_after_its_removal_is_sighted_and_its_reads_say_how_far_it_got() -> None:
    with playing(lets_in=True) as (here, target, presence):
        asked(presence)
        assert leave_for_good(here.run, presence)
        assert target.types() == ["get_state", "get_state", "history"]
        ids = [frame["message_id"] for _, frame in target.asked]
    assert len(set(ids)) == 3  # no request of it is numbered twice
    sighting = here.sink.of(SightingSeen)[0]
    assert (sighting.kind, sighting.owner, sighting.recipient) == (FindingKind.SURVIVED_DELETE, OWN, None)
    assert sighting.place == f"attempt: {RETURN}"
    assert sighting.detail == "the session became ready, state_read was answered, history was answered"
    assert len(here.sink.of(RequestEnded)) == 1  # what it asked after its end is no part of the load
    assert here.sink.of(TenantLedger)[0].sent == 1


def test_a_removal_that_fails_is_said_and_nobody_comes_back() -> None:
    with playing(lets_in=True) as (here, target, presence):
        tenants = here.run.tenants
        assert isinstance(tenants, Tenants)
        tenants.not_removed = "Postgres at x: connection refused"
        asked(presence)
        assert leave_for_good(here.run, presence)
        assert len(target.lines) == 1
    assert outcomes(here) == ["begun", "failed"]
    assert here.sink.of(TenantRemoved)[-1].detail == "Postgres at x: connection refused"
    assert not here.sink.of(AccessAttempt) and not here.run.exposures["departures"]


@pytest.mark.parametrize("changes", [{"provisioning__revokes": False}, {"auth__place": "none"}])
def test_where_a_token_says_nothing_about_it_nobody_tries_to_come_back(changes: dict[str, object]) -> None:
    with playing(lets_in=True, **changes) as (here, target, presence):
        asked(presence)
        assert leave_for_good(here.run, presence)
        assert len(target.lines) == 1
    assert outcomes(here) == ["begun", "removed"]
    assert not here.sink.of(AccessAttempt)


def test_who_was_never_answered_or_is_being_stopped_stays() -> None:
    with playing() as (here, _, presence):
        assert not leave_for_good(here.run, presence)
        asked(presence)
        here.run.stopping = True
        assert not leave_for_good(here.run, presence)
    assert outcomes(here) == []


def test_who_has_asked_for_something_of_unknown_end_stays() -> None:
    answering: list[bool] = [True]

    def rule(line: Line, frame: dict[str, Any]) -> None:
        (line.answer if answering[0] else lambda _frame: silent(line, frame))(frame)

    tenants = Tenants()
    with small_target(on_frame=rule) as target:
        here = world(profile_for(target.url, target__reply_timeout_s=0.1, **STORES), tenants=tenants)
        presence = Presence(
            here.run, here.tenant, sessions=1, rate=1000.0, credentials=credentials_of(here.run), tls=None
        )
        presence.begin("AgentTenant")
        asked(presence)
        answering[0] = False
        asked(presence)
        assert not leave_for_good(here.run, presence)
        presence.finish("done")
    assert tenants.removed == []


def test_nobody_leaves_where_nobody_can_be_removed_or_nobody_is_to() -> None:
    assert time_to_leave(world(profile_for(stores__redis=None, stores__postgres=None)).run) is None
    assert time_to_leave(world(profile_for(workload__departures=0.0, **STORES)).run) is None
    run = world(profile_for(workload__departures=0.25, **STORES)).run
    assert [time_to_leave(run) is not None for _ in range(8)] == [True, False, False, False] * 2


def test_some_kinds_leave_and_others_never_do() -> None:
    leaving = {kind for kind in (AgentTenant, StateTenant, RovingTenant, ListeningTenant, TrespassingTenant)
               if kind.may_depart}  # fmt: skip
    assert leaving == {AgentTenant, StateTenant}


def at_work(run: NodeRun) -> TenantUser:
    run.attach()
    user = StateTenant(run.environment)
    user.on_start()
    return user


def test_another_tenant_takes_the_place_of_one_that_has_left() -> None:
    tenants = Tenants()
    changes = {**STORES, "workload__departures": 1.0, "workload__departs_after_s": (0.0, 0.0),
               "workload__read_rate": 1000.0, "workload__two_sessions": 0.0}  # fmt: skip
    with small_target(greet=Doorkeeper(tenants, lets_in=True)) as target:
        here = world(profile_for(target.url, **changes), tenants=tenants)
        user = at_work(here.run)
        assert user.presence is not None
        asked(user.presence)
        assert user.wait_time() == 0.0
        assert user.presence.tenant.number == OWN + 1
        user.on_stop()
    assert tenants.removed == [OWN]
    assert [(row.tenant, row.follows) for row in here.sink.of(TenantStarted)] == [(OWN, None), (OWN + 1, OWN)]
    assert {row.tenant for row in here.sink.of(TenantLedger)} == {OWN, OWN + 1}
    assert KEY is here.run.key
