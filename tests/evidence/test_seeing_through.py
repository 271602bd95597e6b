from __future__ import annotations

import base64
import gzip
import json
import time
import zlib
from collections.abc import Callable

import pytest

from evidence.marks import Keyring, Mark, MarkKind, RunKey
from evidence.seeing_through import FRAME_BYTES, FrameDecoder, may_hide

KEY, EARLIER = RunKey(bytes(range(32))), RunKey(bytes(32))
MARK = Mark(MarkKind.PROMPT, 5, 17)
CANARY = KEY.mint_canary(MARK)
NAME = KEY.mint_id(Mark(MarkKind.TENANT, 5))
TEXT = f"about {CANARY} and {NAME}, for the rest of it see below"


def decoder() -> FrameDecoder:
    return FrameDecoder(Keyring(KEY, [EARLIER]))


def frame(content: str) -> bytes:
    return json.dumps({"type": "state", "message_id": "m-1", "content": content}).encode()


def seen(data: bytes, of: FrameDecoder | None = None) -> dict[Mark, str]:
    return {hidden.sighted.mark: hidden.path for hidden in (of or decoder()).hidden(data)}


FORMS: dict[str, Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "URL-safe base64": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 of a gzip stream": lambda text: base64.b64encode(gzip.compress(text.encode())).decode(),
    "base64 of a zlib stream": lambda text: base64.b64encode(zlib.compress(text.encode())).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "character references": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "base64 with escaped slashes": lambda text: base64.b64encode(b"\xff\xff\xff" + text.encode()).decode(),
    "base64 of base64": lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
    "JSON in base64": lambda text: base64.b64encode(json.dumps({"note": text}).encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_marks_behind_an_encoding_are_seen(form: Callable[[str], str]) -> None:
    found = seen(frame(form(TEXT)).replace(b"/", b"\\/"))
    assert set(found) == {MARK, Mark(MarkKind.TENANT, 5)}
    assert all(found.values())


def test_marks_of_another_run_are_seen_too() -> None:
    [hidden] = decoder().hidden(frame(base64.b64encode(EARLIER.mint_canary(MARK).encode()).decode()))
    assert not hidden.sighted.current


def test_what_stands_there_as_it_is_is_not_told_twice() -> None:
    assert seen(frame(CANARY + " " + FORMS["base64"](CANARY))) == {}


@pytest.mark.parametrize(
    "content",
    [TEXT, "x" * 4096, "=" * 300, '{"nested": "json \\"in\\" a string"}' * 20, "50 % of 100 % & more", NAME, ""],
)
def test_plain_frames_hide_nothing(content: str) -> None:
    assert not may_hide(frame(content))


def test_noise_hides_nothing() -> None:
    assert seen(frame("".join(f"{(number * 2654435761) % 2**32:08x}" for number in range(2000)))) == {}


def test_a_decompression_bomb_is_cut_and_costs_little() -> None:
    bomb = base64.b64encode(gzip.compress(gzip.compress(bytes(200 * 1024 * 1024), 9), 9)).decode()
    looking = decoder()
    before_s = time.process_time()
    assert seen(frame(bomb), looking) == {}
    assert looking.cut == 1
    assert time.process_time() - before_s < 5, "200 MiB were unpacked"


def test_a_mark_before_a_bomb_is_still_seen() -> None:
    bomb = base64.b64encode(gzip.compress(bytes(50 * 1024 * 1024), 9)).decode()
    assert MARK in seen(frame(FORMS["base64"](CANARY) + " " + bomb))


def test_of_a_huge_frame_only_the_beginning_is_seen_through() -> None:
    looking = decoder()
    late = frame("word " * (FRAME_BYTES // 5) + FORMS["base64"](CANARY))
    assert seen(late, looking) == {}
    assert MARK in seen(frame(FORMS["base64"](CANARY) + " word" * (FRAME_BYTES // 5)), looking)
    assert looking.cut == 2
