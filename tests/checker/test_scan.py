from __future__ import annotations

from checker.scan import FindingShelf, StoreScan
from evidence.findings import FindingKind, Sighting
from evidence.oracle import control_pair


def sighting(owner: int, recipient: int, place: str = "redis key 'a'") -> Sighting:
    return Sighting(FindingKind.MISFILED_DATA, owner, recipient, place, "a:*", 1.0)


def test_a_scan_gets_the_findings_the_most_frequent_first_and_the_count_of_the_rest() -> None:
    shelf, scan = FindingShelf(kept=2), StoreScan("redis", "here")
    shelf.add(sighting(1, 9))
    first = shelf.add(sighting(2, 9))
    assert shelf.add(sighting(2, 9, "redis key 'b'"), 4) is first
    shelf.add(sighting(3, 9), 6)
    shelf.hand_over(scan)
    assert [(f.owner, f.count, len(f.places)) for f in scan.findings] == [(2, 5, 2), (1, 1, 1)]
    assert scan.overflow == 6
    [cause] = scan.beyond
    assert (cause.group, cause.sightings, cause.findings) == ("a:*", 6, 1)


def test_only_what_lies_between_two_controls_is_a_control_finding() -> None:
    holder, planted = control_pair(3)
    shelf, scan = FindingShelf(kept=2), StoreScan("redis", "here")
    for pair in ((planted, holder), (planted, 1), (1, holder)):
        shelf.add(sighting(*pair))
    shelf.hand_over(scan)
    assert [(f.owner, f.recipient) for f in scan.control_findings] == [(planted, holder)]
    assert len(scan.findings) == 2
