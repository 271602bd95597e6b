from __future__ import annotations

from typing import Any

import pytest
from gevent import GreenletExit

from tasks.saying_more import say_too_much
from tasks.speaker import needed_by
from tests.config.profiles import REMOVE
from tests.users.fixtures import Tenants, World, profile_for, world
from tests.users.small_target import SmallTarget, small_target
from users.agent import AgentTenant
from users.base import TenantUser, credentials_of, tls_of, weigh
from users.listening import ListeningTenant
from users.state import StateTenant


def user_in(here: World, kind: type[TenantUser]) -> TenantUser:
    here.run.attach()
    return kind(here.run.environment)


def played(target: SmallTarget, kind: type[TenantUser], **changes: object) -> tuple[World, Tenants]:
    tenants = Tenants()
    here = world(profile_for(target.url, workload__chat_rate=1000.0, workload__read_rate=1000.0,
                             workload__listening_rate=1000.0, **changes), tenants=tenants)  # fmt: skip
    user = user_in(here, kind)
    user.on_start()
    assert user.presence is not None
    assert user.wait_time() < 1
    user.on_stop()
    assert not here.run.acting
    return here, tenants


@pytest.mark.parametrize(("kind", "share", "sessions"), [
    (StateTenant, 0.0, 1), (StateTenant, 1.0, 2), (ListeningTenant, 0.0, 2),
])  # fmt: skip
def test_a_tenant_holds_as_many_sessions_as_its_kind_or_the_profile_says(
    kind: type[TenantUser], share: float, sessions: int
) -> None:
    with small_target() as target:
        played(target, kind, workload__two_sessions=share)
        assert len(target.lines) == sessions


def test_only_kinds_that_converse_get_short_budgets() -> None:
    with small_target() as target:
        for kind, share, short in ((AgentTenant, 1.0, True), (AgentTenant, 0.0, False), (StateTenant, 1.0, False)):
            _, tenants = played(target, kind, workload__short_budgets=share)
            assert tenants.taken == [short]


def test_without_a_run_nobody_starts() -> None:
    here = world()
    with pytest.raises(GreenletExit):
        AgentTenant(here.run.environment).on_start()


def test_without_a_tenant_the_user_stops_and_stopping_is_harmless() -> None:
    here = world(tenants=Tenants("the store is full"))
    user = user_in(here, AgentTenant)
    with pytest.raises(GreenletExit):
        user.on_start()
    user.on_stop()
    assert user.wait_time() == 1.0


def test_all_tenants_of_a_process_share_credentials_and_tls() -> None:
    here = world()
    assert credentials_of(here.run) is credentials_of(here.run)
    assert tls_of(here.run) is None
    secure = world(profile_for("wss://127.0.0.1:1/ws"))
    assert tls_of(secure.run) is tls_of(secure.run) is not None


def test_tasks_are_listed_as_often_as_they_weigh() -> None:
    def one(_user: object) -> None: ...

    def other(_user: object) -> None: ...

    assert weigh({one: 2, other: 1}) == [one, one, other]


def test_what_the_profile_lacks_takes_no_turn_and_what_it_adds_does() -> None:
    everything_else = ("ping", "routing", "history", "state_read", "state_write", "resume")
    bare: dict[str, object] = {f"operations__{name}": REMOVE for name in everything_else}
    extra = {
        "look_up": {"send": {"type": "ping"}, "ends": ["pong"], "weight": 3},
        "file": {"send": {"type": "ping"}, "ends": ["pong"], "role": "write"},
        "listen": {"send": {"type": "ping"}, "ends": ["pong"], "by": ["listening"]},
    }
    with small_target() as target:
        said = {}
        for kind in (StateTenant, AgentTenant, ListeningTenant):
            here = world(profile_for(target.url, attempts={}, operations__extra=extra, **bare))
            user = user_in(here, kind)
            user.on_start()
            said[kind] = [getattr(task, "keywords", {}).get("name") for task in user.tasks]
            assert {needed_by(task) for task in user.tasks} == {()}
            here.run.stopping = True
            user.on_stop()
            assert target.asked.pop()[1]["type"] == "chat_message"  # nobody is left of whom nothing was seen
    assert [name for name in said[StateTenant] if name] == ["look_up"] * 3 + ["file"] * 2
    assert [name for name in said[AgentTenant] if name] == ["file"] * 2
    assert said[ListeningTenant] == ["listen"] * 2


def test_the_kinds_that_say_it_try_texts_that_are_too_long_now_and_then() -> None:
    limit = {"operations__chat__text_limit": {"most": 100, "beyond": "cut", "tries": 1}}
    with small_target() as target:
        for kind, tries in ((AgentTenant, 1), (ListeningTenant, 0)):
            here = world(profile_for(target.url, **limit))
            user = user_in(here, kind)
            user.on_start()
            long: list[Any] = [task for task in user.tasks if getattr(task, "func", None) is say_too_much]
            assert len(long) == tries
            for task in [*long, *long]:
                task(user)
            user.on_stop()
            named = [row.operation for row in here.requests if row.operation.endswith("chat")]
            assert named == ["too long: chat", "chat"][: 2 * tries]
