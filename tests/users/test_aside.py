from __future__ import annotations

from evidence.findings import FindingKind, Sighting
from evidence.records import IdLearnt, SightingSeen
from tests.users.fixtures import OTHER, OWN, world
from users.aside import Aside


def test_nothing_that_happens_aside_is_counted_but_what_leaks_there_is() -> None:
    here = world()
    aside = Aside(here.run)
    aside.record(IdLearnt(OWN, "thread", "1"))
    aside.report("reply", "chat", 3.0)
    aside.exposures["replies"] += 1
    aside.sight(Sighting(FindingKind.FOREIGN_CONTENT, OTHER, OWN, "frame x", "frame x", 1.0))
    assert aside.rows == [IdLearnt(OWN, "thread", "1")]
    assert [(row.owner, row.recipient) for row in here.sink.of(SightingSeen)] == [(OTHER, OWN)]
    assert len(here.sink.rows) == 1 and here.events == [] and not here.run.exposures
    assert aside.hooks is not here.run.hooks
