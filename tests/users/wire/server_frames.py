"""Frames as a server writes them, right and wrong, and client frames as a server reads them."""

from __future__ import annotations

from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


class ClientFrame(NamedTuple):
    opcode: int
    payload: bytes
    mask: bytes


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, reserved: int = 0, mask: bytes = b"") -> bytes:
    size = len(payload)
    masked = 0x80 if mask else 0
    if size < 126:
        length = bytes((masked | size,))
    elif size < 1 << 16:
        length = bytes((masked | 126,)) + size.to_bytes(2, "big")
    else:
        length = bytes((masked | 127,)) + size.to_bytes(8, "big")
    return bytes(((0x80 if final else 0) | reserved << 4 | opcode,)) + length + mask + payload


def text(content: str, *, final: bool = True) -> bytes:
    return frame(TEXT, content.encode(), final=final)


def close(code: int, reason: str | bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big") + (reason.encode() if isinstance(reason, str) else reason))


def take_client_frame(data: bytes) -> tuple[ClientFrame, bytes] | None:
    """The first frame of `data` and what follows it; None while it is not whole."""
    if len(data) < 2:
        return None
    assert data[0] & 0xF0 == 0x80, "a client frame that is fragmented or has reserved bits"
    assert data[1] & 0x80, "a client frame that is not masked"
    size, start = data[1] & 0x7F, 2
    if size == 126:
        size, start = int.from_bytes(data[2:4], "big"), 4
    elif size == 127:
        size, start = int.from_bytes(data[2:10], "big"), 10
    if len(data) < start + 4 + size:
        return None
    mask, masked = data[start : start + 4], data[start + 4 : start + 4 + size]
    payload = bytearray(masked)
    for position in range(4):
        payload[position::4] = masked[position::4].translate(bytes(byte ^ mask[position] for byte in range(256)))
    return ClientFrame(data[0] & 0x0F, bytes(payload), mask), data[start + 4 + size :]
