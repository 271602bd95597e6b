from __future__ import annotations

import gzip
import random
import zlib

import lz4.block  # type: ignore[import-untyped]
import pytest
import zstandard

from evidence.packed_forms import Unpacked, unpacked
from tests.checker.encodings import FORMS

TEXT = b"What was asked and what was answered, at some length, and then once more at some length. " * 3
MOST = 1 << 20


def only(data: bytes, most: int = MOST) -> Unpacked:
    (result,) = unpacked(data, most)
    return result


@pytest.mark.parametrize(
    "name", ["gzip", "zlib", "zlib, best", "zlib, fast", "deflate", "zstd", "lz4 frame", "lz4 block"]
)
def test_every_way_of_packing_is_recognised_and_undone(name: str) -> None:
    packed = FORMS[name](TEXT)
    result = only(packed)
    assert (result.text, result.start, result.end, result.stopped) == (TEXT, 0, len(packed), False)
    assert result.ended


def test_packed_data_is_found_between_other_bytes_and_one_after_the_other() -> None:
    data = b"\xffhead" + gzip.compress(TEXT) + b"\xff middle" + zstandard.compress(TEXT) + zlib.compress(b"x" * 99)
    assert [(result.name, len(result.text)) for result in unpacked(data, MOST)] == [
        ("gzip", len(TEXT)),
        ("zstd", len(TEXT)),
        ("zlib", 99),
    ]


def test_as_much_is_read_of_damaged_data_as_can_be() -> None:
    noise = random.Random(1).randbytes(50_000)
    cut = only(gzip.compress(noise)[:30_000])
    assert not cut.ended and noise.startswith(cut.text) and len(cut.text) > 20_000
    damaged = bytearray(zlib.compress(TEXT * 500))
    damaged[-1] ^= 1
    assert [result.ended for result in unpacked(bytes(damaged), MOST)] in ([], [False])


def test_unpacking_stops_at_the_limit_and_says_so() -> None:
    for packed in (gzip.compress(bytes(1 << 24)), zstandard.compress(bytes(1 << 28))):
        result = only(packed, 1 << 16)
        assert result.stopped and not result.ended
        assert len(result.text) <= 9 << 20


def test_a_length_that_cannot_be_is_not_believed() -> None:
    block = lz4.block.compress(TEXT, store_size=False)
    for size in (0, 1 << 31, len(TEXT) + 1):
        assert list(unpacked(size.to_bytes(4, "little") + block, MOST)) == []
    assert only(len(TEXT).to_bytes(4, "big") + block).text == TEXT


def test_text_is_never_taken_for_packed() -> None:
    assert list(unpacked("x^ naïve façade 漢字 and more of the same".encode() * 9, MOST)) == []
