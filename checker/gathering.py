"""All findings of a run in one table: seen live, in the stores and in the accounts; and their reports."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable

from checker import causes
from checker.causes import Cause
from checker.figures import count
from checker.finding_reports import CauseReport, FindingReport, PairReport
from checker.finding_table import FindingTable
from checker.reported import TenantName
from checker.scan import StoreScan
from checker.seen_again import in_the_evidence
from checker.summary import Summary
from evidence.findings import Finding, FindingKind, Severity, Sighting
from evidence.oracle import is_control

REPORTED = 500
"""Findings listed in a result; all of them are counted."""
EACH_CAUSE = 10
"""Of every cause so many findings are listed before further ones of others."""
PAIRS_REPORTED = 1_000


def gather(
    summary: Summary, scans: Iterable[StoreScan], concluded: Iterable[Sighting], named: Iterable[Finding] = ()
) -> FindingTable:
    """Returns what was found anywhere, grouped by cause.

    Args:
        summary: holds what was seen live.
        scans: what the stores showed.
        concluded: what follows from the evidence as a whole (accounts that don't settle, removed tenants seen again).
        named: what names in frames turned out to be that were unknown where they were seen.
    """
    table = FindingTable()
    live = [judged for finding in summary.live if (judged := _judged(summary, finding)) is not None]
    table.merge(live)
    table.overflow += summary.live.overflow
    table.beyond.merge(summary.live.beyond)
    table.sightings += summary.live.sightings - sum(finding.count for finding in live)
    for scan in scans:
        table.merge(finding for finding in scan.findings if not _between_controls(finding))
        table.overflow += scan.overflow
        table.beyond.merge(scan.beyond)
        table.sightings += scan.overflow
    table.merge(finding for finding in named if not _between_controls(finding))
    for sighting in concluded:
        table.add(sighting)
    return table


def leaks(table: FindingTable) -> list[Finding]:
    """Returns the findings that make a verdict LEAKING, the most frequent first."""
    return [finding for finding in table if finding.severity is Severity.LEAK]


def told_by(table: FindingTable) -> list[Finding]:
    """Returns the leaks, and of each cause whose findings found no room one that stands for them."""
    beyond = [cause.worst for cause in table.beyond if cause.worst is not None and cause.severity is Severity.LEAK]
    return [*leaks(table), *beyond]


def not_kept(table: FindingTable) -> list[str]:
    """Returns a note if there are more findings than are kept apart: how many, and what is said of them."""
    leaks = table.further_leaks
    if not leaks:
        return []
    causes = [cause for cause in table.beyond if cause.severity is Severity.LEAK]
    unnamed = table.overflow - sum(cause.sightings for cause in causes)
    note = (
        f"{count(len(table), 'finding')} were kept apart; at least {leaks:,} more, seen "
        f"{count(table.overflow, 'time')}, are counted to their causes alone, so that pairs of tenants are those of "
        "the findings kept"
    )
    return [f"{note}, and {unnamed:,} of these times to no cause, of which there are too many" if unnamed > 0 else note]


def listed(table: FindingTable, found: Iterable[Cause]) -> list[Finding]:
    """Returns the findings for the result: some of every cause, and the worst of the rest as far as there is room."""
    left = {cause.key: EACH_CAUSE for cause in found}
    chosen: list[Finding] = []
    rest: list[Finding] = []
    for finding in table:
        key = (finding.kind, finding.severity, finding.group)
        left[key] = left.get(key, 0) - 1
        (chosen if left[key] >= 0 else rest).append(finding)
    beyond = [cause.worst for cause in found if cause.worst is not None and left[cause.key] == EACH_CAUSE]
    kept = [*chosen, *beyond, *rest][:REPORTED]
    return sorted(kept, key=lambda f: (f.severity is not Severity.LEAK, -f.count, f.first_at_s, f.fingerprint))


def pair_reports(summary: Summary, table: FindingTable) -> list[PairReport]:
    """Returns who leaked to whom in the findings of a table, the most frequent first."""
    between: Counter[tuple[int, int]] = Counter()
    for finding in leaks(table):
        if finding.owner is not None and finding.recipient is not None and finding.owner != finding.recipient:
            between[finding.owner, finding.recipient] += finding.count
    reports = []
    for (owner, recipient), sightings in between.most_common():
        names = tenant_name(summary, owner), tenant_name(summary, recipient)
        if names[0] is not None and names[1] is not None:
            reports.append(PairReport(owner=names[0], recipient=names[1], sightings=sightings))
    return reports


def _judged(summary: Summary, finding: Finding) -> Finding | None:
    """A band is a name and no checksum: an amount in the band of a tenant that does not exist is only a suspicion."""
    if _between_controls(finding):
        return None
    known = finding.owner in summary.tenants or finding.owner in summary.controls
    if finding.kind is FindingKind.FOREIGN_BUDGET and not known:
        first = dataclasses.replace(
            finding.first,
            severity=Severity.SUSPICION,
            owner=None,
            detail=f"{finding.first.detail}, and that tenant is none of this run",
        )
        return dataclasses.replace(
            finding, severity=Severity.SUSPICION, owner=None, first=first, places=list(finding.places)
        )
    return finding


def _between_controls(finding: Finding) -> bool:
    return all(tenant is not None and is_control(tenant) for tenant in (finding.owner, finding.recipient))


def report(summary: Summary, finding: Finding) -> FindingReport:
    """Returns a finding with its tenants' names."""
    return FindingReport(
        kind=finding.kind.value,
        meaning=finding.kind.meaning,
        severity="leak" if finding.severity is Severity.LEAK else "suspicion",
        owner=tenant_name(summary, finding.owner),
        recipient=tenant_name(summary, finding.recipient),
        group=finding.group,
        places=finding.places,
        count=finding.count,
        first_at_s=finding.first_at_s,
        last_at_s=finding.last_at_s,
        excerpt=finding.first.excerpt,
        detail=finding.first.detail,
        reproduce=finding.first.reproduce or in_the_evidence(summary.header.run_id, finding),
        fingerprint=finding.fingerprint,
        cause=causes.fingerprint(finding.kind, finding.severity, finding.group),
        doc=finding.kind.doc,
    )


def cause_reports(found: Iterable[Cause], findings: Iterable[FindingReport]) -> list[CauseReport]:
    """Returns what most likely caused the findings, the worst first.

    Args:
        found: the causes of everything that was found, the worst first.
        findings: those listed in the result.
    """
    listed = {finding.fingerprint for finding in findings}
    return [causes.report(cause, listed) for cause in list(found)[: causes.REPORTED]]


def tenant_name(summary: Summary, number: int | None) -> TenantName | None:
    """Returns how reports name a tenant; None for nobody."""
    if number is None:
        return None
    history = summary.tenants.get(number)
    kind = history.started.user_class if history and history.started else ""
    if is_control(number):
        kind = "planted control"
    return TenantName(number=number, name=summary.name(number), kind=kind)
