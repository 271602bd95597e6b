from __future__ import annotations

from typing import Any

import pytest

from evidence.marks import Mark, MarkKind
from evidence.oracle import control_pair
from evidence.records import SightingSeen
from tests.config.profiles import REMOVE
from tests.users.fixtures import KEY, OWN, Tenants, World, profile_for, world
from tests.users.small_target import Line, silent, small_target
from users.control import try_control

HOLDER, PLANTED = control_pair(1)


class Keeper:
    """A rule that keeps a state and shows it."""

    def __init__(self, shows: str | None = None) -> None:
        self.state: object = None
        self.shows = shows

    def __call__(self, line: Line, frame: dict[str, Any]) -> None:
        if frame["type"] == "update_state":
            self.state = frame["patch"]
        line.answer(frame, state=self.shows or self.state)


def test_a_target_that_keeps_and_shows_lets_the_control_be_caught() -> None:
    keeper = Keeper()
    with small_target(on_frame=keeper) as target:
        here = world(profile_for(target.url))
        caught = try_control(here.run)
        assert (caught.caught, caught.detail, caught.node) == (True, "", "local")
        assert KEY.mint_canary(Mark(MarkKind.STATE, PLANTED, 1)) in str(keeper.state)


def test_where_a_write_is_known_by_its_content_alone_the_control_is_planted_all_the_same() -> None:
    keeper = Keeper()

    def echo(line: Line, frame: dict[str, Any]) -> None:
        if frame["type"] == "update_state":
            assert "message_id" not in frame
            keeper.state = frame["patch"]
            line.send(type="state_updated", patch=frame["patch"])
        else:
            keeper(line, frame)

    with small_target(on_frame=echo) as target:
        caught = try_control(
            world(
                profile_for(
                    target.url,
                    operations__state_write__send={"type": "update_state", "patch": {"note": "{state_canary}"}},
                    operations__state_write__reply_by="content",
                )
            ).run
        )
    assert (caught.caught, caught.detail) == (True, "")
    assert KEY.mint_canary(Mark(MarkKind.STATE, PLANTED, 1)) in str(keeper.state)


def test_the_control_is_no_part_of_the_load() -> None:
    with small_target(on_frame=Keeper()) as target:
        here = world(profile_for(target.url))
        told: list[object] = []
        for name in ("leak_sighted", "session_opened", "reply_received"):
            getattr(here.run.hooks, name).add_listener(lambda **arguments: told.append(arguments))
        assert try_control(here.run).caught
    assert here.sink.rows == [] and here.events == [] and told == []
    assert not here.run.exposures and not here.run.acting and not here.run.environment.stats.errors


def test_a_real_leak_to_the_control_is_a_leak() -> None:
    foreign = KEY.mint_canary(Mark(MarkKind.SECRET, OWN, 1))
    with small_target(on_frame=Keeper(foreign)) as target:
        here = world(profile_for(target.url))
        caught = try_control(here.run)
        assert not caught.caught
        assert "the oracle did not see it" in caught.detail
    assert [(row.owner, row.recipient) for row in here.sink.of(SightingSeen)] == [(OWN, HOLDER)] * 2


def not_caught(here: World) -> str:
    caught = try_control(here.run)
    assert not caught.caught
    return caught.detail


def test_a_target_that_never_answers_does_not_hold_the_run_up() -> None:
    with small_target(on_frame=silent) as target:
        here = world(profile_for(target.url, target__reply_timeout_s=0.1))
        assert not_caught(here) == "the control's state_write was not answered: timed out"


def test_a_target_that_refuses_is_not_looked_at() -> None:
    def refuse(line: Line, frame: dict[str, Any]) -> None:
        line.send(type="error", code="validation_error", message_id=frame["message_id"])

    with small_target(on_frame=refuse) as target:
        assert not_caught(world(profile_for(target.url))).endswith("was not answered: validation_error")


def test_no_connection_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("users.presence._WAIT_FOR_CONNECTION_S", 0.1)
    assert not_caught(world()) == "the control tenant could not connect to the target"


def test_no_tenant_is_said() -> None:
    here = world(tenants=Tenants("Postgres at x is full"))
    assert not_caught(here) == "Postgres at x is full"


WITHOUT_STATE: dict[str, Any] = {"operations__state_read": REMOVE, "operations__state_write": REMOVE}


def test_a_target_without_state_is_given_the_control_in_a_chat_and_shows_it_in_its_answer() -> None:
    def echo(line: Line, frame: dict[str, Any]) -> None:
        line.answer(frame, content=frame.get("content"))

    with small_target(on_frame=echo) as target:
        here = world(profile_for(target.url, operations__history=REMOVE, **WITHOUT_STATE))
        assert try_control(here.run).caught
        assert target.types() == ["chat_message"]


def test_where_texts_are_too_short_for_two_canaries_the_planted_one_stands_alone() -> None:
    def echo(line: Line, frame: dict[str, Any]) -> None:
        line.answer(frame, content=frame["content"] if len(frame["content"]) <= 40 else "")

    with small_target(on_frame=echo) as target:
        limit = {"operations__chat__text_limit": {"most": 40, "beyond": "dropped"}}
        here = world(profile_for(target.url, operations__history=REMOVE, **limit, **WITHOUT_STATE))
        assert try_control(here.run).caught


def test_a_target_whose_chats_show_nothing_is_asked_for_their_history() -> None:
    said: list[str] = []

    def remember(line: Line, frame: dict[str, Any]) -> None:
        if frame["type"] == "chat_message":
            said.append(frame["content"])
            line.answer(frame)
        else:
            line.answer(frame, messages=said)

    with small_target(on_frame=remember) as target:
        assert try_control(world(profile_for(target.url, **WITHOUT_STATE)).run).caught
        assert target.types() == ["chat_message", "history"]


def test_a_target_whose_chats_are_never_shown_does_not_let_the_control_be_caught() -> None:
    def hide(line: Line, frame: dict[str, Any]) -> None:
        line.answer(frame)

    with small_target(on_frame=hide) as target:
        here = world(profile_for(target.url, **WITHOUT_STATE))
        assert not_caught(here).endswith("and the oracle did not see it")


def test_a_reply_that_is_known_by_its_content_alone_is_the_control_s_too() -> None:
    def echo(line: Line, frame: dict[str, Any]) -> None:
        line.send(type="agent_completed", content=frame["content"])

    chat = {"send": {"type": "chat_message", "content": "{prompt}"}, "reply_by": "content", "ends": ["agent_completed"]}
    changes = WITHOUT_STATE | {"operations__history": REMOVE, "operations__chat": chat}
    with small_target(on_frame=echo) as target:
        assert try_control(world(profile_for(target.url, **changes)).run).caught


def test_a_profile_with_nothing_to_plant_a_control_with_is_said() -> None:
    chat = {"send": {"type": "chat_message", "message_id": "{message_id}"}, "ends": ["agent_completed"]}
    changes = WITHOUT_STATE | {"operations__chat": chat}
    assert "nor a chat with a {prompt}" in not_caught(world(profile_for(**changes)))
