"""Trying other tenants' doors, each attempt with its control: the owner does the same first, and must succeed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from evidence.records import EMPTY_ANSWER
from evidence.requests import Outcome, Request
from tasks.speaker import Speaker, speaker_of

MADE_UP_TRIES = 3
"""Made-up things asked for beside each attempt: so many that two attempts at each of two doors are enough to tell
answers apart (chance does it once in 256 times)."""


class Neighbour(Speaker, Protocol):
    """The tenant whose doors are tried."""

    def as_victim(self) -> dict[str, object]:
        """Returns the placeholders that name what is this tenant's."""


class Judge(Protocol):
    """Knows from the profile what an answer at a door means."""

    def opens(self, door: str, attempt: Request) -> bool:
        """Returns whether this answer means that the door was open."""

    def is_refusal(self, attempt: Request) -> bool:
        """Returns whether this was a refusal, and no failure."""

    def shows_what_it_guards(self, door: str, control: Request) -> bool:
        """Returns whether the owner's own access showed what another's would be known by."""


class TrespassingUser(Judge, Protocol):
    """A user that plays two tenants: one that tries doors, and the neighbour whose doors they are."""

    @property
    def presence(self) -> Neighbour | None:
        """The tenant that tries."""

    @property
    def neighbour(self) -> Neighbour | None:
        """The tenant whose doors are tried."""

    def next_door(self) -> str | None:
        """Returns the next door to try, None when there is none or the profile's limit is reached."""

    def nobody_like(self, door: str, victim: Mapping[str, object]) -> Mapping[str, object] | None:
        """Returns placeholders like a victim's that name what never existed; None if the door asks for nothing."""

    def may_look_again(self, door: str) -> bool:
        """Returns whether the owner may open its door once more without changing or spending anything."""

    def note(self, door: str, outcome: str, detail: str = "") -> None:
        """Writes down what came of an attempt."""

    def note_answers(self, door: str, real: str, made_up: Sequence[str]) -> None:
        """Writes down what was said about what exists, and about what does not."""

    def note_shut_out(self, door: str, reason: str) -> None:
        """Writes down that the owner was refused after the attempt."""

    def try_next_token(self) -> None:
        """Tries the next token that must be refused."""


def try_a_door(user: TrespassingUser) -> None:
    """The neighbour opens its own door, then this tenant tries the same, then the neighbour looks what has changed.

    At the same time this tenant asks for things that never existed. Which question comes first is drawn by lot, so that
    nothing but what exists can make the answers differ.
    """
    door, neighbour, intruder = user.next_door(), user.neighbour, speaker_of(user)
    if door is None or neighbour is None:
        intruder.ask("routing")
        return
    victim = neighbour.as_victim()
    control = neighbour.ask(f"control: {door}", extra=victim)
    if control is not None:
        neighbour.wait(control)
    if lack := lacks_control(user, door, control):
        user.note(door, "not_tried", lack)
        return
    tries = [user.nobody_like(door, victim) for _ in range(MADE_UP_TRIES)]
    before = intruder.random.randrange(MADE_UP_TRIES + 1)
    made_up = [_ask_for(intruder, door, nobody) for nobody in tries[:before]]
    attempt = intruder.ask(f"attempt: {door}", extra=victim)
    if attempt is None or not intruder.wait(attempt):
        user.note(door, "not_tried", "the attempt could not be sent")
        return
    made_up += [_ask_for(intruder, door, nobody) for nobody in tries[before:]]
    user.note(door, *judged(user, door, attempt))
    _compare(user, door, attempt, made_up)
    _look_again(user, neighbour, door, victim)


def lacks_control(judge: Judge, door: str, control: Request | None) -> str:
    """Returns why the owner's own access is no control, so that nothing is proved by an attempt; empty if it is one."""
    if control is None or control.outcome is not Outcome.ANSWERED:
        why = "nothing was sent" if control is None else control.reason or "no answer"
        return f"the owner's own access did not succeed: {why}"
    if not judge.shows_what_it_guards(door, control):
        return "the owner's own access showed nothing of the owner's"
    return ""


def judged(judge: Judge, door: str, attempt: Request) -> tuple[str, str]:
    """Returns what came of an attempt that has ended: refused, granted or unclear; and a few words about it."""
    if attempt.outcome is Outcome.ANSWERED:
        if judge.opens(door, attempt):
            return "granted", "answered"
        return "refused", EMPTY_ANSWER
    if attempt.outcome is Outcome.REFUSED and judge.is_refusal(attempt):
        return "refused", attempt.reason
    return "unclear", attempt.reason


def _ask_for(intruder: Speaker, door: str, nobody: Mapping[str, object] | None) -> Request | None:
    request = intruder.ask(f"made up: {door}", extra=nobody) if nobody is not None else None
    return request if request is not None and intruder.wait(request) else None


def _compare(user: TrespassingUser, door: str, attempt: Request, made_up: Sequence[Request | None]) -> None:
    """Answers are compared only if every question had one: a failure tells nothing about what exists."""
    told = [request.answer for request in (attempt, *made_up) if request is not None and _is_told(user, request)]
    if len(told) == 1 + MADE_UP_TRIES:
        user.note_answers(door, told[0], told[1:])


def _is_told(user: TrespassingUser, request: Request) -> bool:
    return request.outcome is Outcome.ANSWERED or (request.outcome is Outcome.REFUSED and user.is_refusal(request))


def _look_again(user: TrespassingUser, neighbour: Neighbour, door: str, victim: Mapping[str, object]) -> None:
    """The owner's own door must still be open: an attempt that shuts it takes from the owner what is its own."""
    if user.may_look_again(door):
        again = neighbour.ask(f"control: {door}", extra=victim)
        if again is not None and neighbour.wait(again) and again.outcome is Outcome.REFUSED and user.is_refusal(again):
            user.note_shut_out(door, again.reason)
    neighbour.ask("state_read")


def talk_to_neighbour_first(user: TrespassingUser) -> None:
    """Gives the neighbour something to lose: a conversation, which its doors lead to."""
    neighbour = user.neighbour
    if neighbour is not None:
        neighbour.ask("chat")


def show_a_bad_token(user: TrespassingUser) -> None:
    """Connects with a token that is wrong in one thing only; the control is a good one, made in the same way."""
    user.try_next_token()
