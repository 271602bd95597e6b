from __future__ import annotations

import base64
import gzip
from collections.abc import Callable
from typing import Any

import gevent
import pytest

from config.profile import ENTRANCE
from evidence.marks import Mark, MarkKind
from evidence.records import SHOWN_NOTHING, AccessAttempt, SightingSeen
from tests.users.fixtures import KEY, OTHER, OWN, World, identity, profile_for, world
from tests.users.small_target import Line, small_target
from tests.users.wire import server_frames as frames
from users.entering import BOTH_SHOWN_THEIR_OWN, OWN_NOT_SHOWN, by_entrance, try_entrance
from users.tenant import Tenant
from users.trespassing import NOTHING_SAID, TrespassingTenant
from users.watching import Watching

ROOM = {"does": "read", "url": "ws://127.0.0.1:1/rooms/{victim_tenant}"}
INTRUDER, NEIGHBOUR = OTHER, OWN  # the neighbour takes its tenant first


def test_whoever_comes_by_an_entrance_has_its_address_and_all_else_of_the_profile() -> None:
    profile = profile_for(attempts__entrances={"room": ROOM})
    through = by_entrance(profile, profile.attempts.entrances["room"])
    assert through.target.url == ROOM["url"]
    assert through.auth == profile.auth and through.operations == profile.operations


def tried_once(url: str, room: dict[str, object], **changes: object) -> World:
    """A run in which a trespasser has tried its neighbour's entrance once."""
    here = world(profile_for(url, attempts__tokens=[], attempts__entrances={"room": room}, **changes))
    here.run.attach()
    user = TrespassingTenant(here.run.environment)
    user.on_start()
    user.try_next_token()
    here.run.stopping = True
    user.on_stop()
    return here


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
        room = {**ROOM, "url": f"{target.url}?room={{victim_tenant}}", "within_s": 0.1}
        here = tried_once(target.url, room)
    (attempt,) = here.sink.of(AccessAttempt)
    assert (attempt.name, attempt.does, attempt.outcome) == (f"{ENTRANCE}room", "read", outcome)
    assert (attempt.tenant, attempt.victim) == (INTRUDER, NEIGHBOUR)
    granted = [row.owner for row in here.sink.of(SightingSeen) if row.kind == "access-granted"]
    assert granted == ([NEIGHBOUR] if outcome == "granted" else [])


SHORT_S, LONG_S = 0.1, 30.0
"""For what does not come; and for what comes, so that nobody waits for the end of it."""
OF_OWNER = KEY.mint_canary(Mark(MarkKind.PROMPT, NEIGHBOUR, 1))
OF_INTRUDER = KEY.mint_canary(Mark(MarkKind.PROMPT, INTRUDER, 1))
THREAD = "thread 7 of the owner"
JOIN = {"type": "join", "room": "{victim_thread}", "id": "{uuid}", "me": "{tenant}"}
BY_MARKS: dict[str, object] = {"granted_by": "victims_marks"}
Rule = Callable[[Line], None]


def came_of(
    to_owner: Rule,
    to_intruder: Rule,
    settings: dict[str, object],
    *,
    asks: bool = False,
    greeting: tuple[str, str] = ("", ""),
    **changes: object,
) -> tuple[tuple[str, str], list[str], list[dict[str, Any]]]:
    """What came of one attempt at a service that greets owner and intruder so, the kinds of what was sighted, and what
    was said to the service; the rules answer what is said, not the connect, if it ``asks``. The ready frames of the two
    hold this ``greeting``.
    """
    settings = {"within_s": LONG_S, **ROOM, **settings}

    def ready(line: Line) -> None:
        line.send(
            type="session_ready", session_id=f"session {line.number}", user_id=identity(who(line)).name,
            last=greeting[line.number],
        )  # fmt: skip
        if not asks:
            (to_owner, to_intruder)[line.number](line)

    with small_target(greet=ready, on_frame=lambda line, _: (to_owner, to_intruder)[line.number](line)) as target:
        settings["url"] = f"{target.url}?room={{victim_tenant}}"
        here = world(profile_for(target.url, attempts__entrances={"room": settings}, **changes))
        owner, intruder = (Tenant.of(identity(number), KEY) for number in (NEIGHBOUR, INTRUDER))
        victim = {"victim_tenant": owner.identity.name, "victim_thread": THREAD}
        here.run.oracle.inspect("", {"thread_id": THREAD}, tenant=NEIGHBOUR, session="its own", at_s=0.0)
        outcome = try_entrance(here.run, "room", intruder, owner, victim)
    return outcome, [row.kind for row in here.sink.of(SightingSeen)], [said for _, said in target.asked]


