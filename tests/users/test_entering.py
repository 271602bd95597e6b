from __future__ import annotations

import pytest

from config.profile import ENTRANCE
from evidence.records import AccessAttempt, SightingSeen
from tests.users.fixtures import OTHER, OWN, profile_for, world
from tests.users.small_target import Line, small_target
from users.entering import by_entrance
from users.trespassing import TrespassingTenant

ROOM = {"does": "read", "url": "ws://127.0.0.1:1/rooms/{victim_tenant}"}
INTRUDER, NEIGHBOUR = OTHER, OWN  # the neighbour takes its tenant first


def test_whoever_comes_by_an_entrance_has_its_address_and_all_else_of_the_profile() -> None:
    profile = profile_for(attempts__entrances={"room": ROOM})
    through = by_entrance(profile, profile.attempts.entrances["room"])
    assert through.target.url == ROOM["url"]
    assert through.auth == profile.auth and through.operations == profile.operations


@pytest.mark.parametrize(("to_intruder", "outcome"), [("", "granted"), ("close", "refused")])
def test_a_run_tries_entrances_and_says_whose_stood_open(to_intruder: str, outcome: str) -> None:
    came: list[int] = []

    def greet(line: Line) -> None:
        came.append(line.number)
        if to_intruder and len(came) == 4:  # the two sessions that are held, the owner's control, the intruder
            line.close(4403, "not yours")
        else:
            line.send(type="session_ready", session_id=f"session {line.number}")

    with small_target(greet=greet) as target:
        room = {**ROOM, "url": f"{target.url}?room={{victim_tenant}}"}
        here = world(profile_for(target.url, attempts__tokens=[], attempts__entrances={"room": room}))
        here.run.attach()
        user = TrespassingTenant(here.run.environment)
        user.on_start()
        user.try_next_token()
        here.run.stopping = True
        user.on_stop()
    (attempt,) = here.sink.of(AccessAttempt)
    assert (attempt.name, attempt.does, attempt.outcome) == (f"{ENTRANCE}room", "read", outcome)
    assert (attempt.tenant, attempt.victim) == (INTRUDER, NEIGHBOUR)
    granted = [row.owner for row in here.sink.of(SightingSeen) if row.kind == "access-granted"]
    assert granted == ([NEIGHBOUR] if outcome == "granted" else [])
