"""What a scan says in the name of its store: of several of a kind, a finding must say which one it means."""

from __future__ import annotations

import dataclasses

from checker.scan import StoreScan
from evidence.findings import Finding, Sighting


def variable_of(name: str) -> str:
    """Returns the environment variable that the commands of findings take the store's address from."""
    return f"{name.upper()}_URL"


def named(scan: StoreScan, name: str) -> StoreScan:
    """Puts the store's name in place of its kind, in everything that says where something lies, and returns the scan.

    Args:
        scan: as the scanner returned it, with the kind of store for a name.
        name: the store's name in the profile.
    """
    kind = scan.store
    if name == kind:
        return scan
    scan.store = name
    scan.findings = [_finding(finding, kind, name) for finding in scan.findings]
    scan.control_findings = [_finding(finding, kind, name) for finding in scan.control_findings]
    scan.budget_places = [_place(place, kind, name) for place in scan.budget_places]
    scan.amounts = {(_place(place, kind, name), tenant): held for (place, tenant), held in scan.amounts.items()}
    return scan


def _place(text: str, kind: str, name: str) -> str:
    return f"{name} {text.removeprefix(f'{kind} ')}"


def _finding(finding: Finding, kind: str, name: str) -> Finding:
    return dataclasses.replace(
        finding,
        group=f"{name} {finding.group}",
        first=_sighting(finding.first, kind, name),
        places=[_place(place, kind, name) for place in finding.places],
    )


def _sighting(sighting: Sighting, kind: str, name: str) -> Sighting:
    return dataclasses.replace(
        sighting,
        place=_place(sighting.place, kind, name),
        group=f"{name} {sighting.group}",
        reproduce=sighting.reproduce.replace(f"${variable_of(kind)}", f"${variable_of(name)}"),
    )