def who(line: Line) -> int:
    return (NEIGHBOUR, INTRUDER)[line.number]


def shows(canary: str, **more: object) -> Rule:
    return lambda line: line.send(type="room", messages=[canary], **more)


def gzipped(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode())).decode()


def refuses(code: str) -> Rule:
    return lambda line: line.send(type="error", code=code, room=identity(NEIGHBOUR).name)


def says_nothing(_line: Line) -> None:
    pass


def both(*rules: Rule) -> Rule:
    def each(line: Line) -> None:
        for rule in rules:
            rule(line)

    return each


@pytest.mark.parametrize(("to_intruder", "within_s", "outcome"), [
    (says_nothing, SHORT_S, ("refused", SHOWN_NOTHING)),
    (shows(OF_INTRUDER), SHORT_S, ("not_tried", BOTH_SHOWN_THEIR_OWN)),
    (both(shows(OF_INTRUDER), refuses("forbidden")), SHORT_S, ("not_tried", BOTH_SHOWN_THEIR_OWN)),
    (shows(gzipped("x" * 2**20)), SHORT_S, ("unclear", "it showed more than could be seen through")),
    (refuses("forbidden"), SHORT_S, ("refused", "forbidden")),
    (lambda line: line.close(4403), LONG_S, ("refused", "closed with code 4403")),
    (refuses("internal_error"), SHORT_S, ("unclear", "internal_error")),
    (lambda line: line.close(1011), LONG_S, ("unclear", "closed with code 1011")),
    (lambda line: line.reset(), LONG_S, ("unclear", "the connection was lost")),
], ids=["silence", "its own", "its own and an error frame", "too much", "error frame",
        "refusing close", "failure", "failing close", "lost"])  # fmt: skip
def test_who_is_let_in_and_shown_nothing_of_the_other_s_was_refused_if_nothing_failed(
    to_intruder: Rule, within_s: float, outcome: tuple[str, str]
) -> None:
    came, sighted, _ = came_of(shows(OF_OWNER), to_intruder, {**BY_MARKS, "within_s": within_s})
    assert came == outcome
    assert sighted == []


@pytest.mark.parametrize("to_intruder", [
    shows(OF_OWNER),
    both(refuses("forbidden"), shows(OF_OWNER)),
    lambda line: line.peer.send(frames.frame(frames.BINARY, b"\xff\xfe" + OF_OWNER.encode())),
], ids=["shown", "refused and shown", "in bytes that are no document"])  # fmt: skip
def test_who_is_shown_what_is_the_other_s_was_let_in_whatever_else_was_said(to_intruder: Rule) -> None:
    came, sighted, _ = came_of(shows(OF_OWNER), to_intruder, BY_MARKS)
    assert came[0] == "granted"
    assert sighted == ["foreign-content"]


def test_an_id_that_was_handed_to_the_other_shows_its_room() -> None:
    def shows_id(line: Line) -> None:
        line.send(type="room", thread_id=THREAD)

    came, sighted, _ = came_of(both(shows(OF_OWNER), shows_id), shows_id, BY_MARKS)
    assert came[0] == "granted"
    assert sighted == ["shared-id"]


