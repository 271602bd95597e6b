"""The WebSocket frame codec for a client (RFC 6455), without I/O and without extensions.

`FrameDecoder` takes bytes in whatever pieces they arrive and gives messages; the `encode_…` functions give the bytes of
one masked frame. The idea of a protocol without I/O is that of the `websockets` and `h11` packages.
"""

from __future__ import annotations

import os
from typing import NoReturn

from users.wire.errors import ProtocolViolation
from users.wire.masking import apply_mask
from users.wire.messages import (
    INVALID_DATA,
    MESSAGE_TOO_BIG,
    NORMAL_CLOSURE,
    PROTOCOL_ERROR,
    Kind,
    Received,
    may_be_sent,
)

DEFAULT_MAX_MESSAGE_BYTES = 16 * 1024 * 1024
MAX_CONTROL_BYTES = 125

_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_DATA_KINDS: dict[int, Kind] = {_TEXT: "text", _BINARY: "binary"}
_CONTROL_KINDS: dict[int, Kind] = {_CLOSE: "close", _PING: "ping", _PONG: "pong"}
_OPCODES = frozenset((_CONTINUATION, *_DATA_KINDS, *_CONTROL_KINDS))
_FINAL, _RESERVED, _OPCODE = 0x80, 0x70, 0x0F
_MASKED = 0x80
_WHOLE_TEXT = _FINAL | _TEXT
_LENGTH_IN_16_BITS, _LENGTH_IN_64_BITS = 126, 127


class FrameDecoder:
    """Decodes what a server sends.

    Args:
        max_message_bytes: a longer message is a violation with code 1009, found from its header before it is buffered.
    """

    __slots__ = (
        "_buffer",
        "_closed",
        "_fragments",
        "_fragments_bytes",
        "_fragments_kind",
        "_max_bytes",
        "_wanted_bytes",
    )

    def __init__(self, max_message_bytes: int = DEFAULT_MAX_MESSAGE_BYTES) -> None:
        self._max_bytes = max_message_bytes
        self._buffer: bytearray | None = None
        self._wanted_bytes = 0
        self._fragments_kind: Kind | None = None
        self._fragments: list[bytes] = []
        self._fragments_bytes = 0
        self._closed = False

    def feed(self, data: bytes | bytearray | memoryview, arrived_s: float = 0.0) -> list[Received]:
        """Every message that `data` completes, in order, control frames included.

        Raises:
            ProtocolViolation: with what was decoded before it in `received`. The decoder is of no use afterwards.
        """
        chunk = data if type(data) is bytes else bytes(data)
        if self._buffer is not None:
            self._buffer += chunk
            if len(self._buffer) < self._wanted_bytes:
                return []
            chunk = bytes(self._buffer)
            self._buffer = None
        elif self._fragments_kind is None and len(chunk) >= 4 and chunk[0] == _WHOLE_TEXT and not self._closed:
            # Most reads are exactly one whole text frame: no more work than that for them.
            start = 2 if chunk[1] < _LENGTH_IN_16_BITS else 4
            length = chunk[1] if start == 2 else chunk[2] << 8 | chunk[3]
            if (
                chunk[1] <= _LENGTH_IN_16_BITS
                and len(chunk) == start + length <= self._max_bytes
                and (start == 2 or length >= _LENGTH_IN_16_BITS)
            ):
                payload = chunk[start:]
                return [Received("text", _utf8(payload), payload, arrived_s)]
        return self._decode(chunk, arrived_s)

    def _decode(self, chunk: bytes, arrived_s: float) -> list[Received]:
        received: list[Received] = []
        position, size = 0, len(chunk)
        try:
            while position < size:
                if self._closed:
                    _violated("bytes after the close frame")
                if size - position < 2:
                    self._keep(chunk, position, 2)
                    break
                start = position + self._header_bytes(chunk[position], chunk[position + 1])
                if start > size:
                    self._keep(chunk, position, start - position)
                    break
                length = self._payload_bytes(chunk, position, start)
                end = start + length
                if end > size:
                    self._keep(chunk, position, end - position)
                    break
                self._frame(chunk[position], chunk[start:end], arrived_s, received)
                position = end
        except ProtocolViolation as violation:
            raise ProtocolViolation(violation.code, violation.reason, received) from None
        return received

    def _keep(self, chunk: bytes, position: int, wanted_bytes: int) -> None:
        self._buffer = bytearray(memoryview(chunk)[position:])
        self._wanted_bytes = wanted_bytes

    def _header_bytes(self, first: int, second: int) -> int:
        """How long the header is that begins with these two bytes, after judging what they say."""
        opcode = first & _OPCODE
        if first & _RESERVED:
            _violated("a reserved bit is set and no extension was agreed on")
        if opcode not in _OPCODES:
            _violated(f"unknown opcode {opcode:#x}")
        if second & _MASKED:
            _violated("a server must not mask its frames")
        if opcode in _CONTROL_KINDS:
            if not first & _FINAL:
                _violated("a control frame must not be fragmented")
            if second > MAX_CONTROL_BYTES:
                _violated("a control frame holds more than 125 bytes")
        elif opcode == _CONTINUATION:
            if self._fragments_kind is None:
                _violated("a continuation frame without a message to continue")
        elif self._fragments_kind is not None:
            _violated("a new message before the last fragment of the one before")
        return 2 if second < _LENGTH_IN_16_BITS else 4 if second == _LENGTH_IN_16_BITS else 10

    def _payload_bytes(self, chunk: bytes, position: int, start: int) -> int:
        length = chunk[position + 1]
        if length >= _LENGTH_IN_16_BITS:
            least = 1 << 16 if length == _LENGTH_IN_64_BITS else _LENGTH_IN_16_BITS
            length = int.from_bytes(chunk[position + 2 : start], "big")
            if length < least:
                _violated("a payload length that is not written in the fewest bytes")
            if length >> 63:
                _violated("a payload length with its highest bit set")
        if chunk[position] & _OPCODE not in _CONTROL_KINDS and self._fragments_bytes + length > self._max_bytes:
            raise ProtocolViolation(MESSAGE_TOO_BIG, f"a message of more than {self._max_bytes} bytes")
        return length

    def _frame(self, first: int, payload: bytes, arrived_s: float, received: list[Received]) -> None:
        opcode = first & _OPCODE
        if opcode in _CONTROL_KINDS:
            if opcode == _CLOSE:
                received.append(Received("close", _close_reason(payload), payload, arrived_s))
                self._closed = True
            else:
                received.append(Received(_CONTROL_KINDS[opcode], None, payload, arrived_s))
            return
        kind = self._fragments_kind or _DATA_KINDS[opcode]
        if not first & _FINAL or opcode == _CONTINUATION:
            self._fragments_kind = kind
            if payload:  # a peer may send empty fragments without end: they must not fill memory
                self._fragments.append(payload)
                self._fragments_bytes += len(payload)
            if not first & _FINAL:
                return
            payload = b"".join(self._fragments)
            self._fragments_kind, self._fragments, self._fragments_bytes = None, [], 0
        text = _utf8(payload) if kind == "text" else None
        received.append(Received(kind, text, payload, arrived_s))


