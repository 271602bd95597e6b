from __future__ import annotations

from evidence.known_names import KnownNames
from evidence.marks import RunKey
from evidence.naming import naming_of

KEY = RunKey(bytes(range(32)))


def test_names_that_were_learnt_are_known_beside_those_that_are_computed() -> None:
    naming = naming_of("slug", KEY)
    names = KnownNames(naming)
    names.add(5, ["account-5", "17"])
    assert (names.get("account-5"), names.get("17"), names.get(naming.name(8))) == (5, 5, 8)
    assert KnownNames().get(naming.name(8)) is None


def test_what_two_tenants_are_called_names_neither() -> None:
    names = KnownNames()
    names.add(5, ["team", "a"])
    names.add(6, ["team", "b"])
    names.add(5, ["a"])
    assert (names.get("team"), names.get("a"), names.get("b")) == (None, 5, 6)


def test_case_counts_only_where_it_tells_two_names_apart() -> None:
    names = KnownNames()
    names.add(5, ["Ann@Example.com", "Team"])
    names.add(6, ["team"])
    assert (names.get("ann@example.com"), names.get("ANN@EXAMPLE.COM")) == (5, 5)
    assert (names.get("Team"), names.get("team"), names.get("TEAM")) == (5, 6, None)
