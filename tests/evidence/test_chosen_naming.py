from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.chosen_naming import PatternNaming, RangeNaming
from evidence.marks import RunKey
from evidence.oracle import control_pair, tenant_number

KEY, OTHER_RUN = RunKey(bytes(range(32))), RunKey(bytes(32))
FIRST, LAST = 1_000_000, 1_999_999
workers = st.integers(0, 62)
ordinals = st.integers(0, 7_000) | st.integers(1 << 17, (1 << 17) + 7_000)


def numbers(key: RunKey = KEY) -> RangeNaming:
    return RangeNaming(key, FIRST, LAST)


def test_a_pattern_is_made_the_run_s_own() -> None:
    naming = PatternNaming(KEY, "acme-{run}/{ordinal}+x")
    assert naming.name(17) == f"acme-r{KEY.tag:04x}/17+x"
    assert naming.get(naming.name(17)) == 17
    assert naming.get(naming.name(17) + "0") is None
    assert naming.get(naming.name(17).replace("17", "017")) is None
    assert PatternNaming(OTHER_RUN, "acme-{run}/{ordinal}+x").get(naming.name(17)) is None


@given(worker=workers, ordinal=ordinals)
def test_a_number_of_the_range_says_whose_it_is(worker: int, ordinal: int) -> None:
    number = tenant_number(worker, ordinal)
    name = numbers().name(number)
    assert FIRST <= int(name) <= LAST
    assert numbers().get(name) == number


def test_no_two_tenants_share_a_number_controls_and_nobodies_among_them() -> None:
    everybody = [tenant_number(worker, ordinal) for worker in (0, 1, 62) for ordinal in range(7_000)]
    everybody += [number | 1 << 17 for number in everybody]
    everybody += [half for node in range(64) for half in control_pair(node)]
    assert len({numbers().name(number) for number in everybody}) == len(everybody)


def test_another_number_is_nobody_s() -> None:
    for name in (str(FIRST - 1), str(LAST + 1), "", "x", f"0{FIRST}", "٣"):
        assert numbers().get(name) is None


def test_runs_begin_at_different_numbers() -> None:
    assert numbers().name(0) != numbers(OTHER_RUN).name(0)


@pytest.mark.parametrize("number", [tenant_number(63, 0), tenant_number(0, 7_900)])
def test_a_range_without_room_says_how_much_there_is(number: int) -> None:
    with pytest.raises(ValueError, match=r"room for 63 workers with 7813 tenants each; widen tenants\.integers"):
        numbers().name(number)
