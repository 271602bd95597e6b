from __future__ import annotations

import dataclasses

from evidence.findings import Finding, FindingKind, Sighting

SIGHTING = Sighting(FindingKind.FOREIGN_CONTENT, 1, 2, "frame chat of session 0 of tenant 2", "frame chat", 100.0)


def but(**changes: object) -> Sighting:
    return dataclasses.replace(SIGHTING, **changes)  # type: ignore[arg-type]


def test_every_kind_has_a_meaning_in_one_sentence() -> None:
    meanings = [kind.meaning for kind in FindingKind]
    assert len(set(meanings)) == len(FindingKind)
    assert all(meaning.endswith(".") and meaning.count(".") == 1 for meaning in meanings)


def test_a_finding_counts_its_sightings_and_spans_their_time() -> None:
    finding = Finding.of(but(at_s=50.0))
    finding.add(but(at_s=20.0, place="elsewhere"))
    finding.add(but(at_s=70.0), 3)
    assert (finding.count, finding.first_at_s, finding.last_at_s) == (5, 20.0, 70.0)
    assert finding.first.at_s == 50.0
    assert finding.places == [SIGHTING.place, "elsewhere"]


def test_the_first_sighting_may_stand_for_several() -> None:
    assert Finding.of(SIGHTING, 4).count == 4


def test_a_fingerprint_depends_on_the_cause_alone() -> None:
    one, other = Finding.of(SIGHTING), Finding.of(but(at_s=1.0, place="there", excerpt="x"), 2)
    assert one.fingerprint == other.fingerprint
    assert len(one.fingerprint) == 12 and int(one.fingerprint, 16) >= 0


def test_few_places_are_kept_of_many() -> None:
    finding = Finding.of(but(place="place 0"))
    for number in range(1, 20):
        finding.add(but(place=f"place {number}"))
    assert finding.places == [f"place {number}" for number in range(Finding.PLACES_SHOWN)]
    assert finding.count == 20
