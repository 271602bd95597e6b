from __future__ import annotations

import dataclasses

from checker.finding_table import FindingTable
from evidence.findings import FindingKind, Severity, Sighting
from tests.checker.histories import a_sighting, misfiled

SIGHTING = Sighting(FindingKind.FOREIGN_CONTENT, 1, 2, "frame chat of session 0 of tenant 2", "frame chat", 100.0)


def but(**changes: object) -> Sighting:
    return dataclasses.replace(SIGHTING, **changes)  # type: ignore[arg-type]


def table_of(*sightings: Sighting) -> FindingTable:
    table = FindingTable()
    for sighting in sightings:
        table.add(sighting)
    return table


def test_sightings_of_one_cause_are_one_finding_with_a_count() -> None:
    table = FindingTable()
    first = table.add(but(at_s=50.0))
    assert table.add(but(at_s=20.0, place="elsewhere"), 4) is first
    (finding,) = table
    assert (finding.count, finding.first_at_s, finding.first, len(finding.places)) == (5, 20.0, first, 2)
    assert table.sightings == 5


def test_another_kind_owner_recipient_group_or_severity_is_another_finding() -> None:
    others = [
        but(kind=FindingKind.MISROUTED_REPLY),
        but(owner=3),
        but(owner=None),
        but(recipient=3),
        but(group="frame history"),
        but(severity=Severity.SUSPICION),
    ]
    findings = list(table_of(SIGHTING, *others))
    assert len(findings) == 7
    assert len({finding.fingerprint for finding in findings}) == 7


def test_leaks_come_before_suspicions_and_the_frequent_before_the_rare() -> None:
    suspicions = [but(severity=Severity.SUSPICION)] * 5
    table = table_of(*suspicions, but(owner=7, at_s=9.0), but(owner=8, at_s=1.0), *[but(owner=9)] * 3)
    assert [finding.owner for finding in table] == [9, 8, 7, 1]


def test_nothing_seen_is_no_finding() -> None:
    table = FindingTable()
    assert (list(table), len(table), table.sightings) == ([], 0, 0)


def test_leaks_of_causes_beyond_the_limit_are_counted() -> None:
    table = FindingTable(kept=2)
    for owner in range(5):
        table.add(a_sighting(owner, 9).sighting())
    table.merge([misfiled(7, 8, count=4)])
    assert (len(table), table.sightings, table.overflow) == (2, 9, 7)


def test_suspicions_beyond_the_limit_are_no_leaks() -> None:
    table = FindingTable(kept=1)
    table.add(SIGHTING)
    table.add(but(owner=3, severity=Severity.SUSPICION), 2)
    assert (len(table), table.sightings, table.overflow) == (1, 3, 0)


def test_merging_leaves_the_findings_it_was_given_alone() -> None:
    finding = misfiled(1, 2)
    table = FindingTable()
    table.merge([finding, finding])
    assert (finding.count, next(iter(table)).count) == (1, 2)
