from __future__ import annotations

import pytest

from users.wire.errors import ConnectionLost, ConnectRefused, ProtocolViolation, WireError
from users.wire.messages import Received


@pytest.mark.parametrize("error", [ConnectRefused, ConnectionLost, ProtocolViolation])
def test_all_are_wire_errors(error: type[Exception]) -> None:
    assert issubclass(error, WireError)


def test_a_refusal_says_where_and_at_which_stage_but_not_what_the_server_wrote() -> None:
    refused = ConnectRefused("ws://h:1/ws", "upgrade", "HTTP 403 Forbidden", status=403, response_body=b"s3cret")
    assert str(refused) == "ws://h:1/ws: refused at upgrade: HTTP 403 Forbidden"
    assert (refused.stage, refused.status, refused.response_body) == ("upgrade", 403, b"s3cret")
    assert "s3cret" not in repr(refused)


def test_the_reason_of_the_peer_is_kept_but_not_printed() -> None:
    lost = ConnectionLost(1008, "bad token s3cret", clean=True)
    assert lost.reason == "bad token s3cret"
    assert str(lost) == "connection closed with code 1008"


def test_a_loss_without_a_code_says_what_happened() -> None:
    assert str(ConnectionLost(None, "reset", clean=False)) == "connection lost: reset"


def test_a_violation_carries_what_came_before_it() -> None:
    before = Received("text", "a", b"a", 1.0)
    violation = ProtocolViolation(1002, "a rule", [before])
    assert (violation.code, violation.received) == (1002, (before,))
