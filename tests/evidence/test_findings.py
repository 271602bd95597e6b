from __future__ import annotations

import dataclasses

from evidence.findings import Finding, FindingKind, Severity, Sighting, group

SIGHTING = Sighting(FindingKind.FOREIGN_CONTENT, 1, 2, "frame chat of session 0 of tenant 2", "frame chat", 100.0)


def but(**changes: object) -> Sighting:
    return dataclasses.replace(SIGHTING, **changes)  # type: ignore[arg-type]


def test_every_kind_has_a_meaning_in_one_sentence() -> None:
    meanings = [kind.meaning for kind in FindingKind]
    assert len(set(meanings)) == len(FindingKind)
    assert all(meaning.endswith(".") and meaning.count(".") == 1 for meaning in meanings)


def test_sightings_of_one_cause_are_one_finding_with_count_and_span() -> None:
    (finding,) = group([but(at_s=50.0), but(at_s=20.0, place="elsewhere"), but(at_s=70.0)])
    assert (finding.count, finding.first_at_s, finding.last_at_s) == (3, 20.0, 70.0)
    assert finding.first.at_s == 50.0
    assert finding.places == [SIGHTING.place, "elsewhere"]


def test_another_kind_owner_recipient_group_or_severity_is_another_finding() -> None:
    others = [
        but(kind=FindingKind.MISROUTED_REPLY),
        but(owner=3),
        but(owner=None),
        but(recipient=3),
        but(group="frame history"),
        but(severity=Severity.SUSPICION),
    ]
    findings = group([SIGHTING, *others])
    assert len(findings) == 7
    assert len({finding.fingerprint for finding in findings}) == 7


def test_a_fingerprint_depends_on_the_cause_alone() -> None:
    (one,), (other,) = group([SIGHTING]), group([but(at_s=1.0, place="there", excerpt="x"), SIGHTING])
    assert one.fingerprint == other.fingerprint
    assert len(one.fingerprint) == 12 and int(one.fingerprint, 16) >= 0


def test_leaks_come_before_suspicions_and_the_frequent_before_the_rare() -> None:
    suspicions = [but(severity=Severity.SUSPICION)] * 5
    findings = group([*suspicions, but(owner=7, at_s=9.0), but(owner=8, at_s=1.0), *[but(owner=9)] * 3])
    assert [finding.owner for finding in findings] == [9, 8, 7, 1]


def test_few_places_are_kept_of_many() -> None:
    (finding,) = group([but(place=f"place {number}") for number in range(20)])
    assert finding.places == [f"place {number}" for number in range(Finding.PLACES_SHOWN)]
    assert finding.count == 20


def test_nothing_seen_is_no_finding() -> None:
    assert group([]) == []
