from __future__ import annotations

from checker.causes import CAUSES_KEPT, CauseTable, causes_of, report
from checker.finding_table import FindingTable
from evidence.findings import Finding, FindingKind, Severity
from tests.checker.histories import a_sighting, misfiled


def table_of(pairs: list[tuple[int | None, int | None]], kept: int = 10_000) -> FindingTable:
    table = FindingTable(kept)
    for at, (owner, recipient) in enumerate(pairs):
        table.add(a_sighting(owner, recipient, at_s=float(at)).sighting())
    return table


def test_a_defect_that_strikes_all_pairs_is_one_cause_with_its_worst_finding() -> None:
    pairs: list[tuple[int | None, int | None]] = [(a, b) for a in range(20) for b in range(20) if a != b]
    table = table_of([*pairs, (3, 7), (3, 7)])
    [cause] = causes_of(table)
    assert (cause.sightings, cause.findings, len(cause.pairs), len(cause.tenants)) == (382, 380, 380, 20)
    assert (cause.first_at_s, cause.last_at_s) == (0.0, 381.0)
    assert cause.worst is not None and (cause.worst.owner, cause.worst.recipient, cause.worst.count) == (3, 7, 3)


def test_another_kind_group_or_severity_is_another_cause_and_leaks_come_first() -> None:
    table = FindingTable()
    for _ in range(9):
        table.add(a_sighting(severity="suspicion").sighting())
    table.add(a_sighting().sighting())
    table.merge([misfiled(1, 2, count=3)])
    table.add(a_sighting(group="frame history").sighting())
    found = [(cause.kind, cause.severity, cause.sightings) for cause in causes_of(table)]
    assert found[0] == (FindingKind.MISFILED_DATA, Severity.LEAK, 3)
    assert found[-1] == (FindingKind.FOREIGN_CONTENT, Severity.SUSPICION, 9)
    assert len(found) == 4


def test_what_found_no_room_as_a_finding_is_counted_to_its_cause() -> None:
    pairs: list[tuple[int | None, int | None]] = [(owner, owner + 1) for owner in range(50)]
    table = table_of(pairs, kept=5)
    table.merge([misfiled(1, 2, count=4)])
    table.add(a_sighting(group="frame history").sighting())
    causes = {cause.group: cause for cause in causes_of(table, table.beyond)}
    frequent = causes["frame agent_completed"]
    assert (frequent.sightings, frequent.findings, len(frequent.tenants)) == (50, 50, 51)
    assert causes["postgres public.messages"].sightings == 4
    assert causes["frame history"].worst is not None


def test_a_fingerprint_is_the_same_whoever_was_struck() -> None:
    [one], [other] = causes_of(table_of([(1, 2)])), causes_of(table_of([(5, 6), (7, 8)]))
    assert one.fingerprint == other.fingerprint
    [third] = causes_of([misfiled(1, 2)])
    assert third.fingerprint != one.fingerprint


def test_causes_are_bounded() -> None:
    table = CauseTable()
    for number in range(CAUSES_KEPT + 5):
        table.add_sighting(a_sighting(group=f"frame {number}").sighting())
    assert len(list(table)) == CAUSES_KEPT


def test_a_report_says_what_to_look_for_and_links_a_finding_that_is_listed() -> None:
    [cause] = causes_of([misfiled(1, 2), misfiled(None, 2), misfiled(3, 3)])  # type: ignore[arg-type]
    assert cause.worst is not None
    shown = report(cause, {cause.worst.fingerprint})
    assert shown.example == cause.worst.fingerprint
    assert (shown.pairs, shown.tenants, shown.findings) == (1, 3, 3)
    assert shown.doc == "docs/findings/misfiled-data.md"
    assert shown.likely_causes == list(FindingKind.MISFILED_DATA.likely_causes)
    assert report(cause, set()).example == ""


def test_findings_keep_their_own_counts() -> None:
    finding: Finding = misfiled(1, 2, count=4)
    causes_of([finding, finding])
    assert finding.count == 4
