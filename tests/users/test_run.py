from __future__ import annotations

from locust.env import Environment

import time

from evidence.findings import FindingKind, Severity, Sighting
from evidence.oracle import control_pair
from evidence.records import SightingSeen
from tests.users.fixtures import OTHER, OWN, world
from users.run import current_run

HOLDER, PLANTED = control_pair(1)


def sighting(owner: int | None, recipient: int | None, severity: Severity = Severity.LEAK) -> Sighting:
    return Sighting(FindingKind.FOREIGN_CONTENT, owner, recipient, "place", "group", 1.0, severity=severity)


def test_a_run_is_that_of_its_environment_until_it_is_detached() -> None:
    here, other = world(), world()
    assert current_run(here.run.environment) is None
    here.run.attach()
    assert current_run(here.run.environment) is here.run
    assert current_run(other.run.environment) is None
    other.run.environment = here.run.environment
    other.run.detach()
    assert current_run(here.run.environment) is here.run, "only its own run can be detached"
    here.run.detach()
    assert current_run(here.run.environment) is None
    assert current_run(Environment()) is None


def test_leaks_show_in_locusts_failures_without_naming_anybody() -> None:
    here = world()
    for owner in (OTHER, OTHER + 1, OTHER + 2):
        here.run.sight(sighting(owner, OWN))
    (error,) = here.run.environment.stats.errors.values()
    assert (error.method, error.name, error.occurrences) == ("LEAK", "foreign-content", 3)
    assert str(OTHER) not in str(error.error)
    assert len(here.sink.of(SightingSeen)) == 3


def test_suspicions_are_written_down_and_are_no_failures() -> None:
    here = world()
    here.run.sight(sighting(None, OWN, Severity.SUSPICION))
    assert here.sink.of(SightingSeen)[0].severity == "suspicion"
    assert not here.run.environment.stats.errors


def test_what_a_control_was_meant_to_leak_is_kept_apart() -> None:
    here = world()
    here.run.sight(sighting(PLANTED, HOLDER))
    assert [item.owner for item in here.run.control_sightings] == [PLANTED]
    assert here.sink.rows == [] and not here.run.environment.stats.errors


def test_what_a_control_leaks_to_a_tenant_and_a_tenant_to_it_is_a_leak() -> None:
    here = world()
    here.run.sight(sighting(PLANTED, OWN))
    here.run.sight(sighting(OWN, HOLDER))
    here.run.sight(sighting(OWN, None))
    assert len(here.sink.of(SightingSeen)) == 3
    assert here.run.control_sightings == []


def test_what_is_shared_is_made_once() -> None:
    here = world()
    made = [here.run.shared("thing", object) for _ in range(3)]
    assert made[0] is made[1] is made[2]
    assert here.run.shared("other", object) is not made[0]


def test_times_are_unix_times() -> None:
    assert abs(world().run.unix_s(time.perf_counter()) - time.time()) < 1
