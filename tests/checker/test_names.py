from __future__ import annotations

import pytest

from checker.names import NameIndex, names_tenants
from checker.ownership import Standing
from checker.scan import Roster
from evidence.marks import Keyring, Mark, MarkKind, RunKey

KEY = RunKey(b"k" * 32)


def index(
    names: dict[int, str], aliases: dict[str, int] | None = None, learnt: dict[str, int] | None = None
) -> NameIndex:
    numbers = {name.lower(): number for number, name in names.items()} | (aliases or {})
    return NameIndex(Roster(names, numbers, learnt or {}), Keyring(KEY))


NAMES = index({1: "t1", 10: "t10", 3: "t1-a", 4: "Acme_Corp", 5: "17"}, {"a@b.test": 1}, {"sess-99": 10, "42": 1})


@pytest.mark.parametrize(
    ("key", "tenants"),
    [
        (b"ctx:t1", [1]),
        (b"ctx:t10:x", [10]),
        (b"t1", [1]),
        (b"ctx:{t1-a}:x", [3]),
        (b"ctx:t1-b", [1]),
        (b"ctx:xt1", []),
        (b"ctx:t1x", []),
        (b"a/Acme_Corp/b/t10", [4, 10]),
        (b"a/acme_corp", [4]),
        (b"mail:a@b.test:in", [1]),
        (b"s:sess-99", [10]),
        (b"page:17", []),
        (b"user:17", [5]),
        (b"user_context:17:x", [5]),
        (b"thread:42", []),
        (b"", []),
        (b"\xff\x00t1\xff", []),
    ],
)
def test_names_are_found_as_delimited_segments(key: bytes, tenants: list[int]) -> None:
    found = list(NAMES.segments(key))
    assert [named.tenant for named in found] == tenants


@pytest.mark.parametrize(
    ("value", "label", "standing"),
    [
        (b"t1", b"", Standing.NAME),
        (b"t1 ", b"", None),
        (b"a@b.test", b"", Standing.ALIAS),
        (b"A@B.TEST", b"", Standing.ALIAS),
        (b"sess-99", b"", Standing.LEARNT),
        (b"17", b"count", None),
        (b"17", b"user_id", Standing.NAME),
        (b"42", b"user_id", None),
    ],
)
def test_a_whole_value_is_a_name(value: bytes, label: bytes, standing: Standing | None) -> None:
    named = NAMES.whole(value, label)
    assert (named.standing if named else None) is standing


def test_quoted_strings_are_mentions() -> None:
    text = b'{"user": "t10", "list": ["t1", "t1-a x"], "esc": "\\"", "mail":"a@b.test", "user_id": 17, "count": 17}'
    found = list(NAMES.mentions(text))
    assert sorted(named.tenant for named in found) == [1, 1, 5, 10]
    assert {named.standing for named in found} == {Standing.MENTION}
    assert {text[named.start : named.end] for named in found} == {b"t10", b"t1", b"a@b.test", b"17"}


def test_names_that_differ_only_in_case_are_told_apart_by_it() -> None:
    names = index({1: "Acme", 2: "acme", 3: "Other"})
    assert [n.tenant for n in (names.whole(b"Acme"), names.whole(b"acme"), names.whole(b"other")) if n] == [1, 2, 3]
    assert names.whole(b"ACME") is None


def test_names_that_are_marks_are_left_to_the_keyring() -> None:
    name = KEY.mint_id(Mark(MarkKind.TENANT, 1))
    assert not index({1: name})


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (b"user_id", True),
        (b"tenantId", True),
        (b"users", True),
        (b"owner", True),
        (b"org_slug", True),
        (b"account-no", True),
        (b"count", False),
        (b"user_count", False),
        (b"superuser_level", False),
        (b"id", False),
    ],
)
def test_labels_that_say_tenants_stand_there(label: bytes, expected: bool) -> None:
    assert names_tenants(label) is expected
