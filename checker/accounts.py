"""Accounts settled in the stores: for every tenant and budget place, is what remains what the ledger allows?"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from checker.figure_reports import AccountReport
from checker.figures import count, tenants
from checker.reported import TenantName
from checker.scan import StoreScan
from checker.seen_again import amount_in_store
from checker.summary import Summary, TenantHistory
from config.stores import Stores
from evidence.account import Bounds
from evidence.findings import FindingKind, Sighting

REPORTED = 1_000
"""Settled accounts beyond this many are counted and not listed; every account that is not settled is listed."""


@dataclass
class Settlement:
    """How all accounts came out.

    Attributes:
        accounts: one a tenant and place, those that are not settled first.
        settled, unsettled: how many are and are not.
        sightings: what the accounts can't explain.
        reasons: why accounts could not be judged.
    """

    accounts: list[AccountReport] = field(default_factory=list)
    settled: int = 0
    unsettled: int = 0
    sightings: list[Sighting] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Stand:
    """What a tenant's ledger says about its budget."""

    starting: int
    charged: int
    unknown: int
    bounds: Bounds


def settle(summary: Summary, scans: Sequence[StoreScan], stores: Stores | None = None) -> Settlement:
    """Returns every tenant's account settled in every budget place that the scans know.

    Args:
        summary: the evidence, with its ledgers.
        scans: what the stores showed.
        stores: from the profile, to say how an amount is read again.
    """
    settlement = Settlement()
    # What a removed tenant was charged was settled reply by reply; there is no place left to read it from.
    stayed = {number: tenant for number, tenant in summary.tenants.items() if number not in summary.departures}
    stands = {number: _stand(tenant) for number, tenant in stayed.items()}
    listed: list[AccountReport] = []
    for scan in scans:
        for place in scan.budget_places:
            _settle_place(summary, stands, scan, place, settlement, listed)
    if stores is not None:
        settlement.sightings = [_with_command(sighting, summary, stores) for sighting in settlement.sightings]
    settlement.settled = sum(account.settled for account in listed)
    settlement.unsettled = len(listed) - settlement.settled
    listed.sort(key=lambda account: account.settled)
    settlement.accounts = listed[: max(REPORTED, settlement.unsettled)]
    return settlement


def _with_command(sighting: Sighting, summary: Summary, stores: Stores) -> Sighting:
    assert sighting.owner is not None
    return dataclasses.replace(
        sighting, reproduce=amount_in_store(stores, sighting.group, summary.name(sighting.owner))
    )


def _stand(tenant: TenantHistory) -> _Stand | None:
    ledger, provisioned = tenant.ledger, tenant.provisioned
    if ledger is not None:
        bounds = Bounds(ledger.low, ledger.high, ledger.step)
        return _Stand(ledger.starting, ledger.charged, ledger.unknown, bounds)
    if provisioned is not None and not tenant.acted:
        # Provisioned and never started: nothing may have been charged.
        return _Stand(provisioned.budget, 0, 0, Bounds(provisioned.budget, provisioned.budget))
    return None


def _settle_place(
    summary: Summary,
    stands: Mapping[int, _Stand | None],
    scan: StoreScan,
    place: str,
    settlement: Settlement,
    listed: list[AccountReport],
) -> None:
    absent: list[int] = []
    off: dict[int, str] = {}
    for number, stand in stands.items():
        found = scan.amounts.get((place, number))
        if found is None:
            absent.append(number)
        detail = _detail(stand, found)
        if stand is not None and found is not None and detail:
            off[number] = detail
        listed.append(_report(summary, number, place, stand, found, detail))
    settlement.sightings += _sightings(summary, stands, scan, place, off)
    if absent:
        names = tenants(summary.name(number) for number in absent)
        settlement.reasons.append(f"no remaining amount was found in {place} for {names}")
    no_ledger = [number for number, stand in stands.items() if stand is None]
    if no_ledger:
        names = tenants(summary.name(number) for number in no_ledger)
        reason = f"no closed ledger arrived of {names}: what they may have left is not known"
        if reason not in settlement.reasons:
            settlement.reasons.append(reason)


def _detail(stand: _Stand | None, found: int | None) -> str:
    if stand is None:
        return "no closed ledger"
    if found is None:
        return "no amount found"
    return stand.bounds.explain(found) or ""


def _report(
    summary: Summary, number: int, place: str, stand: _Stand | None, found: int | None, detail: str
) -> AccountReport:
    provisioned = summary.tenants[number].provisioned
    known = stand or _Stand(provisioned.budget if provisioned else 0, 0, 0, Bounds(0, 0))
    return AccountReport(
        tenant=TenantName(number=number, name=summary.name(number)),
        place=place,
        starting=known.starting,
        charged=known.charged,
        unknown=known.unknown,
        low=known.bounds.low,
        high=known.bounds.high,
        found=found,
        settled=not detail,
        detail=detail,
    )


def _sightings(
    summary: Summary, stands: Mapping[int, _Stand | None], scan: StoreScan, place: str, off: Mapping[int, str]
) -> list[Sighting]:
    """One a tenant that is off, or one for two that are off by opposite amounts and are the only ones off by so much.

    A charge that went to the wrong budget leaves its victim short by exactly what the other has too much.
    """
    by_amount: dict[int, list[int]] = defaultdict(list)
    for number in off:
        stand, found = stands[number], scan.amounts[place, number]
        if stand is not None:
            low, high = stand.bounds.low, stand.bounds.high
            by_amount[found - high if found > high else found - low if found < low else 0].append(number)
    sightings = []
    for amount, numbers in by_amount.items():
        opposite = by_amount.get(-amount, []) if amount else []
        for number in numbers:
            if len(numbers) == len(opposite) == 1:
                if amount < 0:
                    sightings.append(_pair(summary, scan, place, number, opposite[0], -amount, off[number]))
                continue
            hint = f"; {count(len(opposite), 'tenant')} off by the opposite amount" if opposite else ""
            sightings.append(_sighting(summary, scan, place, number, number, off[number] + hint))
    return sightings


def _pair(summary: Summary, scan: StoreScan, place: str, victim: int, gainer: int, units: int, why: str) -> Sighting:
    detail = f"{why}; tenant {summary.name(gainer)} was charged {units} too little in the same place"
    return _sighting(summary, scan, place, victim, gainer, detail)


def _sighting(summary: Summary, scan: StoreScan, place: str, owner: int, recipient: int, detail: str) -> Sighting:
    return Sighting(
        kind=FindingKind.ACCOUNT_MISMATCH,
        owner=owner,
        recipient=recipient,
        place=f"{place} of tenant {summary.name(owner)}",
        group=place,
        at_s=summary.header.ended_at_s or summary.header.started_at_s,
        excerpt=f"remaining: {scan.amounts[place, owner]}",
        detail=detail,
    )
