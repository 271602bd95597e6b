"""Trying other tenants' doors, each attempt with its control: the owner does the same first, and must succeed."""

from __future__ import annotations

from typing import Protocol

from evidence.requests import Outcome, Request
from tasks.speaker import Speaker, speaker_of


class Neighbour(Speaker, Protocol):
    """The tenant whose doors are tried."""

    def as_victim(self) -> dict[str, object]:
        """Returns the placeholders that name what is this tenant's."""


class TrespassingUser(Protocol):
    """A user that plays two tenants: one that tries doors, and the neighbour whose doors they are."""

    @property
    def presence(self) -> Neighbour | None:
        """The tenant that tries."""

    @property
    def neighbour(self) -> Neighbour | None:
        """The tenant whose doors are tried."""

    def next_door(self) -> str | None:
        """Returns the next door to try, None when there is none or the profile's limit is reached."""

    def opens(self, door: str, attempt: Request) -> bool:
        """Returns whether this answer means that the door was open."""

    def is_refusal(self, attempt: Request) -> bool:
        """Returns whether this was a refusal, and no failure."""

    def note(self, door: str, outcome: str, detail: str = "") -> None:
        """Writes down what came of an attempt."""

    def try_next_token(self) -> None:
        """Tries the next token that must be refused."""


def try_a_door(user: TrespassingUser) -> None:
    """The neighbour opens its own door, then this tenant tries the same, then the neighbour looks what has changed."""
    door, neighbour, intruder = user.next_door(), user.neighbour, speaker_of(user)
    if door is None or neighbour is None:
        intruder.ask("routing")
        return
    victim = neighbour.as_victim()
    control = neighbour.ask(f"control: {door}", extra=victim)
    if control is None or not neighbour.wait(control) or control.outcome is not Outcome.ANSWERED:
        why = "nothing was sent" if control is None else control.reason or "no answer"
        user.note(door, "not_tried", f"the owner's own access did not succeed: {why}")
        return
    attempt = intruder.ask(f"attempt: {door}", extra=victim)
    if attempt is None or not intruder.wait(attempt):
        user.note(door, "not_tried", "the attempt could not be sent")
        return
    if attempt.outcome is Outcome.ANSWERED:
        if user.opens(door, attempt):
            user.note(door, "granted", "answered")
        else:
            user.note(door, "refused", "answered without the other's data")
    elif attempt.outcome is Outcome.REFUSED and user.is_refusal(attempt):
        user.note(door, "refused", attempt.reason)
    else:
        user.note(door, "unclear", attempt.reason)
    neighbour.ask("state_read")


def talk_to_neighbour_first(user: TrespassingUser) -> None:
    """Gives the neighbour something to lose: a conversation, which its doors lead to."""
    neighbour = user.neighbour
    if neighbour is not None:
        neighbour.ask("chat")


def show_a_bad_token(user: TrespassingUser) -> None:
    """Connects with a token that is wrong in one thing only; the control is a good one, made in the same way."""
    user.try_next_token()