def encode_text(payload: str | bytes, mask: bytes | None = None) -> bytes:
    """One text frame. `payload` given as bytes must be UTF-8 and is not checked: whoever serialised it knows.

    Args:
        payload: what to send.
        mask: four unpredictable bytes (see `masking.MaskSource`); drawn here when None.
    """
    return _encode(_TEXT, payload.encode() if isinstance(payload, str) else payload, mask)


def encode_binary(payload: bytes, mask: bytes | None = None) -> bytes:
    """One binary frame."""
    return _encode(_BINARY, payload, mask)


def encode_ping(payload: bytes = b"", mask: bytes | None = None) -> bytes:
    """One ping frame. Raises ValueError when `payload` is longer than 125 bytes."""
    return _encode(_PING, _control_payload(payload), mask)


def encode_pong(payload: bytes = b"", mask: bytes | None = None) -> bytes:
    """One pong frame. Raises ValueError when `payload` is longer than 125 bytes."""
    return _encode(_PONG, _control_payload(payload), mask)


def encode_close(code: int | None = NORMAL_CLOSURE, reason: str = "", mask: bytes | None = None) -> bytes:
    """One close frame; with `code` None its payload is empty.

    Raises:
        ValueError: a code that must not be sent, a reason without a code, or one of more than 123 bytes.
    """
    if code is None:
        if reason:
            raise ValueError("a close frame without a code cannot carry a reason")
        return _encode(_CLOSE, b"", mask)
    if not may_be_sent(code):
        raise ValueError(f"close code {code} must not be sent: use 1000-1003, 1007-1014 or 3000-4999")
    return _encode(_CLOSE, _control_payload(code.to_bytes(2, "big") + reason.encode()), mask)


def _encode(opcode: int, payload: bytes, mask: bytes | None) -> bytes:
    if mask is None:
        mask = os.urandom(4)
    size = len(payload)
    if size < _LENGTH_IN_16_BITS:
        header = bytes((_FINAL | opcode, _MASKED | size))
    elif size < 1 << 16:
        header = bytes((_FINAL | opcode, _MASKED | _LENGTH_IN_16_BITS, size >> 8, size & 0xFF))
    else:
        header = bytes((_FINAL | opcode, _MASKED | _LENGTH_IN_64_BITS)) + size.to_bytes(8, "big")
    return header + mask + apply_mask(payload, mask)


def _control_payload(payload: bytes) -> bytes:
    if len(payload) > MAX_CONTROL_BYTES:
        raise ValueError(f"a control frame holds at most {MAX_CONTROL_BYTES} bytes, not {len(payload)}")
    return payload


def _close_reason(payload: bytes) -> str:
    if not payload:
        return ""
    if len(payload) == 1:
        _violated("a close frame with half a code")
    code = int.from_bytes(payload[:2], "big")
    if not may_be_sent(code):
        _violated(f"close code {code} must not be sent")
    return _utf8(payload[2:])


def _utf8(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise ProtocolViolation(INVALID_DATA, "text that is not UTF-8") from None


def _violated(rule: str) -> NoReturn:
    raise ProtocolViolation(PROTOCOL_ERROR, rule)