@pytest.mark.parametrize(("to_owner", "within_s", "why"), [
    (says_nothing, SHORT_S, OWN_NOT_SHOWN),
    (lambda line: line.send(type="welcome", user_id=identity(NEIGHBOUR).name), SHORT_S, OWN_NOT_SHOWN),
    (refuses("forbidden"), SHORT_S, "its owner was not let in: forbidden"),
    (lambda line: line.close(4403), LONG_S, "its owner was not let in: closed with code 4403"),
], ids=["nothing", "its name alone", "refused", "closed"])  # fmt: skip
def test_where_the_owner_is_shown_nothing_of_its_own_nothing_is_proved(
    to_owner: Rule, within_s: float, why: str
) -> None:
    came, _, _ = came_of(to_owner, says_nothing, {**BY_MARKS, "within_s": within_s})
    assert came == ("not_tried", why)


def test_what_is_asked_for_once_in_names_the_other_s_and_may_be_refused() -> None:
    def refuses_by_name(line: Line) -> None:
        line.send(type="error", code="forbidden", thread_id=THREAD)

    settings = {**BY_MARKS, "then": JOIN, "within_s": 10 * SHORT_S}
    came, sighted, said = came_of(shows(OF_OWNER), refuses_by_name, settings, asks=True)
    assert came == ("refused", "forbidden")
    assert sighted == [], "a refusal that repeats whose room it was tells nothing"
    assert [each["room"] for each in said] == [THREAD] * 2
    assert [each["me"] for each in said] == [identity(NEIGHBOUR).name, identity(INTRUDER).name]


def test_a_greeting_with_what_one_said_last_is_nothing_of_a_room_that_is_asked_for_then() -> None:
    greeting = (OF_OWNER, OF_INTRUDER)
    settings = {**BY_MARKS, "then": JOIN, "within_s": SHORT_S}
    came, _, said = came_of(says_nothing, says_nothing, settings, asks=True, greeting=greeting)
    assert came == ("not_tried", OWN_NOT_SHOWN) and len(said) == 1
    came, _, _ = came_of(shows(OF_OWNER), refuses("forbidden"), {**settings, "within_s": 10 * SHORT_S}, asks=True,
                         greeting=greeting)  # fmt: skip
    assert came == ("refused", "forbidden")


def test_another_is_listened_to_for_longer_than_its_owner_had_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    lasted: list[float] = []
    watch = Watching.watch

    def noted(seen: Watching, enough: Callable[[], bool], timeout_s: float) -> None:
        lasted.append(timeout_s)
        watch(seen, enough, min(timeout_s, SHORT_S) if len(lasted) == 2 else timeout_s)

    monkeypatch.setattr(Watching, "watch", noted)

    def shows_late(line: Line) -> None:
        gevent.sleep(SHORT_S)
        shows(OF_OWNER)(line)

    assert came_of(shows_late, says_nothing, {**BY_MARKS})[0] == ("refused", SHOWN_NOTHING)
    assert lasted[0] == LONG_S and lasted[1] >= LONG_S + SHORT_S / 2


@pytest.mark.parametrize(("to_intruder", "outcome"), [
    (lambda line: line.close(4403), ("refused", "closed with code 4403")),
    (lambda line: line.close(4403, f"{THREAD} is {identity(NEIGHBOUR).name}'s"), ("refused", "closed with code 4403")),
    (lambda line: line.close(1011), ("unclear", "closed with code 1011")),
    (lambda line: line.reset(), ("unclear", "the connection was lost")),
], ids=["refusing", "refusing by name", "failing", "lost"])  # fmt: skip
def test_how_a_connection_ends_on_which_it_was_asked_says_whether_that_was_refused(
    to_intruder: Rule, outcome: tuple[str, str]
) -> None:
    came, sighted, _ = came_of(shows(OF_OWNER), to_intruder, {**BY_MARKS, "then": JOIN}, asks=True)
    assert came == outcome
    assert sighted == []


