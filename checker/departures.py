"""Tenants that were removed while the run went on: what may still be seen of them, and what was.

A removal that failed, or that was cut short, proves nothing either way: nothing is expected of such a tenant in the
stores, and nothing is held against the target.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from checker.causes import Cause, causes_of
from checker.figures import count, listed, tenants
from checker.scan import StoreScan
from checker.summary import Summary
from config.profile import Profile
from evidence.findings import Finding, FindingKind, Severity, Sighting
from evidence.records import RETURN, TenantRemoved

CLOCKS_S = 1.0
"""What the clocks of two nodes may differ by, with a frame under way: sooner than this after a removal is before it."""
_SHOWING = frozenset(
    {
        FindingKind.MISROUTED_REPLY,
        FindingKind.FOREIGN_CONTENT,
        FindingKind.WRONG_IDENTITY,
        FindingKind.FOREIGN_BUDGET,
    }
)
"""Kinds of finding that show something of their owner's."""


def removed(summary: Summary) -> dict[int, TenantRemoved]:
    """Returns the tenants that were removed, and when."""
    return {tenant: row for tenant, row in summary.departures.items() if row.outcome == "removed"}


def due(summary: Summary, profile: Profile, at_s: float) -> frozenset[int]:
    """Returns the tenants of whom nothing may be left at a time, in Unix seconds."""
    within_s = profile.provisioning.removed_within_s
    return frozenset(tenant for tenant, row in removed(summary).items() if row.at_s + within_s <= at_s)


def seen_afterwards(live: Iterable[Finding], summary: Summary, profile: Profile) -> list[Sighting]:
    """Returns a sighting for each finding that showed something of a removed tenant when nothing could be left of it.

    Whatever carried it is a finding of its own already; this one says that the data should not have been there at all.

    Args:
        live: what was seen while the run lasted.
        summary: says who was removed, and when.
        profile: says within which time nothing may be left.
    """
    gone, within_s = removed(summary), profile.provisioning.removed_within_s + CLOCKS_S
    return [
        _seen_again(finding, row)
        for finding in live
        if finding.kind in _SHOWING and finding.severity is Severity.LEAK and finding.owner is not None
        if (row := gone.get(finding.owner)) is not None and finding.last_at_s > row.at_s + within_s
    ]


def _seen_again(finding: Finding, row: TenantRemoved) -> Sighting:
    later_s = finding.last_at_s - row.at_s
    return Sighting(
        kind=FindingKind.SURVIVED_DELETE,
        owner=finding.owner,
        recipient=finding.recipient,
        place=finding.places[-1] if finding.places else finding.first.place,
        group=finding.group,
        at_s=finding.last_at_s,
        excerpt=finding.first.excerpt,
        detail=f"seen as {finding.kind}, at the latest {later_s:.1f} s after tenant {finding.owner} had been removed",
    )


def looked_for(summary: Summary, scans: Sequence[StoreScan]) -> set[int]:
    """Returns the removed tenants of whom nothing could be left when the stores were read, every store of the run."""
    found = set(removed(summary)) if scans else set()
    for scan in scans:
        found &= scan.removed
    return found


def not_removed(summary: Summary) -> list[str]:
    """A removal that failed is no control: what is still there says nothing."""
    failed = {tenant: row.detail for tenant, row in summary.departures.items() if row.outcome == "failed"}
    if not failed:
        return []
    names = tenants(summary.name(tenant) for tenant in failed)
    return [f"the removal of {names} failed, so it is not known what outlives it: {next(iter(failed.values()))}"]


def notes(summary: Summary, profile: Profile, scans: Sequence[StoreScan]) -> list[str]:
    """Returns what was not tried of a tenant's end, a sentence each."""
    return list(_not_tried(summary, profile, scans))


def _not_tried(summary: Summary, profile: Profile, scans: Sequence[StoreScan]) -> Iterator[str]:
    if not profile.removes_tenants:
        yield "what outlives a tenant's removal was not tried: [provisioning] does not say how one is removed"
        return
    if not profile.workload.departures:
        yield "what outlives a tenant's removal was not tried: workload.departures is 0"
        return
    if not summary.departures:
        yield "what outlives a tenant's removal was not tried: nobody left before the run was over"
    begun = [tenant for tenant, row in summary.departures.items() if row.outcome == "begun"]
    if begun:
        yield f"the end of the run cut {count(len(begun), 'removal')} short, of which nothing is judged"
    early = len(removed(summary)) - len(looked_for(summary, scans)) if scans else 0
    if early:
        yield (
            f"{count(early, 'tenant')} had been removed for less than {profile.provisioning.removed_within_s:g} s when "
            "the stores were read, too short for anything that is left to count"
        )


def proven(summary: Summary, profile: Profile, scans: Sequence[StoreScan], leaks: Sequence[Finding]) -> list[str]:
    """Returns in a sentence what was shown of removed tenants; nothing if anything outlived one, or nobody was removed.

    Args:
        summary: the evidence.
        profile: says what may be left of them.
        scans: what the stores showed.
        leaks: everything that was found.
    """
    gone = looked_for(summary, scans)
    if not gone or survivors(leaks):
        return []
    stores = " and ".join(_beside(scan, profile) for scan in scans)
    tried = summary.attempts.get(RETURN)
    times = tried.outcomes["refused"] if tried else 0
    refused = f"; {count(times, 'attempt')} to come back {_were(times)} refused" if times else ""
    return [
        f"{count(len(gone), 'tenant')} {_were(len(gone))} removed while the others went on, and nothing of theirs was "
        f"found in {stores} afterwards{refused}."
    ]


def _beside(scan: StoreScan, profile: Profile) -> str:
    """A store, and what in it was left out of the sentence."""
    out = ["kept on purpose"] if profile.stores.named()[scan.store].kept else []
    out += ["left in places that several tenants share"] if _in_shared(scan) else []
    return f"{scan.store} (beside what is {' or '.join(out)})" if out else scan.store


def left_in_shared(scans: Sequence[StoreScan]) -> list[str]:
    """Returns a sentence for each store that still showed removed tenants where several share a place on purpose.

    That a place names several tenants does not say what becomes of one that is removed: ``kept`` in the profile does.
    """
    sentences = []
    for scan in scans:
        causes = _in_shared(scan)
        if causes:
            groups = listed(sorted({cause.group.removesuffix(" (shared)") for cause in causes}))
            owners = {tenant for cause in causes for tenant in cause.tenants}
            times = count(sum(cause.sightings for cause in causes), "time")
            sentences.append(
                f"what is left of {count(len(owners), 'removed tenant')} in {scan.store} where several share a place "
                f"on purpose, seen {times}: {groups}; whether it may stay there is not said: name the place in "
                f"kept of {scan.store} if it may"
            )
    return sentences


def _in_shared(scan: StoreScan) -> list[Cause]:
    return [
        cause
        for cause in causes_of(scan.findings, scan.beyond)
        if cause.kind is FindingKind.SURVIVED_DELETE and cause.severity is Severity.SUSPICION
    ]


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def survivors(leaks: Sequence[Finding]) -> set[int]:
    """Returns the removed tenants of whom something was left."""
    return {leak.owner for leak in leaks if leak.kind is FindingKind.SURVIVED_DELETE and leak.owner is not None}
