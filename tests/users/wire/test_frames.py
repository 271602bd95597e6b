from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.users.wire.server_frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    close,
    frame,
    take_client_frame,
    text,
)
from users.wire.errors import ProtocolViolation
from users.wire.frames import (
    FrameDecoder,
    encode_binary,
    encode_close,
    encode_ping,
    encode_pong,
    encode_text,
)
from users.wire.messages import Received

MASK = bytes.fromhex("37fa213d")


def decoded(*chunks: bytes, max_message_bytes: int = 1 << 20) -> tuple[list[Received], int | None]:
    """Every message in `chunks`, and the code of the violation that ended them."""
    decoder = FrameDecoder(max_message_bytes)
    received: list[Received] = []
    try:
        for chunk in chunks:
            received += decoder.feed(chunk)
    except ProtocolViolation as violation:
        return received + list(violation.received), violation.code
    return received, None


def brief(received: list[Received]) -> list[tuple[str, str | bytes]]:
    return [(message.kind, message.data if message.text is None else message.text) for message in received]


# Examples of RFC 6455, section 5.7.
def test_the_examples_of_the_rfc_are_decoded() -> None:
    stream = bytes.fromhex("810548656c6c6f010348656c80026c6f890548656c6c6f")
    assert brief(decoded(stream)[0]) == [("text", "Hello"), ("text", "Hello"), ("ping", b"Hello")]


def test_the_masked_examples_of_the_rfc_are_encoded() -> None:
    assert encode_text("Hello", MASK) == bytes.fromhex("818537fa213d7f9f4d5158")
    assert encode_pong(b"Hello", MASK) == bytes.fromhex("8a8537fa213d7f9f4d5158")


GOOD = {
    "empty text": (text(""), [("text", "")]),
    "text of 125 bytes": (text("x" * 125), [("text", "x" * 125)]),
    "text of 126 bytes": (text("x" * 126), [("text", "x" * 126)]),
    "text of 65535 bytes": (text("x" * 65535), [("text", "x" * 65535)]),
    "text of 65536 bytes": (text("x" * 65536), [("text", "x" * 65536)]),
    "binary": (frame(BINARY, b"\x00\xff"), [("binary", b"\x00\xff")]),
    "two in one": (text("a") + text("b"), [("text", "a"), ("text", "b")]),
    "ping of 125 bytes": (frame(PING, b"p" * 125), [("ping", b"p" * 125)]),
    "unsolicited pong": (frame(PONG, b"p"), [("pong", b"p")]),
    "fragments": (
        text("a", final=False) + frame(CONTINUATION, b"b", final=False) + frame(CONTINUATION, b"c"),
        [("text", "abc")],
    ),
    "empty fragments": (
        text("", final=False) + frame(CONTINUATION, b"", final=False) + frame(CONTINUATION),
        [("text", "")],
    ),
    "binary fragments": (frame(BINARY, b"\xff", final=False) + frame(CONTINUATION, b"\xfe"), [("binary", b"\xff\xfe")]),
    "ping between fragments": (
        text("a", final=False) + frame(PING, b"p") + frame(CONTINUATION, b"b"),
        [("ping", b"p"), ("text", "ab")],
    ),
    "close between fragments": (text("a", final=False) + close(1001), [("close", "")]),
    "a character split between fragments": (
        frame(TEXT, b"\xce", final=False) + frame(CONTINUATION, b"\xba"),
        [("text", "κ")],
    ),
    "text with the last code point": (text("\U0010ffff"), [("text", "\U0010ffff")]),
    "close without a code": (frame(CLOSE), [("close", "")]),
    "close with a reason": (close(1000, "µ" * 61), [("close", "µ" * 61)]),
}

