"""What tenants say beside what their kind says anyway: operations of the profile's own, and texts that are too long."""

from __future__ import annotations

from functools import partial

from tasks.speaker import ActingUser, Task, speaker_of


def say(user: ActingUser, name: str) -> None:
    """Says an operation of the profile's own."""
    speaker_of(user).ask(name)


def saying(name: str) -> Task:
    """Returns the task that says this operation."""
    return partial(say, name=name)


def say_too_much(user: ActingUser, name: str) -> None:
    """Says an operation with a text that is longer than the service takes, if it is time for one; else as ever."""
    speaker = speaker_of(user)
    speaker.ask(f"too long: {name}" if speaker.may_say_too_much(name) else name)


def saying_too_much(name: str) -> Task:
    """Returns the task that now and then says too much in this operation."""
    return partial(say_too_much, name=name)
