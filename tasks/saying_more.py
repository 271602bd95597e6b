"""Operations of the profile's own, beside those that every kind of tenant knows."""

from __future__ import annotations

from functools import partial

from tasks.speaker import ActingUser, Task, speaker_of


def say(user: ActingUser, name: str) -> None:
    """Says an operation of the profile's own."""
    speaker_of(user).ask(name)


def saying(name: str) -> Task:
    """Returns the task that says this operation."""
    return partial(say, name=name)
