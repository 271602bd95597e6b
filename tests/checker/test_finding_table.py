from __future__ import annotations

from checker.finding_table import FindingTable
from evidence.findings import group
from tests.checker.histories import a_sighting, misfiled


def test_a_table_groups_as_a_list_of_sightings_would() -> None:
    sightings = [
        a_sighting(owner, recipient, at_s=float(at)).sighting()
        for at, (owner, recipient) in enumerate([(1, 2), (3, 4), (1, 2), (None, 4), (1, 2), (3, 4)])
    ]
    table = FindingTable()
    for sighting in sightings:
        table.add(sighting)
    assert list(table) == group(sightings)
    assert table.sightings == 6


def test_leaks_of_causes_beyond_the_limit_are_counted() -> None:
    table = FindingTable(kept=2)
    for owner in range(5):
        table.add(a_sighting(owner, 9).sighting())
    table.merge([misfiled(7, 8, count=4)])
    assert (len(table), table.sightings, table.overflow) == (2, 9, 7)


def test_merging_leaves_the_findings_it_was_given_alone() -> None:
    finding = misfiled(1, 2)
    table = FindingTable()
    table.merge([finding, finding])
    assert (finding.count, next(iter(table)).count) == (1, 2)
