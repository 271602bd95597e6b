from __future__ import annotations

import dataclasses

from checker.stranger_table import StrangerTable
from tests.checker.histories import a_sighting


def test_sightings_of_one_name_at_one_place_are_one_and_memory_is_bounded() -> None:
    table = StrangerTable(kept=2)
    for name, at_s in (("bob", 5.0), ("bob", 3.0), ("eve", 4.0), ("mallory", 6.0), ("bob", 9.0)):
        table.add(dataclasses.replace(a_sighting(None, 1, at_s=at_s).sighting(), name=name))
    assert [(finding.first.name, finding.count, finding.first_at_s, finding.last_at_s) for finding in table] == [
        ("bob", 3, 3.0, 9.0), ("eve", 1, 4.0, 4.0),
    ]  # fmt: skip
    assert table.overflow == 1
