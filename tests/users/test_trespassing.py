from __future__ import annotations

from typing import Any

import pytest
from gevent.pool import Group

from evidence.findings import FindingKind
from evidence.records import AccessAttempt, DoorAnswers, OwnerShutOut, SightingSeen, TenantLedger
from tasks.trespassing import MADE_UP_TRIES
from tests.users.fixtures import OTHER, OWN, World, profile_for, world
from tests.users.small_target import ENDS, Line, SmallTarget, small_target, until
from users.trespassing import TrespassingTenant

DOORS = ["read_history", "read_state", "change_state", "speak_in_thread", "take_over_session"]
INTRUDER, NEIGHBOUR = OTHER, OWN  # the neighbour takes its tenant first


class Doors:
    """A rule that knows by the order of connections who speaks, and answers an intruder as it is told."""

    def __init__(self, to_intruder: str, to_owner: str = "", *, shows: bool = True) -> None:
        self.to_intruder = to_intruder
        self.to_owner = to_owner
        self.shows = shows  # whether the owner sees its own name

    def __call__(self, line: Line, frame: dict[str, Any]) -> None:
        code = self.to_intruder if line.number else self.to_owner
        own = frame["type"] in ("chat_message", "routing_test") and "thread_id" not in frame
        if code and not own:
            line.send(type="error", code=code, message_id=frame.get("message_id"))
        else:
            named = {"user_id": frame["user_id"]} if self.shows and not line.number and "user_id" in frame else {}
            line.answer(frame, thread_id=f"thread {line.number}", charged=0, **named)


def play(target: SmallTarget, **changes: object) -> World:
    here = world(
        profile_for(target.url, workload__attempt_rate=300.0, attempts__tokens=[], attempts__per_tenant=5, **changes)
    )
    here.run.attach()
    user = TrespassingTenant(here.run.environment)
    group = Group()
    user.start(group)
    try:
        until(lambda: len(here.sink.of(AccessAttempt)) == 5, "five attempts")
    finally:
        here.run.stopping = True
        user.stop(force=True)
        group.join(timeout=5)
    assert len(here.sink.of(TenantLedger)) == 2
    return here


def outcomes(here: World) -> dict[str, str]:
    return {row.name: row.outcome for row in here.sink.of(AccessAttempt)}


def test_doors_that_are_shut_are_refusals_after_the_owners_own_access() -> None:
    with small_target(on_frame=Doors("not_found")) as target:
        here = play(target)
        assert outcomes(here) == dict.fromkeys(DOORS, "refused")
        tried = [
            (number, frame["type"]) for number, frame in target.asked if frame["type"] in ("resume", "update_state")
        ]
    assert tried[:2] in ([(0, "update_state"), (1, "update_state")], [(0, "resume"), (1, "resume")])
    assert not [row for row in here.sink.of(SightingSeen) if row.kind == FindingKind.ACCESS_GRANTED]
    assert {(row.tenant, row.victim) for row in here.sink.of(AccessAttempt)} == {(INTRUDER, NEIGHBOUR)}


def test_a_failure_is_no_refusal() -> None:
    with small_target(on_frame=Doors("unavailable")) as target:
        assert outcomes(play(target)) == dict.fromkeys(DOORS, "unclear")


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "503", "too many requests", "budget_exhausted"])
def test_a_failure_that_the_profile_does_not_name_and_a_lack_of_budget_are_none_either(code: str) -> None:
    with small_target(on_frame=Doors(code)) as target:
        assert outcomes(play(target, refusal__broken=[])) == dict.fromkeys(DOORS, "unclear")


def test_errors_beside_data_are_no_refusal() -> None:
    def half(line: Line, frame: dict[str, Any]) -> None:
        own = {"thread_id": f"thread {line.number}", "user_id": frame.get("user_id"), "charged": 0}
        if line.number and frame["type"] == "history":
            line.answer(frame, errors=["no such field"], code="partial", **own)
        else:
            line.answer(frame, **own)

    with small_target(on_frame=half) as target:
        here = play(target, refusal__has=["errors"])
    assert outcomes(here)["read_history"] == "unclear"


def test_an_answer_without_the_others_data_is_no_refusal_where_the_owner_saw_no_data_either() -> None:
    with small_target(on_frame=Doors("", shows=False)) as target:
        assert outcomes(play(target))["read_state"] == "not_tried"
    with small_target(on_frame=Doors("")) as target:
        assert outcomes(play(target))["read_state"] == "refused"


