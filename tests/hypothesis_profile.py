"""How hypothesis runs here: the same examples every time, and as long as a shared machine needs."""

from __future__ import annotations

from hypothesis import settings

NAME = "repeatable"


def load() -> None:
    """Makes the profile the one of this test process."""
    settings.register_profile(NAME, deadline=None, derandomize=True)
    settings.load_profile(NAME)
