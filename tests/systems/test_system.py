from __future__ import annotations

import pytest

from systems.errors import UnknownNameError
from systems.system import find, misconfiguration, names


@pytest.mark.parametrize("name", names())
def test_every_system_has_its_profile_its_page_and_a_way_to_be_wrong(name: str) -> None:
    system = find(name)
    assert system.name == name
    assert all(system.profile(broken).is_file() for broken in (None, *system.misconfigurations))
    assert (system.folder / "README.md").is_file()
    assert system.misconfigurations


def test_a_name_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(UnknownNameError, match="there is no system 'nothing'"):
        find("nothing")


@pytest.mark.parametrize("name", names()[:1])
def test_a_misconfiguration_that_is_not_there_is_answered_with_those_that_are(name: str) -> None:
    with pytest.raises(UnknownNameError, match="has no misconfiguration 'nothing'; it has: "):
        misconfiguration(find(name), "nothing")
