from __future__ import annotations

from checker.gathering import EACH_CAUSE, REPORTED
from checker.result import Verdict
from checker.scan import FindingShelf, StoreScan
from checker.settling import joined
from evidence.findings import FindingKind, Sighting
from tests.checker.histories import START_S, History, a_sighting, healthy, misfiled


def flooded(pairs: int = 30) -> History:
    """A run in which one defect strikes more pairs of tenants than a result lists findings."""
    history = healthy(tenants=pairs, chats=1)
    history.rows["local"] += [
        a_sighting(owner, recipient) for owner in range(pairs) for recipient in range(pairs) if owner != recipient
    ] * 2
    return history


def test_a_rare_cause_is_listed_beside_one_that_fills_the_list() -> None:
    history = flooded()
    history.rows["local"].append(a_sighting(3, 9, kind=FindingKind.MISROUTED_REPLY, group="frame history"))
    result = history.judged()
    assert len(result.findings) == REPORTED < result.findings_total == 30 * 29 + 1
    [rare] = [finding for finding in result.findings if finding.kind == "misrouted-reply"]
    assert [cause.sightings for cause in result.causes] == [2 * 30 * 29, 1]
    assert result.causes[1].example == rare.fingerprint
    assert result.causes[1].fingerprint == rare.cause


def test_every_listed_finding_names_its_cause_and_its_page() -> None:
    result = flooded().judged()
    assert {finding.cause for finding in result.findings} == {cause.fingerprint for cause in result.causes}
    assert {finding.doc for finding in result.findings} == {"docs/findings/foreign-content.md"}


def test_the_worst_findings_of_a_cause_are_those_that_are_listed() -> None:
    history = flooded()
    history.rows["local"] += [a_sighting(29, 28)] * 5
    result = history.judged()
    assert (result.findings[0].count, result.causes[0].example) == (7, result.findings[0].fingerprint)
    assert EACH_CAUSE < REPORTED


def test_reasons_name_each_cause_once() -> None:
    history = flooded()
    history.scans["postgres"].findings = [misfiled(2, 1)]
    result = history.judged()
    assert [reason.split()[0] for reason in result.reasons] == ["foreign-content", "misfiled-data", "and"]
    assert result.reasons[-1] == f"and {30 * 29 - 1} more findings"


def test_pairs_are_counted_over_all_findings_and_leaks_alone() -> None:
    history = flooded()
    history.rows["local"] += [a_sighting(5, 6, group="frame history")] * 4
    history.rows["local"] += [a_sighting(7, 8, severity="suspicion", group="frame error")] * 9
    history.rows["local"] += [a_sighting(None, 8, group="frame pong"), a_sighting(4, 4, group="frame ready")]
    result = history.judged()
    assert result.pairs_total == len(result.pairs) == 30 * 29
    worst = result.pairs[0]
    assert (worst.owner.name, worst.recipient.name, worst.sightings) == ("t-5", "t-6", 6)
    assert {pair.sightings for pair in result.pairs[1:]} == {2}


def test_findings_of_a_store_that_found_no_room_are_counted_to_their_causes() -> None:
    history, shelf = healthy(), FindingShelf(kept=3)
    for owner in range(8):
        shelf.add(misfiled(owner, 9).first, 2)
    shelf.add(Sighting(FindingKind.SURVIVED_DELETE, 2, None, "redis key 'a'", "a:*", START_S))
    shelf.hand_over(history.scans["postgres"])
    result = history.judged()
    assert result.verdict is Verdict.LEAKING
    assert [(cause.kind, cause.sightings, cause.findings) for cause in result.causes] == [
        ("misfiled-data", 16, 8),
        ("survived-delete", 1, 1),
    ]
    assert (result.findings_total, result.sightings_total, len(result.findings)) == (9, 17, 4)
    assert result.notes[0] == (
        "3 findings were kept apart; at least 6 more, seen 11 times, are counted to their causes alone, so that pairs "
        "of tenants are those of the findings kept"
    )
    assert not any("nothing of theirs was found" in sentence for sentence in result.believe)


def test_a_store_read_twice_counts_what_found_no_room_once() -> None:
    def scan(times: int) -> StoreScan:
        shelf, scan = FindingShelf(kept=1), StoreScan("redis", "here")
        for owner in range(5):
            shelf.add(misfiled(owner, 9).first, times)
        shelf.hand_over(scan)
        return scan

    [cause] = joined(scan(3), scan(2)).beyond
    assert (cause.sightings, cause.findings) == (12, 4)


def test_suspicions_have_causes_and_decide_nothing() -> None:
    history = healthy()
    history.rows["local"] += [a_sighting(77_777, 1, kind=FindingKind.FOREIGN_BUDGET, at_s=START_S + 5)] * 3
    result = history.judged()
    assert (result.verdict, result.findings_total, result.suspicions_total) == (Verdict.ISOLATED, 1, 1)
    [cause] = result.causes
    assert (cause.severity, cause.sightings, cause.kind) == ("suspicion", 3, "foreign-budget")
    assert {bound.leaks for bound in result.bounds} == {0}
    assert result.pairs == []
