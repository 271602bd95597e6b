from __future__ import annotations

from checker.scan import FindingShelf, StoreScan
from evidence.findings import FindingKind, Sighting
from evidence.oracle import control_pair


def sighting(owner: int, recipient: int, place: str = "redis key 'a'") -> Sighting:
    return Sighting(FindingKind.MISFILED_DATA, owner, recipient, place, "a:*", 1.0)


def test_sightings_of_one_cause_are_one_finding_with_a_count() -> None:
    shelf, scan = FindingShelf(), StoreScan("redis", "here")
    first = shelf.add(sighting(1, 2))
    assert shelf.add(sighting(1, 2, "redis key 'b'"), 4) is first
    shelf.add(sighting(3, 2))
    shelf.hand_over(scan)
    assert [(f.owner, f.count, len(f.places)) for f in scan.findings] == [(1, 5, 2), (3, 1, 1)]


def test_only_so_many_findings_are_kept_and_the_rest_is_counted() -> None:
    shelf, scan = FindingShelf(kept=2), StoreScan("redis", "here")
    for owner in range(5):
        shelf.add(sighting(owner, 9), 2)
    shelf.hand_over(scan)
    assert (len(scan.findings), scan.overflow) == (2, 6)


def test_only_what_lies_between_two_controls_is_a_control_finding() -> None:
    holder, planted = control_pair(3)
    shelf, scan = FindingShelf(), StoreScan("redis", "here")
    for pair in ((planted, holder), (planted, 1), (1, holder)):
        shelf.add(sighting(*pair))
    shelf.hand_over(scan)
    assert [(f.owner, f.recipient) for f in scan.control_findings] == [(planted, holder)]
    assert len(scan.findings) == 2
