from __future__ import annotations

import base64
import gzip
import random
import time
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.views import Decoder, ReadingLimits, binary_values
from tests.checker.encodings import DEPTH_OF, FORMS, TEXT_FORMS
from tests.checker.store_worlds import KEYRING, A, canary, message, tenant

ALL = FORMS | TEXT_FORMS
UNANNOUNCED = ("deflate", "lz4 block")
MARKS = {"canary": canary(A), "id": message(A), "id without hyphens": message(A).replace("-", ""), "name": tenant(A)}


def place() -> str:
    return "the value"


def seen(value: bytes, decoder: Decoder | None = None) -> set[str]:
    """The paths by which marks are found in a value, the value itself left out."""
    found = (decoder or Decoder()).views(value, place)
    return {view.path for view in found if KEYRING.find(view.text)}


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS.keys())
@pytest.mark.parametrize("form", ALL.values(), ids=ALL.keys())
def test_a_mark_is_found_behind_every_form(form: object, mark: str) -> None:
    value = form(f'{{"user": "Zoë", "note": "say {mark} & go", "n": 12}}'.encode())  # type: ignore[operator]
    assert seen(value) or KEYRING.find(value)


@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize("cut", range(5))
def test_base64_is_read_at_any_alignment_and_when_its_beginning_is_missing(shift: int, cut: int) -> None:
    value = base64.b64encode(b"x" * shift + b"aaaaaa" + canary(A).encode() + b"bbbbb")
    assert "base64" in seen(value[cut:])


@settings(max_examples=150)
@given(
    path=st.lists(st.sampled_from(sorted(ALL)), min_size=1, max_size=4),
    before=st.text(max_size=60),
    after=st.text(max_size=60),
    mark=st.sampled_from(sorted(MARKS)),
)
def test_a_mark_is_found_behind_any_nesting_up_to_the_depth(
    path: list[str], before: str, after: str, mark: str
) -> None:
    value = f"{before} {MARKS[mark]} {after}".encode("utf-8", "replace")
    depth, last = 0, ""
    for name in path:
        if name in TEXT_FORMS:
            try:
                value.decode()
            except UnicodeDecodeError:
                continue  # nobody writes bytes as text without saying how
        if name == "base64, within" and last in UNANNOUNCED:
            continue  # these are recognised only as the whole of what they lie in
        if name.startswith(("HTML", "UTF-16")) and b"\0" in value:
            continue  # HTML has no reference to a zero byte, and nobody widens characters twice
        if depth + DEPTH_OF.get(name, 1) > ReadingLimits().depth:
            break
        value, last = ALL[name](value), name
        depth += DEPTH_OF.get(name, 1)
    decoder = Decoder()
    assert KEYRING.find(value) or seen(value, decoder)
    assert decoder.cut == 0


@settings(max_examples=100)
@given(
    name=st.sampled_from(sorted(FORMS)),
    noise=st.tuples(st.binary(max_size=300), st.binary(max_size=300)),
    mark=st.sampled_from(sorted(MARKS)),
)
def test_a_mark_is_found_among_any_bytes_once_they_are_decoded(
    name: str, noise: tuple[bytes, bytes], mark: str
) -> None:
    value = FORMS[name](noise[0] + b"|" + MARKS[mark].encode() + b"|" + noise[1])
    assert KEYRING.find(value) or seen(value)


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), size=st.integers(0, 20_000))
def test_nothing_is_found_in_random_bytes(seed: int, size: int) -> None:
    value = random.Random(seed).randbytes(size)
    decoder = Decoder()
    for form in (bytes, base64.b64encode, gzip.compress, zstandard.compress):
        assert seen(form(value), decoder) == set()
    assert decoder.cut == 0


def test_plain_text_has_no_views() -> None:
    text = 'A line of prose, {"n": 1}, naïve façade: 漢字 — 550e8400-e29b-41d4-a716-446655440000. ' * 50
    assert list(Decoder().views(text.encode(), place)) == []
    assert list(Decoder().views(b"p" * 10_000, place)) == []


def test_the_path_names_the_forms_from_the_outermost_on_and_says_whether_all_is_meant() -> None:
    inner = base64.b64encode(canary(A).encode() * 2)
    views = list(Decoder().views(gzip.compress(inner), place))
    assert [(view.path, view.whole) for view in views if KEYRING.find(view.text)] == [("gzip › base64", True)]
    views = list(Decoder().views(gzip.compress(b'{"a": "' + inner + b'"}'), place))
    assert [(view.path, view.whole) for view in views if KEYRING.find(view.text)] == [("gzip › base64", False)]


def zeros() -> bytes:
    """A gibibyte of zeros, packed: a megabyte."""
    packer = zlib.compressobj(1, wbits=31)
    return b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(1024)), packer.flush()])


BOMBS: dict[str, Callable[[], bytes]] = {
    "gzip of zeros": zeros,
    "gzip in gzip": lambda: gzip.compress(zeros()),
    "gzip in base64": lambda: base64.b64encode(zeros()),
    "gzip many times": lambda: gzip.compress(bytes(1 << 25)) * 200,
    "zstd of zeros": lambda: zstandard.compress(bytes(1 << 28)),
    "escapes in escapes": lambda: b"%25" * 100_000 + b"&amp;" * 50_000 + b"\\\\u0025" * 50_000,
    "noise in base64": lambda: base64.b64encode(random.Random(1).randbytes(8 << 20)),
    "hexadecimal digits": lambda: b"0123456789abcdef" * (1 << 18),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_stay_within_time_and_memory(name: str) -> None:
    value, decoder = BOMBS[name](), Decoder()
    tracemalloc.start()
    began = time.process_time()
    for view in decoder.views(value, place):
        assert len(view.text) <= ReadingLimits().value_bytes
    spent = time.process_time() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spent < 20
    assert peak < 300 << 20
    if "gzip" in name or "zstd" in name:
        assert decoder.cut == 1
        assert "the value was not read whole" in decoder.sentences()[0]


def test_what_lies_deeper_than_is_read_is_counted() -> None:
    value = canary(A).encode()
    for _ in range(5):
        value = gzip.compress(value)
    decoder = Decoder()
    assert seen(value, decoder) == set()
    assert (decoder.cut, "more than 4 forms deep" in decoder.sentences()[0]) == (1, True)


def test_a_scan_that_has_unpacked_enough_counts_what_it_leaves() -> None:
    decoder = Decoder(ReadingLimits(scan_bytes=1000))
    for _ in range(9):
        list(decoder.views(gzip.compress(bytes(range(256)) * 2), place))
    assert decoder.cut == 8
    assert len(decoder.sentences()) == 6
    assert decoder.sentences()[-1] == "3 more values were not read whole"


def test_a_window_that_ends_within_compressed_data_is_counted_and_a_whole_value_that_does_is_not() -> None:
    packed = gzip.compress(random.Random(2).randbytes(5000))[:3000]
    whole, window = Decoder(), Decoder()
    assert [len(view.text) > 2000 for view in whole.views(packed, place)] == [True]
    list(window.views(packed, place, whole=False))
    assert (whole.cut, window.cut) == (0, 1)


def test_the_bytes_behind_every_bytea_are_seen() -> None:
    assert list(binary_values(rb"\\x6869")) == [b"hi"]
    assert list(binary_values(rb'{"\\\\x6869","\\\\x00ff"}')) == [b"hi", b"\x00\xff"]
    assert list(binary_values(rb"\\x")) == []
    assert list(binary_values(b"plain")) == []
