from __future__ import annotations

import pytest

from checker.postgres_budgets import select
from config.stores import PostgresBudget
from evidence.budgets import BudgetBands
from evidence.findings import FindingKind
from tests.checker.store_worlds import KEY, A, B, execute, marked_world, named_world, tenant, who

BANDS = BudgetBands(KEY)
NAMES = {A: "101", B: "102"}


def test_amounts_in_a_document_of_a_type_with_decimals_and_three_tables_away(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE accounts (id int, code text)",
        "CREATE TABLE wallets (id int, account int, left_over numeric(20, 2), doc jsonb)",
        *[f"INSERT INTO accounts VALUES ({n}, '{name}')" for n, name in NAMES.items()],
        *[f'INSERT INTO wallets VALUES ({n * 10}, {n}, {n}00, \'{{"a": {{"b": {n}7}}}}\')' for n in NAMES],
    )
    via = ("account -> accounts.id",)
    budgets = [
        PostgresBudget(table="wallets", owner="code", via=via, amount="left_over"),
        PostgresBudget(table="wallets", owner="code", via=via, amount="doc", path="a.b"),
    ]
    scan = named_world(NAMES).postgres(fresh_database, budgets=budgets)
    assert scan.skipped == []
    assert scan.amounts == {
        ("postgres wallets.left_over", A): 100,
        ("postgres wallets.left_over", B): 200,
        ("postgres wallets.doc path a.b", A): 17,
        ("postgres wallets.doc path a.b", B): 27,
    }


@pytest.fixture
def two_kinds(fresh_database: str) -> str:
    execute(
        fresh_database,
        "CREATE TABLE budgets (who uuid, kind text, remaining bigint)",
        *[f"INSERT INTO budgets VALUES ('{tenant(n)}', 'tokens', {n}), ('{tenant(n)}', 'images', 5)" for n in (A, B)],
    )
    return fresh_database


def test_a_second_row_of_a_tenant_is_a_doubt(two_kinds: str) -> None:
    budget = PostgresBudget(table="budgets", owner="who", amount="remaining")
    scan = marked_world().postgres(two_kinds, budgets=[budget])
    assert scan.skipped == [
        f"postgres budgets.remaining holds several amounts of tenant {n}: say with budgets.where which row counts"
        for n in (A, B)
    ]


def test_a_condition_says_which_row_counts(two_kinds: str) -> None:
    budget = PostgresBudget(table="budgets", owner="who", amount="remaining", where="kind = 'tokens'")
    scan = marked_world().postgres(two_kinds, budgets=[budget])
    assert scan.skipped == []
    assert {tenant: held for (_, tenant), held in scan.amounts.items()} == {A: A, B: B}


def test_a_condition_that_is_no_sql_is_a_doubt(two_kinds: str) -> None:
    budget = PostgresBudget(table="budgets", owner="who", amount="remaining", where="nonsense")
    (sentence,) = marked_world().postgres(two_kinds, budgets=[budget]).skipped
    assert sentence.startswith("budgets in budgets could not be read: ")


def test_a_table_that_is_not_there_is_a_doubt_that_says_what_may_be_missing(two_kinds: str) -> None:
    budget = PostgresBudget(table="wallets", owner="who", amount="remaining")
    (sentence,) = marked_world().postgres(two_kinds, budgets=[budget]).skipped
    assert sentence.endswith("does not exist; name the table with its schema if that is not public")


def test_another_tenants_amount_is_found_in_the_second_row_too(two_kinds: str) -> None:
    execute(two_kinds, f"INSERT INTO budgets VALUES ('{tenant(B)}', 'more', {BANDS.starting(A)})")
    budget = PostgresBudget(table="budgets", owner="who", amount="remaining")
    (finding,) = marked_world().postgres(two_kinds, budgets=[budget]).findings
    assert (finding.kind, who(finding)) == (FindingKind.FOREIGN_BUDGET, (A, B, "public.budgets", 1))


def test_the_query_for_one_tenant_can_be_run_by_hand() -> None:
    budget = PostgresBudget(table="app.budgets", owner="who", amount="left", where="kind = 1")
    assert select(budget, tenant="o'hare") == (
        """SELECT "left"::text FROM "app"."budgets" WHERE (kind = 1) AND "who"::text = 'o''hare'"""
    )
