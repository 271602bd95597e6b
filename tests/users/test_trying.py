from __future__ import annotations

from typing import Any

from evidence.findings import FindingKind, Sighting
from evidence.records import SightingSeen
from tests.config.profiles import REMOVE
from tests.users.fixtures import OTHER, OWN, profile_for, world
from users.trying import Trying, opening_proves

FRAME = {"send": {"t": "{token}"}, "accepted": ["ok"]}


def test_an_opened_session_proves_something_only_where_the_target_says_so() -> None:
    assert opening_proves(profile_for())
    assert not opening_proves(profile_for(auth__proved_by="operation"))
    assert not opening_proves(profile_for(frames__ready=REMOVE))
    jwt = {"secret": "PLANTED-shared-secret-of-forty-characters", "claims": {}}
    login: dict[str, Any] = {"auth__place": "frame", "auth__frame": FRAME, "auth__source": "jwt", "auth__jwt": jwt}
    assert opening_proves(profile_for(frames__ready=REMOVE, **login))


def test_nobody_keeps_account_of_a_try_and_what_leaks_in_it_counts() -> None:
    here = world()
    trying = Trying(here.run)
    for kind in (FindingKind.ACCOUNT_MISMATCH, FindingKind.FOREIGN_CONTENT):
        trying.sight(Sighting(kind=kind, owner=OTHER, recipient=OWN, place="p", group="g", at_s=0.0))
    assert [row.kind for row in here.sink.of(SightingSeen)] == [FindingKind.FOREIGN_CONTENT]
    assert trying.naming is here.run.naming, "it knows the same names"
