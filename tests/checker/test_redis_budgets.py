from __future__ import annotations

from typing import Any

import pytest

from config.stores import RedisBudget
from evidence.budgets import BudgetBands
from tests.checker.store_worlds import KEY, A, B, fill_redis, marked_world, tenant, who

BANDS = BudgetBands(KEY)


@pytest.mark.parametrize(
    ("budget", "put"),
    [
        (RedisBudget(key="b:{tenant}"), lambda c, name, amount: c.set(f"b:{name}", amount)),
        (RedisBudget(key="b:{tenant}"), lambda c, name, amount: c.set(f"b:{name}", f"{amount}.00")),
        (
            RedisBudget(key="b:{tenant}", path="a.b"),
            lambda c, name, amount: c.set(f"b:{name}", f'{{"a":{{"b":{amount}}}}}'),
        ),
        (RedisBudget(key="b:{tenant}", field="f"), lambda c, name, amount: c.hset(f"b:{name}", "f", amount)),
        (
            RedisBudget(key="b:{tenant}", field="f", path="a"),
            lambda c, name, amount: c.hset(f"b:{name}", "f", f'{{"a": "{amount}"}}'),
        ),
    ],
)
def test_amounts_are_read_wherever_they_stand(fresh_redis: str, budget: RedisBudget, put: Any) -> None:
    fill_redis(fresh_redis, lambda client: [put(client, tenant(n), 1000 + n) for n in (A, B)])
    scan = marked_world().redis(fresh_redis, budgets=[budget])
    assert scan.skipped == []
    assert {tenant: held for (_, tenant), held in scan.amounts.items()} == {A: 1000 + A, B: 1000 + B}


def test_an_amount_of_anothers_band_is_found_in_a_document(fresh_redis: str) -> None:
    fill_redis(fresh_redis, lambda client: client.set(f"b:{tenant(B)}", f'{{"a": {BANDS.starting(A)}}}'))
    scan = marked_world().redis(fresh_redis, budgets=[RedisBudget(key="b:{tenant}", path="a")])
    assert [who(finding) for finding in scan.findings] == [(A, B, "b:*", 1)]


def test_a_key_of_another_type_is_a_doubt(fresh_redis: str) -> None:
    fill_redis(fresh_redis, lambda client: client.rpush(f"b:{tenant(B)}", 12))
    (sentence,) = marked_world().redis(fresh_redis, budgets=[RedisBudget(key="b:{tenant}")]).skipped
    assert "should hold a whole number" in sentence
