from __future__ import annotations

from typing import Any, cast

from tests.users.fixtures import profile_for, world
from tests.users.small_target import until
from users.correspondence import Correspondence
from users.dialects.base import Message
from users.heartbeat import Heartbeat
from users.wire.connection import Connection, ConnectionLost


class Wire:
    """A connection that notes what is sent on it, or is lost by now."""

    def __init__(self, *, lost: bool = False) -> None:
        self.lost = lost
        self.pings = 0
        self.said: list[Message] = []

    def send_ping(self) -> None:
        self.pings += 1
        if self.lost:
            raise ConnectionLost(None, "gone", clean=False)

    def send_message(self, message: Message) -> float:
        self.said.append(message)
        return 0.0


def heartbeat(**changes: Any) -> Heartbeat:
    here = world(profile_for(**changes))
    beating = Heartbeat(Correspondence(here.run, here.tenant, 0, lambda: None), 10.0)
    beating.connected(100.0)
    return beating


def beat(beating: Heartbeat, wire: Wire, now_s: float) -> bool:
    return beating.beat(cast(Connection, wire), now_s)


def test_only_an_idle_connection_is_pinged_and_once() -> None:
    beating, wire = heartbeat(), Wire()
    assert beat(beating, wire, 109.9)
    beating.sent(105.0)
    assert beat(beating, wire, 114.9)
    assert not beating.awaits_pong
    assert beat(beating, wire, 115.0)
    assert beat(beating, wire, 116.0)
    until(lambda: wire.pings == 1, "the ping")
    assert beating.awaits_pong


def test_a_ping_that_nothing_answers_for_twice_the_interval_means_that_it_is_dead() -> None:
    beating, wire = heartbeat(), Wire(lost=True)
    beat(beating, wire, 110.0)
    assert beat(beating, wire, 129.9)
    assert not beat(beating, wire, 130.0)
    beating.heard()
    assert beat(beating, wire, 130.0), "anything that arrives is a sign of life"


def test_a_new_connection_owes_no_answer_to_the_old_ones_ping() -> None:
    beating, wire = heartbeat(), Wire()
    beat(beating, wire, 110.0)
    beating.connected(129.0)
    assert not beating.awaits_pong
    assert beat(beating, wire, 138.0)


def test_what_the_protocol_wants_said_is_said_every_few_seconds_whatever_else_was() -> None:
    beating = heartbeat(frames__keep_alive={"send": {"type": "alive"}, "every_s": 3})
    wire = Wire()
    for now_s in (102.9, 103.0, 104.0, 105.9, 106.0):
        beating.sent(now_s)
        beating.keep_alive(cast(Connection, wire), now_s)
    until(lambda: len(wire.said) == 2, "two signs of life")
    assert wire.said == ['{"type":"alive"}'] * 2
