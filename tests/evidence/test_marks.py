from __future__ import annotations

import html
import json
import math
import os
import random
import string
import urllib.parse
import uuid
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.marks import CANARY_PREFIX, MAX_SEQUENCE, MAX_TENANT, REMEMBERED, Keyring, Mark, MarkKind, RunKey

KEY = RunKey(bytes(range(32)))
RING = Keyring(KEY)
HEX = "0123456789abcdef"
BASE32 = string.ascii_lowercase + "234567"

marks = st.builds(
    Mark,
    st.sampled_from(MarkKind),
    st.integers(0, MAX_TENANT) | st.sampled_from([0, 1, MAX_TENANT]),
    st.integers(0, MAX_SEQUENCE) | st.sampled_from([0, 1, MAX_SEQUENCE]),
)
keys = st.binary(min_size=32, max_size=32).map(RunKey)
spellings = st.sampled_from([KEY.mint_id, KEY.mint_canary])


def found(text: str | bytes, ring: Keyring = RING) -> list[Mark]:
    return [sighted.mark for sighted in ring.find(text)]


def another_key_with_the_same_tag() -> RunKey:
    return next(key for number in range(1_000_000) if (key := RunKey(number.to_bytes(32))).tag == KEY.tag)


TWIN = another_key_with_the_same_tag()


@given(keys, marks)
def test_what_was_minted_is_read_back_from_id_and_canary(key: RunKey, mark: Mark) -> None:
    assert key.open_id(key.mint_id(mark)) == mark
    assert key.open_canary(key.mint_canary(mark)) == mark
    assert found(key.mint_id(mark) + " " + key.mint_canary(mark), Keyring(key)) == [mark, mark]


@given(marks)
def test_an_id_is_a_valid_version_8_uuid_and_a_canary_letters_and_digits(mark: Mark) -> None:
    parsed = uuid.UUID(KEY.mint_id(mark))
    assert (parsed.version, parsed.variant) == (8, uuid.RFC_4122)
    assert str(parsed) == KEY.mint_id(mark)
    canary = KEY.mint_canary(mark)
    assert len(canary) == 29
    assert canary.isalnum() and canary.islower() and canary.isascii()


@given(marks, marks)
def test_different_marks_are_spelled_differently(one: Mark, other: Mark) -> None:
    for mint in (KEY.mint_id, KEY.mint_canary):
        assert (mint(one) == mint(other)) == (one == other)


@pytest.mark.parametrize("mint", [KEY.mint_id, KEY.mint_canary], ids=["id", "canary"])
def test_a_mark_with_any_one_character_changed_is_refused(mint: Callable[[Mark], str]) -> None:
    mark = Mark(MarkKind.MESSAGE, 12_345, 678)
    whole = mint(mark)
    alphabet = HEX if mint == KEY.mint_id else BASE32
    for position, character in enumerate(whole):
        if character == "-":
            continue
        for other in alphabet:
            if other != character:
                damaged = whole[:position] + other + whole[position + 1 :]
                assert KEY.open_id(damaged) is None
                assert KEY.open_canary(damaged) is None
                assert found(damaged) == []


@given(st.text() | st.sampled_from(["", "-", CANARY_PREFIX, "x" * 29, CANARY_PREFIX + "0" * 25]))
def test_what_is_no_mark_is_none_and_never_an_error(text: str) -> None:
    assert KEY.open_id(text) is None
    assert KEY.open_canary(text) is None
    assert found(text) == []


@given(st.binary(max_size=200))
def test_any_bytes_can_be_searched(data: bytes) -> None:
    assert found(data) == []


def test_random_ids_with_the_right_form_are_never_recognised() -> None:
    source = random.Random(1)
    for _ in range(20_000):
        value = source.getrandbits(128)
        value = value & ~(0xFFFF << 80) & ~(0xF << 76) & ~(0b11 << 62) | KEY.tag << 80 | 8 << 76 | 0b10 << 62
        assert KEY.open_id(str(uuid.UUID(int=value))) is None


def test_random_canaries_with_the_right_form_are_never_recognised() -> None:
    source = random.Random(2)
    tag_free = (1 << 125) - 1 & ~(0xFFFF << 56)
    for _ in range(20_000):
        value = source.getrandbits(125) & tag_free | KEY.tag << 56
        body = "".join(BASE32[(value >> shift) & 31] for shift in range(120, -1, -5))
        assert KEY.open_canary(CANARY_PREFIX + body) is None


@given(marks)
def test_another_run_with_the_same_tag_cannot_forge(mark: Mark) -> None:
    assert TWIN.key != KEY.key
    assert found(TWIN.mint_id(mark) + " " + TWIN.mint_canary(mark)) == []


@given(keys, marks)
def test_marks_of_an_unknown_run_are_not_recognised(other: RunKey, mark: Mark) -> None:
    if other.key != KEY.key:
        assert found(other.mint_id(mark) + " " + other.mint_canary(mark)) == []