BAD = {
    "masked text": (frame(TEXT, b"a", mask=MASK), 1002),
    "reserved bit 1": (frame(TEXT, b"a", reserved=4), 1002),
    "reserved bit 2": (frame(TEXT, b"a", reserved=2), 1002),
    "reserved bit 3 on a control frame": (frame(PING, reserved=1), 1002),
    "data opcode 3": (frame(3), 1002),
    "data opcode 7": (frame(7), 1002),
    "control opcode 11": (frame(11), 1002),
    "control opcode 15": (frame(15), 1002),
    "ping of 126 bytes": (frame(PING, b"p" * 126), 1002),
    "close of 126 bytes": (frame(CLOSE, b"\x03\xe8" + b"p" * 124), 1002),
    "fragmented ping": (frame(PING, final=False), 1002),
    "fragmented close": (frame(CLOSE, final=False), 1002),
    "continuation of nothing": (frame(CONTINUATION, b"a"), 1002),
    "continuation after a whole message": (text("a") + frame(CONTINUATION, b"b"), 1002),
    "new text among fragments": (text("a", final=False) + text("b"), 1002),
    "new binary among fragments": (text("a", final=False) + frame(BINARY, b"b"), 1002),
    "125 bytes with a 16-bit length": (b"\x81\x7e\x00\x7d" + b"x" * 125, 1002),
    "65535 bytes with a 64-bit length": (b"\x81\x7f" + (65535).to_bytes(8, "big") + b"x" * 65535, 1002),
    "length of 64 bits": (b"\x81\x7f\x80" + bytes(7), 1002),
    "text that is not UTF-8": (frame(TEXT, b"\xff"), 1007),
    "text with a surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "text with an overlong slash": (frame(TEXT, b"\xc0\xaf"), 1007),
    "text beyond the last code point": (frame(TEXT, b"\xf4\x90\x80\x80"), 1007),
    "text that ends inside a character": (frame(TEXT, b"\xce"), 1007),
    "fragments that are not UTF-8": (frame(TEXT, b"\xce", final=False) + frame(CONTINUATION, b"a"), 1007),
    "close with half a code": (frame(CLOSE, b"\x03"), 1002),
    "close whose reason is not UTF-8": (close(1000, b"\xff"), 1007),
    "text after close": (close(1000) + text("late"), 1002),
    "too big": (text("x" * ((1 << 20) + 1)), 1009),
    "too big in fragments": (text("x" * (1 << 20), final=False) + frame(CONTINUATION, b"x"), 1009),
}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 7, 1 << 20])
def test_what_is_allowed_is_decoded_in_any_chunks(name: str, chunk_bytes: int) -> None:
    stream, expected = GOOD[name]
    chunks = [stream[start : start + chunk_bytes] for start in range(0, len(stream), chunk_bytes)]
    received, code = decoded(*chunks)
    assert (brief(received), code) == (expected, None)


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("chunk_bytes", [5, 1 << 21])
def test_what_is_forbidden_is_refused_with_its_code_and_loses_nothing(name: str, chunk_bytes: int) -> None:
    stream, expected = BAD[name]
    stream = text("before") + stream
    chunks = [stream[start : start + chunk_bytes] for start in range(0, len(stream), chunk_bytes)]
    received, code = decoded(*chunks)
    assert code == expected
    assert received[0].text == "before"


CLOSE_CODES_ALLOWED = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
CLOSE_CODES_RESERVED = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]


@pytest.mark.parametrize("code", CLOSE_CODES_ALLOWED)
def test_a_close_code_that_may_be_sent_is_taken_and_given(code: int) -> None:
    (message,), violation = decoded(close(code, "bye"))
    assert (message.close_code, message.text, violation) == (code, "bye", None)
    taken = take_client_frame(encode_close(code, "bye"))
    assert taken and taken[0].payload == code.to_bytes(2, "big") + b"bye"


@pytest.mark.parametrize("code", CLOSE_CODES_RESERVED)
def test_a_reserved_close_code_is_refused_both_ways(code: int) -> None:
    assert decoded(close(code)) == ([], 1002)
    with pytest.raises(ValueError, match="must not be sent"):
        encode_close(code)


def test_a_close_without_a_code_reads_as_1005() -> None:
    assert decoded(frame(CLOSE))[0][0].close_code == 1005


def test_a_message_too_big_is_refused_before_its_payload_came() -> None:
    header = frame(BINARY, b"x" * 2000)[:4]
    assert decoded(header, max_message_bytes=1999) == ([], 1009)
    assert decoded(header, max_message_bytes=2000) == ([], None)


def test_the_limit_counts_a_message_and_not_the_control_frames_within() -> None:
    stream = text("abc", final=False) + frame(PING, b"p" * 100) + frame(CONTINUATION, b"de")
    assert brief(decoded(stream, max_message_bytes=5)[0])[-1] == ("text", "abcde")


def test_a_message_bears_the_time_of_the_bytes_that_completed_it() -> None:
    decoder = FrameDecoder()
    stream = text("one") + text("two")
    assert [message.arrived_s for message in decoder.feed(stream[:7], 1.0)] == [1.0]
    assert [message.arrived_s for message in decoder.feed(stream[7:], 2.0)] == [2.0]


