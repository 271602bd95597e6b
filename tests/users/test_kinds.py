"""The four kinds of tenants, each played by Locust's own loop against a small target."""

from __future__ import annotations

from typing import Any

import pytest
from gevent.pool import Group

from evidence.records import SessionEnded, TenantLedger, TenantStarted
from tests.users.fixtures import World, profile_for, world
from tests.users.small_target import SmallTarget, small_target, until
from users.agent import AgentTenant
from users.base import TenantUser
from users.listening import ListeningTenant
from users.roving import RovingTenant
from users.state import StateTenant

KINDS = [AgentTenant, ListeningTenant, RovingTenant, StateTenant]
SAYS = {
    AgentTenant: {"chat_message", "history", "routing_test", "get_state"},
    ListeningTenant: {"ping", "update_state", "get_state", "routing_test"},
    RovingTenant: {"chat_message", "history", "resume", "get_state"},
    StateTenant: {"get_state", "history", "update_state", "chat_message", "routing_test"},
}


def play(kind: type[TenantUser], target: SmallTarget) -> World:
    """Runs one user in Locust's loop until it has said all its kind says, then kills it as Locust does."""
    rates: dict[str, Any] = {f"workload__{name}_rate": 300.0 for name in ("chat", "read", "roving", "listening")}
    quick: dict[str, Any] = {"workload__drop_after_ms": [1.0, 3.0], "workload__burst_every_s": 0.05}
    here = world(profile_for(target.url, target__reply_timeout_s=0.3, **quick, **rates))
    here.run.attach()
    user = kind(here.run.environment)
    group = Group()
    user.start(group)
    try:
        until(lambda: set(target.types()) >= SAYS[kind], f"all of {SAYS[kind]}, only {set(target.types())}")
    finally:
        here.run.stopping = True
        user.stop(force=True)
        group.join(timeout=5)
    return here


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_says_what_it_is_for_and_nothing_else_and_leaves_nothing_open(kind: type[TenantUser]) -> None:
    with small_target() as target:
        here = play(kind, target)
        assert set(target.types()) == SAYS[kind]
        until(lambda: target.open == 0, "all connections to be closed")
    (started,) = here.sink.of(TenantStarted)
    assert started.user_class == kind.__name__
    (ledger,) = here.sink.of(TenantLedger)
    assert ledger.sent == ledger.answered + ledger.refused + ledger.unknown_requests > 0
    assert not here.run.acting
    if kind is RovingTenant:
        assert {row.how for row in here.sink.of(SessionEnded)} >= {"dropped"}
        assert here.run.exposures["resumes"] > 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_follows_a_rate_of_the_profile(kind: type[TenantUser]) -> None:
    assert getattr(profile_for().workload, kind.rate) > 0
    assert kind.weight > 0 and kind.tasks


def test_kinds_can_be_told_apart_by_name_and_the_base_is_not_offered() -> None:
    assert len({kind.__name__ for kind in KINDS}) == 4
    assert TenantUser.abstract and not any(kind.abstract for kind in KINDS)