@given(marks, marks, marks)
def test_a_keyring_with_earlier_keys_says_which_run_a_mark_is_of(one: Mark, two: Mark, three: Mark) -> None:
    earlier = [RunKey(bytes([number]) * 32) for number in (1, 2)]
    ring = Keyring(KEY, earlier)
    text = f"{earlier[0].mint_id(one)} {KEY.mint_canary(two)} {earlier[1].mint_canary(three)}"
    sighted = ring.find(text)
    assert [item.mark for item in sighted] == [one, two, three]
    assert [item.run_tag for item in sighted] == [earlier[0].tag, KEY.tag, earlier[1].tag]
    assert [ring.is_current(item) for item in sighted] == [False, True, False]


def test_an_earlier_run_that_shares_the_tag_is_still_told_apart() -> None:
    ring = Keyring(KEY, [TWIN])
    mark = Mark(MarkKind.PROMPT, 3, 4)
    for mint in ("mint_id", "mint_canary"):
        old, own = (ring.find(getattr(key, mint)(mark)) for key in (TWIN, KEY))
        assert [(item.mark, ring.is_current(item)) for item in old] == [(mark, False)]
        assert [(item.mark, ring.is_current(item)) for item in own] == [(mark, True)]


ESCAPES: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "upper case": str.upper,
    "mixed case": lambda text: "".join(c.upper() if i % 2 else c for i, c in enumerate(text)),
    "without hyphens": lambda text: text.replace("-", ""),
    "URL": lambda text: urllib.parse.quote(text, safe=""),
    "URL with %2D": lambda text: text.replace("-", "%2D"),
    "URL with %2d": lambda text: text.replace("-", "%2d"),
    "JSON": json.dumps,
    "JSON with \\u002d": lambda text: json.dumps(text).replace("-", "\\u002d"),
    "JSON with \\u002D": lambda text: json.dumps(text).replace("-", "\\u002D"),
    "HTML": lambda text: html.escape(f"<p title='{text}'>{text[:0]}</p>"),
    "HTML decimal": lambda text: text.replace("-", "&#45;"),
    "HTML hexadecimal": lambda text: text.replace("-", "&#x2D;"),
    "case fold": str.casefold,
}


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES.keys())
@given(mark=marks)
def test_marks_are_seen_through_escapes(escape: Callable[[str], str], mark: Mark) -> None:
    assert found(escape(KEY.mint_id(mark))) == [mark]
    assert found(escape(KEY.mint_canary(mark))) == [mark]


@given(marks, spellings, st.text(HEX + "-%\\{}\"'", max_size=40), st.text(HEX + "-%\\{}\"'", max_size=40))
def test_marks_are_seen_when_glued_to_other_hexadecimal_text(
    mark: Mark, mint: Callable[[Mark], str], before: str, after: str
) -> None:
    text = mint(mark)
    for spelled in (text, text.replace("-", "")):
        assert mark in found(before + spelled + after)


@given(marks, st.text(string.ascii_lowercase, max_size=40), st.text(string.ascii_letters + string.digits, max_size=40))
def test_canaries_are_seen_when_glued_to_words(mark: Mark, before: str, after: str) -> None:
    assert mark in found(before + KEY.mint_canary(mark) + after)


@given(st.lists(st.tuples(marks, spellings), max_size=12), st.sampled_from(["", " ", "/", '","', "\n"]))
def test_all_marks_of_a_text_are_found_in_order(parts: list[tuple[Mark, Callable[[Mark], str]]], between: str) -> None:
    text = between.join(mint(mark) for mark, mint in parts)
    sighted = RING.find(text)
    assert [item.mark for item in sighted] == [mark for mark, _ in parts]
    data = text.encode()
    assert [data[item.start : item.end].decode() for item in sighted] == [mint(mark) for mark, mint in parts]


def test_offsets_count_bytes_of_the_encoded_text() -> None:
    canary = KEY.mint_canary(Mark(MarkKind.STATE, 1, 1))
    (sighted,) = RING.find(f"grüße ☃ {canary}")
    assert "grüße ☃ ".encode().__len__() == sighted.start
    assert sighted.end - sighted.start == len(canary)


def test_text_with_lone_surrogates_can_be_searched() -> None:
    canary = KEY.mint_canary(Mark(MarkKind.STATE, 1, 1))
    assert found(f"\ud800{canary}") == [Mark(MarkKind.STATE, 1, 1)]


@given(marks, spellings, st.integers(0, 60))
def test_a_mark_at_the_end_of_a_chunk_is_found_and_a_cut_one_is_not(
    mark: Mark, mint: Callable[[Mark], str], cut: int
) -> None:
    text = mint(mark)
    assert found("x" * 50 + text) == [mark]
    assert found(text + "x" * 50) == [mark]
    if 0 < cut < len(text):
        assert found(text[:-cut]) == []
        assert found(text[:-cut] + text[-cut:]) == [mark]


