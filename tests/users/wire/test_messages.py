from __future__ import annotations

import pytest

from users.wire.messages import Received, may_be_sent


def test_a_close_tells_its_code() -> None:
    assert Received("close", "bye", b"\x03\xf0bye", 1.0).close_code == 1008
    assert Received("close", "", b"", 1.0).close_code == 1005


def test_other_messages_have_no_close_code() -> None:
    assert Received("text", "x", b"\x03\xf0", 1.0).close_code is None


def test_messages_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Received("text", "x", b"x", 1.0).text = "y"  # type: ignore[misc]


@pytest.mark.parametrize(("code", "expected"), [(999, False), (1000, True), (1006, False), (1015, False), (4999, True)])
def test_reserved_codes_may_not_be_sent(code: int, expected: bool) -> None:
    assert may_be_sent(code) is expected
