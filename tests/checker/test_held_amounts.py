from __future__ import annotations

import pytest

from checker.held_amounts import HeldAmounts, amount_of, postgres_label, redis_label
from checker.scan import StoreScan
from config.stores import PostgresBudget, RedisBudget


@pytest.mark.parametrize(
    ("value", "path", "amount"),
    [
        (b"12", None, 12),
        ("12.00", None, 12),
        (b" 12\n", None, 12),
        (b'{"budget": {"left": 12}}', "budget.left", 12),
        ('{"left": "12"}', "left", 12),
        (b"4503599627370496", None, 1 << 52),
        (b'{"left": 4503599627370495}', "left", (1 << 52) - 1),
    ],
)
def test_an_amount_is_read_however_it_is_written(value: bytes | str, path: str | None, amount: int) -> None:
    assert amount_of(value, path) == amount


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (b"12.5", None),
        (b"plenty", None),
        (b"", None),
        ("NaN", None),
        ("Infinity", None),
        (b"\xff", None),
        (b"12", "left"),
        (b'{"left": null}', "left"),
        (b'{"left": true}', "left"),
        (b'{"left": [{"n": 1}, {"n": 2}]}', "left[].n"),
        (b"{broken", "left"),
    ],
)
def test_what_is_no_whole_amount_is_refused(value: bytes | str, path: str | None) -> None:
    with pytest.raises(ValueError):
        amount_of(value, path)


def test_a_second_amount_of_a_tenant_is_told_and_the_first_counts() -> None:
    scan = StoreScan("postgres", "here")
    held = HeldAmounts(scan, "postgres budgets.remaining")
    for tenant, amount in [(1, 10), (2, 20), (2, 21), *[(n, n) for n in range(3, 9)], *[(n, 0) for n in range(3, 9)]]:
        held.add(tenant, amount)
    held.close("say which")
    assert scan.amounts["postgres budgets.remaining", 2] == 20
    assert scan.skipped == [
        *[f"postgres budgets.remaining holds several amounts of tenant {n}: say which" for n in (2, 3, 4)],
        "postgres budgets.remaining holds several amounts of 4 more tenants: say which",
    ]


def test_places_are_called_by_all_that_tells_them_apart() -> None:
    assert redis_label(RedisBudget(key="b:{tenant}", field="f", path="a.b")) == "redis b:{tenant} field f path a.b"
    budget = PostgresBudget(table="b", owner="o", amount="a", path="x", where="kind = 1")
    assert postgres_label(budget) == "postgres b.a path x where kind = 1"