def test_what_only_looks_like_a_mark_does_not_hide_the_real_one_it_overlaps() -> None:
    mark = Mark(MarkKind.MESSAGE, 7, 7)
    canary = KEY.mint_canary(mark)
    for length in range(1, 29):
        assert mark in found(canary[:length] + canary)


@pytest.mark.parametrize("overlap", range(1, 29))
def test_a_false_tail_before_a_bare_id_does_not_swallow_it(overlap: int) -> None:
    mark = Mark(MarkKind.TENANT, 9)
    bare = KEY.mint_id(mark).replace("-", "")
    false = f"00000000{KEY.tag:04x}8000a000000000000000"[:overlap]
    assert found(false + bare) == [mark]


@pytest.mark.parametrize(
    "mark",
    [
        Mark(MarkKind.TENANT, -1),
        Mark(MarkKind.TENANT, MAX_TENANT + 1),
        Mark(MarkKind.TENANT, 0, -1),
        Mark(MarkKind.TENANT, 0, MAX_SEQUENCE + 1),
    ],
)
def test_numbers_out_of_range_are_refused(mark: Mark) -> None:
    for mint in (KEY.mint_id, KEY.mint_canary):
        with pytest.raises(ValueError, match="is outside 0"):
            mint(mark)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"32 bytes, this one has {length}"):
        RunKey(bytes(length))


def test_generated_keys_differ_and_derived_ones_depend_on_key_and_purpose() -> None:
    one, two = RunKey.generate(), RunKey.generate()
    assert one.key != two.key
    assert len({KEY.derive(b"a"), KEY.derive(b"b"), one.derive(b"a"), KEY.key}) == 4
    assert KEY.derive(b"a") == RunKey(KEY.key).derive(b"a")


TENANTS = 100_000
# Chi-square of 15 degrees of freedom: 60 is exceeded with a probability of 2e-7; key and tenants are fixed.
CHI_LIMIT = 60.0


@pytest.fixture(scope="module")
def tenant_ids() -> list[str]:
    return [KEY.mint_id(Mark(MarkKind.TENANT, tenant)).replace("-", "") for tenant in range(TENANTS)]


@pytest.mark.parametrize("position", [*range(8), *range(24, 32)])
def test_each_of_the_first_and_last_characters_is_spread_evenly(tenant_ids: list[str], position: int) -> None:
    counts = Counter(text[position] for text in tenant_ids)
    expected = TENANTS / 16
    assert sum((counts[digit] - expected) ** 2 / expected for digit in HEX) < CHI_LIMIT


@pytest.mark.parametrize("end", ["first", "last"])
@pytest.mark.parametrize("length", [4, 5, 6, 7, 8])
def test_ends_collide_as_often_as_those_of_random_ids(tenant_ids: list[str], end: str, length: int) -> None:
    seen = len({text[:length] if end == "first" else text[-length:] for text in tenant_ids})
    possible = 16**length
    expected = possible * -math.expm1(TENANTS * math.log1p(-1 / possible))
    # The number of distinct values scatters less than that of collisions would as a Poisson variable.
    scatter = math.sqrt(TENANTS - expected + 1)
    assert abs(seen - expected) < 6 * scatter


def test_what_was_verified_is_remembered_in_bounds_and_the_same_answer_given() -> None:
    key, other = RunKey(b"m" * 32), RunKey(b"n" * 32)
    text = key.mint_id(Mark(MarkKind.TENANT, 7, 3))
    forged = text[:-1] + ("0" if text[-1] != "0" else "1")
    for _ in range(2):
        assert key.open_id(text) == Mark(MarkKind.TENANT, 7, 3)
        assert key.open_id(forged) is None
        assert other.open_id(text) is None
    for sequence in range(20_000):
        assert key.open_id(key.mint_id(Mark(MarkKind.MESSAGE, 1, sequence))) == Mark(MarkKind.MESSAGE, 1, sequence)
    assert key._unseal.cache_info().currsize <= REMEMBERED


def test_ids_are_found_as_sixteen_bytes_in_either_order_and_nothing_else_is() -> None:
    key, stranger = RunKey(b"a" * 32), RunKey(b"b" * 32)
    ring = Keyring(key)
    mark = Mark(MarkKind.TENANT, 12345, 7)
    identity = uuid.UUID(key.mint_id(mark))
    for spelt in (identity.bytes, identity.bytes_le):
        (sighted,) = ring.find_bytes(b"\x00\x01" + spelt + b"\xff")
        assert (sighted.mark, sighted.start, sighted.end, sighted.current) == (mark, 2, 18, True)
        assert ring.find_bytes(spelt[1:]) == []
    assert ring.find_bytes(uuid.UUID(stranger.mint_id(mark)).bytes) == []
    assert ring.find_bytes(os.urandom(1 << 16)) == []
