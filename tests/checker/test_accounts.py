from __future__ import annotations

from checker.accounts import settle
from evidence.records import TenantProvisioned
from tests.checker.histories import BUDGET, REDIS_PLACE, START_S, healthy


def test_a_tenant_that_never_acted_must_have_all_it_was_given() -> None:
    history = healthy(tenants=2)
    history.rows["local"].append(TenantProvisioned(9, "t-9", "local", START_S, BUDGET))
    scan = history.scans["redis"]
    scan.amounts[REDIS_PLACE, 9] = BUDGET
    assert settle(history.summary(), [scan]).unsettled == 0
    assert history.judged().totals.tenants_started == 2
    scan.amounts[REDIS_PLACE, 9] = BUDGET - 1
    [sighting] = settle(history.summary(), [scan]).sightings
    assert (sighting.owner, sighting.recipient) == (9, 9)
    assert "1 too little" in sighting.detail


def test_unsettled_accounts_come_first_and_are_all_listed() -> None:
    history = healthy(tenants=5)
    history.scans["redis"].amounts[REDIS_PLACE, 4] += 1
    settlement = settle(history.summary(), list(history.scans.values()))
    assert settlement.accounts[0].tenant.name == "t-4"
    assert (settlement.settled, settlement.unsettled, len(settlement.accounts)) == (9, 1, 10)


def test_without_budget_places_there_is_nothing_to_settle() -> None:
    history = healthy()
    history.scans["redis"].budget_places.clear()
    settlement = settle(history.summary(), [history.scans["redis"]])
    assert (settlement.settled, settlement.unsettled, settlement.reasons) == (0, 0, [])
