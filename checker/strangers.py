"""Whose the names are that a node knew nobody by: of tenants that another node played, of nobody, of strangers.

Where the target gives tenants their ids, a node knows those of its own tenants only; the checker knows them all. What
is left is somebody of no run: a doubt, or by the profile's word a leak.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from checker.figures import count
from checker.summary import Summary
from config.profile import Profile
from evidence.findings import Finding, Severity
from evidence.known_names import KnownNames


def findings(summary: Summary, profile: Profile) -> list[Finding]:
    """Returns what the unknown names in frames turn out to be: leaks where they are another tenant's."""
    return list(_judged(summary, profile))


def unknown(summary: Summary, profile: Profile) -> list[str]:
    """Returns why frames that name somebody of no run leave a doubt; empty if there are none, or they are leaks."""
    strange = [finding for finding in _judged(summary, profile) if finding.severity is Severity.SUSPICION]
    reasons = []
    if strange:
        times, example = sum(finding.count for finding in strange), strange[0].first
        path = example.excerpt.partition(": ")[0]
        reasons.append(
            f"{count(times, 'frame')} named somebody at {path} who is no tenant of this run, for example "
            f"{example.name[:60]}: if tenants go by that name too, say so in provisioning.aliases, "
            "tenants.columns.aliases or auth.service.ids; if it is nobody's, in frames.nobody; if it can only be "
            "another customer's, set frames.strangers to leak"
        )
    if summary.strangers.overflow:
        reasons.append(
            f"{count(summary.strangers.overflow, 'frame')} more named somebody unknown, too many to look each up"
        )
    return reasons


def leaking_names(summary: Summary, profile: Profile) -> set[str]:
    """Returns the names that turned out to be another's."""
    return {found.first.name for found in _judged(summary, profile) if found.severity is Severity.LEAK}


def _judged(summary: Summary, profile: Profile) -> Iterator[Finding]:
    names = _names(summary)
    for finding in summary.strangers:
        path, owner = finding.first.excerpt.partition(": ")[0], names.get(finding.first.name)
        if owner is not None:
            if owner != finding.recipient:
                yield _as(finding, Severity.LEAK, owner, f"{path} names another tenant, whom another node played")
        elif finding.severity is Severity.KNOWN:
            continue  # nobody, by the profile's word
        elif profile.frames.strangers == "leak":
            yield _as(finding, Severity.LEAK, None, f"{path} names somebody who is no tenant of this run")
        else:
            yield _as(finding, Severity.SUSPICION, None, f"{path} names somebody who is no tenant of this run")


def _names(summary: Summary) -> KnownNames:
    names = KnownNames()
    provisioned = [tenant.provisioned for tenant in summary.tenants.values() if tenant.provisioned is not None]
    for row in (*provisioned, *summary.controls.values()):
        names.add(row.tenant, (row.name, *row.aliases, *summary.learnt.names.get(row.tenant, ())))
    return names


def _as(finding: Finding, severity: Severity, owner: int | None, detail: str) -> Finding:
    first = dataclasses.replace(finding.first, severity=severity, owner=owner, detail=detail)
    return dataclasses.replace(finding, severity=severity, owner=owner, first=first, places=list(finding.places))
