from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.budgets import BAND_WIDTH, SAFE_SPENDING, BudgetBands
from evidence.marks import MAX_TENANT, RunKey

BANDS = BudgetBands(RunKey(bytes(range(32))))
tenants = st.integers(0, MAX_TENANT) | st.sampled_from([0, 1, MAX_TENANT])
keys = st.binary(min_size=32, max_size=32).map(RunKey)


def test_no_two_tenants_share_a_band() -> None:
    bands = {BANDS.starting(tenant) // BAND_WIDTH for tenant in range(50_000)}
    assert len(bands) == 50_000


@given(keys, tenants, st.integers(0, SAFE_SPENDING - 1))
def test_an_amount_names_its_owner_while_less_than_half_a_band_is_spent(key: RunKey, tenant: int, spent: int) -> None:
    bands = BudgetBands(key)
    start = bands.starting(tenant)
    if start < BAND_WIDTH:  # the one tenant in 2^32 that got the first band: its amounts name nobody
        assert bands.owner(start - spent) is None
    else:
        assert bands.owner(start - spent) == tenant


@given(keys, tenants)
def test_amounts_are_exact_wherever_numbers_are_doubles(key: RunKey, tenant: int) -> None:
    start = BudgetBands(key).starting(tenant)
    assert 0 < start < 1 << 52
    assert int(float(start)) == start


@given(keys, tenants)
def test_a_starting_budget_is_the_same_wherever_it_is_asked_for(key: RunKey, tenant: int) -> None:
    assert BudgetBands(key).starting(tenant) == BudgetBands(RunKey(key.key)).starting(tenant)


def test_another_run_places_tenants_elsewhere() -> None:
    other = BudgetBands(RunKey(bytes(32)))
    assert sum(BANDS.starting(tenant) == other.starting(tenant) for tenant in range(1000)) == 0


def test_neighbours_in_number_are_no_neighbours_in_money() -> None:
    starts = sorted(BANDS.starting(tenant) // BAND_WIDTH for tenant in range(2000))
    assert sum(later - earlier == 1 for earlier, later in itertools.pairwise(starts)) <= 2


@given(st.integers(0, (1 << 32) - 1))
def test_the_placement_is_a_permutation(value: int) -> None:
    placed = BANDS._permute(value, backwards=False)
    assert 0 <= placed < 1 << 32
    assert BANDS._permute(placed, backwards=True) == value


@given(tenants, st.integers(0, 50_000), st.integers(0, 19))
def test_a_short_budget_pays_for_its_requests_and_not_for_one_more_and_names_nobody(
    tenant: int, cost: int, requests: int
) -> None:
    amount = BANDS.starting_short(tenant, cost, requests)
    assert cost * requests <= amount
    assert cost == 0 or amount < cost * (requests + 1)
    assert BANDS.owner(amount) is None


def test_a_short_budget_that_would_look_like_somebodys_is_refused() -> None:
    with pytest.raises(ValueError, match="no short one"):
        BANDS.starting_short(1, BAND_WIDTH // 4, 8)


@pytest.mark.parametrize("value", [True, False, None, "5000000", 5_000_000.0, [], {}, b"1", 2**70, -1, -(2**40), 0, 5])
def test_what_is_no_amount_of_anybodys_band_has_no_owner(value: object) -> None:
    assert BANDS.owner(value) is None


@given(st.integers())
def test_an_owner_is_a_tenant_number_or_nobody(value: int) -> None:
    owner = BANDS.owner(value)
    assert owner is None or 0 <= owner <= MAX_TENANT


@pytest.mark.parametrize("tenant", [-1, MAX_TENANT + 1])
def test_a_tenant_out_of_range_has_no_band(tenant: int) -> None:
    with pytest.raises((ValueError, OverflowError)):
        BANDS.starting(tenant)
