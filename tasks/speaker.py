"""What a task needs of the user it runs on."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from evidence.requests import Request

_NEEDS = "needed_operations"


class Speaker(Protocol):
    """A tenant at work: its sessions by ordinal, its budget, its schedule."""

    random: random.Random

    @property
    def sessions(self) -> int:
        """How many sessions the tenant holds."""

    @property
    def drop_after_ms(self) -> tuple[float, float]:
        """How long after a send a drop follows, in milliseconds."""

    def ask(
        self,
        name: str,
        *,
        session: int | None = None,
        extra: Mapping[str, object] = MappingProxyType({}),
        crowding: bool = False,
    ) -> Request | None:
        """Sends an operation of the profile; None if nothing was sent. Does not wait for the reply.

        With ``crowding`` it does not wait for room either, however many requests are open.
        """

    def wait(self, request: Request) -> bool:
        """Waits until the request has ended; returns whether it has."""

    def pause(self, low_ms: float, high_ms: float) -> None:
        """Waits for a random time between two bounds in milliseconds."""

    @property
    def repeats(self) -> int:
        """How often a statement is repeated on one connection."""

    def may_say_too_much(self, name: str) -> bool:
        """Takes one of this process's tries with a text that is too long for this operation; False if none is left."""

    def draw_loudness(self) -> int:
        """Draws whether the tenant is loud now, writes it down, and returns how many requests it sends at once."""

    def wait_for_burst(self) -> None:
        """Waits until the next moment at which tenants of all nodes return together."""

    def drop(self, session: int) -> None:
        """Drops a session's connection as a lost network would."""

    def leave(self, session: int) -> None:
        """Closes a session's connection properly."""

    def reopen(self, session: int, *, resume: bool) -> None:
        """Connects a session again, and takes up what was dropped if ``resume``."""


class ActingUser(Protocol):
    """A user whose tenant is at work."""

    @property
    def presence(self) -> Speaker | None:
        """The tenant at work; None before it has started."""


Task = Callable[[ActingUser], None]


def needs(*operations: str) -> Callable[[Task], Task]:
    """Marks a task that says nothing where the profile lacks one of these operations: it is left out there."""

    def mark(task: Task) -> Task:
        setattr(task, _NEEDS, operations)
        return task

    return mark


def needed_by(task: object) -> tuple[str, ...]:
    """Returns the operations without which a task says nothing."""
    found: tuple[str, ...] = getattr(task, _NEEDS, ())
    return found


def speaker_of(user: ActingUser) -> Speaker:
    """Returns the tenant at work.

    Raises:
        RuntimeError: a task runs on a user that has not started, which Locust never does.
    """
    if user.presence is None:
        raise RuntimeError("a task was run before its user had started")
    return user.presence
