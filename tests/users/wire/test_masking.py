from __future__ import annotations

import random

import pytest

from users.wire.masking import MaskSource, apply_mask, xor_mask

SIZES = [0, 1, 2, 3, 4, 5, 8, 125, 1000, 4096]


@pytest.mark.parametrize("size", SIZES)
def test_the_plain_way_and_the_fast_way_agree_with_the_definition(size: int) -> None:
    source = random.Random(size)
    payload, mask = source.randbytes(size), source.randbytes(4)
    defined = bytes(byte ^ mask[position % 4] for position, byte in enumerate(payload))
    assert xor_mask(payload, mask) == defined
    assert apply_mask(payload, mask) == defined


def test_masking_twice_gives_back_the_payload() -> None:
    assert xor_mask(xor_mask(b"payload", b"\x00\xff\x01\x80"), b"\x00\xff\x01\x80") == b"payload"


def test_masks_are_four_bytes_and_do_not_come_again() -> None:
    source = MaskSource()
    masks = [source.next_mask() for _ in range(500)]
    assert {len(mask) for mask in masks} == {4}
    assert len(set(masks)) > 495


def test_two_sources_do_not_give_the_same_masks() -> None:
    first, second = MaskSource(), MaskSource()
    assert [first.next_mask() for _ in range(4)] != [second.next_mask() for _ in range(4)]
