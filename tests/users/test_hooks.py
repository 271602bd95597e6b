from __future__ import annotations

from locust.env import Environment

from typing import Any

import pytest

from evidence.findings import FindingKind, Severity, Sighting
from evidence.marks import Mark, MarkKind
from evidence.requests import Outcome
from tests.users.fixtures import KEY, OTHER, OWN, Talk, World, profile_for, world
from tests.users.small_target import silent, small_target, until
from users.credentials import Credentials
from users.hooks import IsolationEvents, isolation_events
from users.session import Session
from users.wire.connection import ConnectTimings


def listen(here: World, name: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    getattr(here.run.hooks, name).add_listener(lambda **arguments: told.append(arguments))
    return told


def test_an_environment_has_one_set_of_hooks() -> None:
    one, other = Environment(), Environment()
    assert isolation_events(one) is isolation_events(one)
    assert isolation_events(one) is not isolation_events(other)
    assert isinstance(isolation_events(one), IsolationEvents)
    assert world().run.hooks is not isolation_events(one)


def test_sessions_opened_and_lost_are_told() -> None:
    with small_target(on_frame=silent) as target:
        here = world(profile_for(target.url))
        opened, lost = listen(here, "session_opened"), listen(here, "session_lost")
        session = Session(here.run, here.tenant, 1, Credentials(here.run.profile), None)
        session.open()
        request = session.ask("chat", here.run.profile.operations.chat, 0.0)
        here.run.stopping = True
        target.lines[0].close(1013, "too busy")
        until(lambda: lost)
        session.finish("test over")
    (told,) = opened
    assert isinstance(told.pop("timings"), ConnectTimings)
    assert told == {"tenant": OWN, "session": 1, "connection": 0, "resumed": False}
    assert lost == [
        {"tenant": OWN, "session": 1, "connection": 0, "code": 1013, "reason": "too busy", "in_flight": 1}
    ]  # fmt: skip
    assert request.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("how", ["drop", "leave", "finish"])
def test_what_we_end_ourselves_is_not_lost(how: str) -> None:
    with small_target() as target:
        here = world(profile_for(target.url))
        lost = listen(here, "session_lost")
        session = Session(here.run, here.tenant, 0, Credentials(here.run.profile), None)
        session.open()
        session.finish("over") if how == "finish" else getattr(session, how)()
        until(lambda: target.open == 0)
        session.finish("test over")
    assert lost == []


def test_replies_are_told_with_their_ended_request() -> None:
    here = world()
    told = listen(here, "reply_received")
    talk = Talk(here, ordinal=1)
    answered, refused = talk.ask()[0], talk.ask()[0]
    talk.finish(answered, charged=7)
    talk.hear({"type": "error", "code": "not_found", "message_id": refused.request_id})
    assert told == [{"tenant": OWN, "session": 1, "request": answered}]
    assert answered.outcome is Outcome.ANSWERED


def test_leaks_are_told_when_their_frame_arrives_and_budget_findings_apart() -> None:
    here = world(budget=5)
    leaks, budgets = listen(here, "leak_sighted"), listen(here, "budget_violated")
    talk = Talk(here)
    talk.hear(KEY.mint_canary(Mark(MarkKind.ROW, OTHER, 1)))
    assert [told["sighting"].kind for told in leaks] == [FindingKind.FOREIGN_CONTENT]
    assert budgets == []
    talk.finish(talk.ask()[0], charged=7)
    assert [told["sighting"].kind for told in budgets] == [FindingKind.NOT_REFUSED]
    assert leaks[-1] == budgets[0]
    assert isinstance(budgets[0]["sighting"], Sighting)


def test_a_listener_that_fails_disturbs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    here = world()

    def fail(**_arguments: object) -> None:
        raise RuntimeError("a listener's own mistake")

    here.run.hooks.leak_sighted.add_listener(fail)
    here.run.hooks.reply_received.add_listener(fail)
    talk = Talk(here)
    request, _ = talk.ask()
    talk.finish(request, note=KEY.mint_canary(Mark(MarkKind.ROW, OTHER, 1)))
    assert request.outcome is Outcome.ANSWERED
    assert "a listener's own mistake" in caplog.text


def test_suspicions_are_told_and_are_no_failures() -> None:
    here = world()
    told = listen(here, "leak_sighted")
    Talk(here).hear({"type": "state_changed", "user_id": "nobody we know"})
    assert [item["sighting"].severity for item in told] == [Severity.SUSPICION]
    assert not here.run.environment.stats.errors
