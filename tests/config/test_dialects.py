from __future__ import annotations

from typing import Any

import pytest

from config.dialects import with_settled
from config.profile import Profile

BARE: dict[str, Any] = {
    "target": {"name": "x", "url": "ws://127.0.0.1:1/"},
    "auth": {"place": "none"},
    "operations": {"chat": {"send": {"id": "{message_id}", "text": "{prompt}"}, "ends": ["done"]}},
}


@pytest.mark.parametrize(
    ("dialect", "ready", "ids"),
    [
        ("json", None, ()),
        ("graphql-transport-ws", "connection_ack", ("id",)),
        ("json-rpc", None, ("id",)),
        ("socket.io", "connect", ("id",)),
        ("stomp", "CONNECTED", ("headers.receipt-id",)),
        ("text", None, ()),
    ],
)
def test_a_dialect_settles_what_its_protocol_does(dialect: str, ready: str | None, ids: tuple[str, ...]) -> None:
    profile = Profile.model_validate({**BARE, "target": {**BARE["target"], "dialect": dialect}})
    assert (profile.frames.ready, profile.frames.request_id) == (ready, ids)


def test_what_the_profile_says_goes_first() -> None:
    target = {**BARE["target"], "dialect": "stomp", "subprotocols": []}
    own = {**BARE, "target": target, "frames": {"request_id": "headers.correlation-id"}}
    profile = Profile.model_validate(own)
    assert profile.frames.request_id == ("headers.correlation-id",)
    assert (profile.target.subprotocols, profile.frames.type) == ((), ("command",))


@pytest.mark.parametrize("profile", [5, {}, {"target": 5}, {"target": {"dialect": "stomp"}, "frames": 5}])
def test_what_is_no_profile_is_left_to_the_schema(profile: object) -> None:
    assert with_settled(profile) == profile or isinstance(with_settled(profile), dict)


def test_housekeeping_of_ones_own_comes_on_top_of_the_protocols() -> None:
    own = {**BARE, "target": {**BARE["target"], "dialect": "socket.io"}, "frames": {"housekeeping": "typing"}}
    assert Profile.model_validate(own).frames.housekeeping == ("open", "ping", "pong", "noop", "typing")