def test_where_the_owner_is_not_let_in_nothing_is_proved() -> None:
    with small_target(on_frame=Doors("not_found", to_owner="not_found")) as target:
        here = play(target)
    assert set(outcomes(here).values()) == {"not_tried"}
    assert all("the owner's own access did not succeed" in row.detail for row in here.sink.of(AccessAttempt))


def test_open_doors_are_leaks_unless_only_the_others_data_would_prove_it() -> None:
    with small_target(on_frame=Doors("")) as target:
        here = play(target)
    granted = {name for name, outcome in outcomes(here).items() if outcome == "granted"}
    assert granted == {"read_history", "speak_in_thread", "take_over_session"}
    leaks = [row for row in here.sink.of(SightingSeen) if row.kind == FindingKind.ACCESS_GRANTED]
    assert {(row.owner, row.recipient, row.group) for row in leaks} == {
        (NEIGHBOUR, INTRUDER, f"attempt: {name}") for name in granted
    }


@pytest.mark.parametrize("door", DOORS)
def test_every_door_of_the_reference_profile_ends_as_its_kind_of_request_does(door: str) -> None:
    settings = profile_for().attempts.doors[door]
    assert isinstance(settings.send, dict)
    assert ENDS[settings.send["type"]] in settings.ends


def test_bad_tokens_are_tried_after_a_good_one() -> None:
    with small_target() as target:
        here = world(profile_for(target.url, workload__attempt_rate=300.0, attempts__doors={}))
        here.run.tenants.take(short=False)
        here.run.attach()
        user = TrespassingTenant(here.run.environment)
        user.on_start()
        for _ in range(2):
            user.try_next_token()
        here.run.stopping = True
        user.on_stop()
    rows = here.sink.of(AccessAttempt)
    assert [row.name for row in rows] == ["token: missing", "token: unsigned"]
    assert {row.outcome for row in rows} == {"granted"}, "this target takes anything"
    assert all("PLANTED" not in row.detail and "ey" not in row.detail.split() for row in rows)


def test_a_bad_token_that_is_taken_opens_what_is_of_the_tenant_that_it_names() -> None:
    with small_target() as target:
        here = world(profile_for(target.url, workload__attempt_rate=300.0, attempts__doors={}))
        here.run.attach()
        user = TrespassingTenant(here.run.environment)
        user.on_start()
        for _ in here.run.profile.attempts.tokens:
            user.try_next_token()
        here.run.stopping = True
        user.on_stop()
    owners = {row.group: row.owner for row in here.sink.of(SightingSeen) if row.kind == "access-granted"}
    expected = {
        "missing": None, "unknown": None, "expired": INTRUDER, "wrong_audience": INTRUDER, "unsigned": NEIGHBOUR,
        "wrong_key": NEIGHBOUR, "contradictory": NEIGHBOUR,
    }  # fmt: skip
    assert owners == {f"attempt: token: {kind}": expected[kind] for kind in here.run.profile.attempts.tokens}


def test_made_up_things_are_asked_for_at_the_same_doors_and_compared() -> None:
    with small_target(on_frame=Doors("not_found")) as target:
        here = play(target)
    compared = here.sink.of(DoorAnswers)
    assert {row.door for row in compared} == set(DOORS)
    assert all(row.made_up == [row.real] * MADE_UP_TRIES for row in compared)
    assert all(row.real.startswith("not_found: ") for row in compared)


def test_an_owner_refused_after_the_attempt_is_written_down() -> None:
    tried: set[str] = set()

    def shuts(line: Line, frame: dict[str, Any]) -> None:
        thread = frame.get("thread_id")
        if thread is not None and line.number:
            tried.add(thread)
        if thread is not None and (line.number or thread in tried):
            line.send(type="error", code="not_found", message_id=frame.get("message_id"))
        else:
            line.answer(frame, thread_id=f"thread {line.number}", charged=0)

    with small_target(on_frame=shuts) as target:
        here = play(target)
    [row] = here.sink.of(OwnerShutOut)
    assert (row.tenant, row.by, row.door, row.reason) == (NEIGHBOUR, INTRUDER, "read_history", "not_found")
