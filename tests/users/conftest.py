from __future__ import annotations

import pytest

from tests import hypothesis_profile
from tests.users.fixtures import Talk, World, world

hypothesis_profile.load()


@pytest.fixture
def here() -> World:
    return world()


@pytest.fixture
def talk(here: World) -> Talk:
    return Talk(here)