def test_a_memoryview_may_change_after_it_was_fed() -> None:
    decoder = FrameDecoder()
    buffer = bytearray(text("first"))
    assert decoder.feed(memoryview(buffer)[:4]) == []
    rest = bytes(buffer[4:])
    buffer[:] = bytes(len(buffer))
    assert brief(decoder.feed(rest)) == [("text", "first")]


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 125, 126, 127, 65535, 65536, 70001])
def test_what_is_encoded_is_what_a_server_reads(size: int) -> None:
    payload = random.Random(size).randbytes(size)
    taken = take_client_frame(encode_binary(payload) + b"next")
    assert taken
    assert (taken[0].opcode, taken[0].payload, taken[1]) == (BINARY, payload, b"next")


def test_text_may_be_given_as_str_or_as_utf8() -> None:
    assert encode_text("κόσμε", MASK) == encode_text("κόσμε".encode(), MASK)


def test_every_frame_has_a_mask_of_its_own() -> None:
    masks = {encode_text("same")[2:6] for _ in range(200)}
    assert len(masks) > 195


@pytest.mark.parametrize("encode", [encode_ping, encode_pong])
def test_a_control_frame_of_126_bytes_cannot_be_encoded(encode: object) -> None:
    assert callable(encode)
    assert len(encode(b"p" * 125)) == 2 + 4 + 125
    with pytest.raises(ValueError, match="at most 125 bytes"):
        encode(b"p" * 126)


def test_a_close_reason_must_fit_and_needs_a_code() -> None:
    with pytest.raises(ValueError, match="at most 125 bytes"):
        encode_close(1000, "x" * 124)
    with pytest.raises(ValueError, match="without a code"):
        encode_close(None, "why")
    taken = take_client_frame(encode_close(None))
    assert taken and taken[0].payload == b""


def _fragmented(kind: int, payload: bytes, cuts: list[int]) -> list[bytes]:
    bounds = [0, *sorted(cut % (len(payload) + 1) for cut in cuts), len(payload)]
    pieces = [payload[start:end] for start, end in itertools.pairwise(bounds)]
    last = len(pieces) - 1
    return [frame(CONTINUATION if number else kind, piece, final=number == last) for number, piece in enumerate(pieces)]


@st.composite
def conversations(draw: st.DrawFn) -> tuple[bytes, list[tuple[str, str | bytes]]]:
    """A valid stream with pings between fragments, and the messages that are in it."""
    stream, expected = b"", []
    for _ in range(draw(st.integers(0, 5))):
        content = draw(st.text(max_size=200))
        as_text = draw(st.booleans())
        frames = _fragmented(
            TEXT if as_text else BINARY, content.encode(), draw(st.lists(st.integers(0, 999), max_size=3))
        )
        for position, piece in enumerate(frames):
            if draw(st.booleans()):
                stream += frame(PING, b"p%d" % position)
                expected.append(("ping", b"p%d" % position))
            stream += piece
        expected.append(("text", content) if as_text else ("binary", content.encode()))  # type: ignore[arg-type]
    return stream, expected  # type: ignore[return-value]


def _cut(data: bytes, cuts: list[int]) -> list[bytes]:
    bounds = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(bounds)]


@given(conversations(), st.lists(st.integers(0, 5000), max_size=12))
@settings(deadline=None)
def test_any_chunking_gives_the_same_messages(
    conversation: tuple[bytes, list[tuple[str, str | bytes]]], cuts: list[int]
) -> None:
    stream, expected = conversation
    received, code = decoded(*_cut(stream, cuts))
    assert (brief(received), code) == (expected, None)


_FRAGMENTS_OF_FRAMES = st.one_of(
    st.binary(max_size=20),
    st.builds(
        frame,
        st.integers(0, 15),
        st.binary(max_size=130),
        final=st.booleans(),
        reserved=st.sampled_from([0, 0, 0, 0, 4]),
    ),
)


@given(st.lists(_FRAGMENTS_OF_FRAMES, max_size=8).map(b"".join), st.lists(st.integers(0, 2000), max_size=6))
@settings(deadline=None, max_examples=300)
def test_noise_only_ever_breaks_the_protocol_and_does_so_alike_in_any_chunking(noise: bytes, cuts: list[int]) -> None:
    assert decoded(*_cut(noise, cuts), max_message_bytes=200) == decoded(noise, max_message_bytes=200)
