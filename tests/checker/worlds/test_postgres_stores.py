from __future__ import annotations

import pytest

from checker.scan import StoreScan
from tests.checker.store_worlds import execute
from tests.checker.worlds.postgres_stores import STORES
from tests.checker.worlds.world import Leak, Store, answers, case_name, cases


def look(store: Store, url: str) -> StoreScan:
    return store.world().postgres(url, shared=store.shared, budgets=store.budgets, fields=store.fields)


@pytest.mark.parametrize("store", STORES, ids=case_name)
def test_a_clean_store_shows_nothing_and_what_cannot_be_attributed_is_counted(
    store: Store, fresh_database: str
) -> None:
    execute(fresh_database, *store.clean)
    scan = look(store, fresh_database)
    assert [finding.first for finding in scan.findings] == []
    assert (scan.skipped, scan.unattributed) == ([], store.unattributed)


@pytest.mark.parametrize(("store", "leak"), cases(STORES), ids=case_name)
def test_a_leak_is_exactly_what_is_found_with_both_its_tenants(store: Store, leak: Leak, fresh_database: str) -> None:
    execute(fresh_database, *store.clean, *leak.steps)
    scan = look(store, fresh_database)
    assert answers(scan) == sorted(leak.answers)
    assert {finding.kind for finding in scan.findings} == {leak.kind}
    assert all(leak.path in finding.first.excerpt for finding in scan.findings)
    assert all(finding.first.reproduce.startswith("psql ") for finding in scan.findings)
    assert scan.skipped == []
