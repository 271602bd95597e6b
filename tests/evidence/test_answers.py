from __future__ import annotations

import random
from uuid import UUID, uuid4

import pytest

from evidence.answers import LONGEST, look_alike, shape_of


def refusal(message: str, **more: object) -> dict[str, object]:
    return {"type": "error", "message": message, **more}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (refusal("no thread 17"), refusal("no thread 4711")),
        (refusal(f"no thread {uuid4()}"), refusal(f"no thread {uuid4()}")),
        (refusal("x", at="2026-11-22T21:00:00.123Z", took_ms=3), refusal("x", at="2026-11-22T21:00:07.9Z", took_ms=40)),
        ({"items": [{"id": "a1"}, {"id": "b2"}]}, {"items": [{"id": "c3"}]}),
    ],
)
def test_answers_that_differ_in_ids_and_figures_are_the_same(one: object, other: object) -> None:
    assert shape_of(one) == shape_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (refusal("not yours"), refusal("no such thread")),
        (refusal("x"), refusal("x", hint="ask its owner")),
        ({"shared": True}, {"shared": False}),
    ],
)
def test_answers_in_other_words_differ(one: object, other: object) -> None:
    assert shape_of(one) != shape_of(other)


def test_a_code_in_figures_is_kept() -> None:
    assert shape_of(refusal("no", code=403), 403) != shape_of(refusal("no", code=404), 404)


def test_an_answer_is_short_whatever_was_sent() -> None:
    assert len(shape_of({"text": "word " * 1000})) == LONGEST


@pytest.mark.parametrize(
    "value",
    [
        "17",
        "4711",
        "thread_8fK2",
        "acme-corp",
        "66f0c1a29b3e4d5f6a7b8c9d",
        "T1",
        "58e08588-2bd9-485f-9d25-c24431b6dcad",
    ],
)
def test_a_made_up_value_has_the_same_shape_and_is_another(value: str) -> None:
    draw = random.Random(1)
    made = {look_alike(value, draw) for _ in range(20)}
    assert made - {value}
    for one in made:
        assert len(one) == len(value)
        kinds = zip(one, value, strict=True)
        uuid = len(value) == 36
        assert uuid or all(a.isdigit() == b.isdigit() and a.isupper() == b.isupper() for a, b in kinds)


def test_a_made_up_uuid_keeps_its_version_and_hexadecimal_stays_hexadecimal() -> None:
    draw = random.Random(1)
    assert UUID(look_alike(str(uuid4()), draw)).version == 4
    assert int(look_alike("66f0c1a29b3e4d5f6a7b8c9d", draw), 16)


def test_numbers_do_not_begin_with_a_zero() -> None:
    draw = random.Random(1)
    assert all(look_alike("907", draw)[0] != "0" for _ in range(100))
