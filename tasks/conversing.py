"""Starting agents and conversing with them."""

from __future__ import annotations

from evidence.requests import Outcome
from tasks.speaker import ActingUser, Speaker, needs, speaker_of


def converse(user: ActingUser) -> None:
    """Sends a message to an agent and does not wait: several may be at work for the tenant at once."""
    speaker_of(user).ask("chat")


def has_conversed(speaker: Speaker) -> bool:
    """Sends a message to an agent and waits for the answer; returns whether there was one, or none is ever given."""
    request = speaker.ask("chat")
    return request is not None and speaker.wait(request) and request.outcome in (Outcome.ANSWERED, Outcome.SAID)


def converse_in_turn(user: ActingUser) -> None:
    """Sends a message and waits for the whole answer, then asks once more about it on the same connection."""
    speaker = speaker_of(user)
    first = speaker.ask("chat")
    if first is not None and speaker.wait(first):
        speaker.ask("chat", session=first.session)


def be_loud_or_not(user: ActingUser) -> None:
    """Sends many chats at once, or one: by lot, so that what others wait afterwards can be compared."""
    speaker = speaker_of(user)
    chats = speaker.draw_loudness()
    for _ in range(chats):
        speaker.ask("chat", crowding=chats > 1)


@needs("routing")
def check_routing(user: ActingUser) -> None:
    """Asks the target to answer to this very session."""
    speaker_of(user).ask("routing")


@needs("history")
def look_back(user: ActingUser) -> None:
    """Reads the history of the tenant's conversations."""
    speaker_of(user).ask("history")
