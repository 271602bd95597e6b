from __future__ import annotations

from checker.views import binary_values


def test_the_bytes_behind_every_bytea_are_seen() -> None:
    assert list(binary_values(rb"\\x6869")) == [b"hi"]
    assert list(binary_values(rb'{"\\\\x6869","\\\\x00ff"}')) == [b"hi", b"\x00\xff"]
    assert list(binary_values(rb"\\x")) == []
    assert list(binary_values(b"plain")) == []
