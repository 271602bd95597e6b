from __future__ import annotations

from itertools import combinations
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.marks import MAX_TENANT, Mark, MarkKind, RunKey
from evidence.naming import SLUG_LIMIT, STYLES, Style, naming_of

KEY, OTHER_RUN = RunKey(bytes(range(32))), RunKey(bytes(32))
styles = pytest.mark.parametrize("style", get_args(Style))
numbers = st.integers(0, MAX_TENANT) | st.integers(0, 100) | st.just(MAX_TENANT)


@styles
@given(number=numbers)
def test_a_name_says_whose_it_is(style: Style, number: int) -> None:
    naming = naming_of(style, KEY)
    assert naming.get(naming.name(number)) == number


@styles
@given(number=numbers)
def test_a_name_of_another_run_is_nobodys(style: Style, number: int) -> None:
    assert naming_of(style, KEY).get(naming_of(style, OTHER_RUN).name(number)) is None


@styles
def test_no_two_tenants_share_a_name(style: Style) -> None:
    naming = naming_of(style, KEY)
    assert len({naming.name(number) for number in range(20_000)}) == 20_000


@styles
@given(name=st.text(max_size=70) | st.text("0123456789-tTxz_ärÀ٣", max_size=70))
def test_any_other_text_is_nobodys_name(style: Style, name: str) -> None:
    assert naming_of(style, KEY).get(name) is None


@styles
@given(number=st.integers(0, 1000), data=st.data())
def test_a_name_with_one_character_changed_is_never_that_tenants(
    style: Style, number: int, data: st.DataObject
) -> None:
    naming = naming_of(style, KEY)
    name = naming.name(number)
    position = data.draw(st.integers(0, len(name) - 1))
    changed = name[:position] + data.draw(st.sampled_from("0a-_Tt ٣")) + name[position + 1 :]
    if changed != name:
        assert naming.get(changed) != number


@pytest.mark.parametrize("style", ["uuid", "uuid_hex"])
def test_a_space_for_a_leading_nought_is_no_name(style: Style) -> None:
    naming = naming_of(style, KEY)
    names = [naming.name(number) for number in range(500)]
    padded = [f" {name[1:]}" for name in names if name[0] == "0"] + [
        f"0_{name[2:]}" for name in names if name[:2] == "00"
    ]
    assert len(padded) > 10
    assert [naming.get(name) for name in padded] == [None] * len(padded)


def test_slugs_collide_in_all_the_ways_that_leak() -> None:
    naming = naming_of("slug", KEY)
    names = [naming.name(number) for number in range(160)]
    pairs = list(combinations(names, 2))
    assert any(one.lower() == other.lower() for one, other in pairs), "differing in case only"
    assert any(one.replace("_", "-") == other.replace("_", "-") for one, other in pairs), "- against _ only"
    assert any(other.startswith(one) or one.startswith(other) for one, other in pairs), "prefixes of one another"
    assert any(one[:40] == other[:40] for one, other in pairs), "a long common start"
    assert any(one[-40:] == other[-40:] for one, other in pairs), "a long common end"
    assert max(map(len, names)) == SLUG_LIMIT
    assert len({name[:2] for name in names}) > 10, "and some well spread"


def test_uuid_names_are_tenant_marks_only() -> None:
    naming = naming_of("uuid", KEY)
    assert naming.name(7) == KEY.mint_id(Mark(MarkKind.TENANT, 7))
    assert naming.get(KEY.mint_id(Mark(MarkKind.MESSAGE, 7))) is None


def test_integers_fit_where_numbers_are_doubles() -> None:
    assert 0 < int(naming_of("integer", KEY).name(MAX_TENANT)) < 1 << 53


def test_an_unknown_style_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        ValueError, match=r"no naming style 'roman'; there are: uuid, uuid_hex, slug, integer, email, pattern"
    ):
        naming_of("roman", KEY)  # type: ignore[arg-type]
    assert get_args(Style) == STYLES
