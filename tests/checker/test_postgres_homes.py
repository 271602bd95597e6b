from __future__ import annotations

import pytest

from checker.amounts import Amounts
from checker.content import Content
from checker.names import NameIndex
from checker.postgres_catalogue import Table
from checker.postgres_homes import claims_of_name, pattern_of_name
from evidence.budgets import BudgetBands
from tests.checker.store_worlds import KEY, KEYRING, A, B, named_world, tenant

ROSTER = named_world({A: "t1", B: "t10"}).roster()
CONTENT = Content(KEYRING, NameIndex(ROSTER, KEYRING), Amounts(BudgetBands(KEY), ROSTER.names))


@pytest.mark.parametrize(
    ("schema", "name", "tenants", "pattern"),
    [
        ("public", "notes", [], "public.notes"),
        ("tenant_t1", "notes", [A], "tenant_*.notes"),
        ("t10", "notes", [B], "*.notes"),
        ("t100", "notes", [], "t100.notes"),
        ("public", f"notes_{tenant(A).replace('-', '_')}", [A], "public.notes_*"),
        (f"c{tenant(B).replace('-', '')}", "notes", [B], "c*.notes"),
        ("t1", "about_t10", [A, B], "*.about_*"),
    ],
)
def test_a_table_is_its_tenants_by_its_name_or_its_schemas(
    schema: str, name: str, tenants: list[int], pattern: str
) -> None:
    table = Table(1, 1, f"{schema}.{name}", "", schema, name, 0, 0)
    assert [claim.tenant for claim in claims_of_name(table, CONTENT)] == tenants
    assert pattern_of_name(table, CONTENT) == pattern