@pytest.mark.parametrize("answers", [True, False])
def test_who_tries_what_a_room_shows_has_said_something_itself(answers: bool) -> None:
    """Or else a greeting with what one said last would hold nothing, and look like a room that is shut."""

    def said_last(line: Line, frame: dict[str, Any]) -> None:
        if answers or line.number == 0:
            line.answer(frame, charged=7)
        if frame["type"] == "chat_message":
            last[line.number % 2] = str(frame)

    def greet(line: Line) -> None:
        line.send(type="session_ready", session_id=f"session {line.number}", last=last[line.number % 2])

    last = ["", ""]
    with small_target(greet=greet, on_frame=said_last) as target:
        room = {**ROOM, **BY_MARKS, "url": f"{target.url}?room={{victim_tenant}}", "within_s": SHORT_S}
        here = tried_once(target.url, room, target__reply_timeout_s=10 * SHORT_S)
    (attempt,) = here.sink.of(AccessAttempt)
    why = BOTH_SHOWN_THEIR_OWN if answers else NOTHING_SAID
    assert (attempt.outcome, attempt.detail) == ("not_tried", why)


def test_what_is_one_s_own_is_not_asked_for_on_the_other_s_connection() -> None:
    subscribe = {"send": {"type": "subscribe"}, "ends": ["subscribed"]}
    profile = profile_for(operations__subscribe=subscribe, attempts__entrances={"room": {**ROOM, **BY_MARKS}})
    through = by_entrance(profile, profile.attempts.entrances["room"])
    assert list(profile.on_connect) == ["subscribe"] and not through.on_connect
    assert {*through.operations.all()} == {*profile.operations.all()}
    came, _, said = came_of(
        shows(OF_OWNER), says_nothing, {**BY_MARKS, "within_s": SHORT_S}, operations__subscribe=subscribe
    )
    assert came == ("refused", SHOWN_NOTHING) and said == []


@pytest.mark.parametrize(("to_intruder", "outcome"), [
    (refuses("forbidden"), ("refused", "forbidden")),
    (both(refuses("forbidden"), lambda line: line.close(1000)), ("refused", "forbidden")),
    (lambda line: line.close(4403), ("refused", "closed with code 4403")),
    (refuses("internal_error"), ("unclear", "internal_error")),
    (lambda line: line.close(1011), ("unclear", "closed with code 1011")),
    (says_nothing, ("granted", "the session became ready")),
    (both(shows(OF_OWNER), refuses("forbidden")), ("granted", "it showed what is the other's")),
], ids=["error", "error and close", "refusing close", "failure", "failing close", "let in", "shown"])  # fmt: skip
def test_a_refusal_that_follows_the_login_is_one(to_intruder: Rule, outcome: tuple[str, str]) -> None:
    assert came_of(says_nothing, to_intruder, {"within_s": SHORT_S})[0] == outcome


def test_an_owner_that_is_refused_after_its_login_was_not_let_in() -> None:
    came, _, _ = came_of(refuses("forbidden"), refuses("forbidden"), {"within_s": SHORT_S})
    assert came == ("not_tried", "its owner was not let in: forbidden")


def test_an_error_frame_in_place_of_what_lets_in_is_a_refusal() -> None:
    quick = {"target__connect_timeout_s": 10 * SHORT_S}

    def greet(line: Line) -> None:
        if line.number:
            line.send(type="error", code="forbidden")
        else:
            both(lambda line: line.send(type="session_ready"), shows(OF_OWNER))(line)

    with small_target(greet=greet) as target:
        room = {**ROOM, **BY_MARKS, "url": f"{target.url}?room={{victim_tenant}}"}
        here = world(profile_for(target.url, attempts__entrances={"room": room}, **quick))
        owner, intruder = (Tenant.of(identity(number), KEY) for number in (NEIGHBOUR, INTRUDER))
        came = try_entrance(here.run, "room", intruder, owner, {"victim_tenant": owner.identity.name})
    assert came == ("refused", "forbidden")
