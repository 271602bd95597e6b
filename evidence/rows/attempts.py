"""Rows that speak of what one tenant did to another on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

RETURN = "return after removal"
"""What the attempt of a removed tenant to come back is called."""
EMPTY_ANSWER = "answered without the other's data"
"""The detail of a refusal that is no word of refusal: the answer held nothing of whose door it was."""

SHOWN_NOTHING = "connected, and shown nothing of the other's"
"""The same of an entrance: nobody said no, and what the connection showed held nothing of whose room it was."""


@dataclass(frozen=True, slots=True)
class AccessAttempt:
    """A tenant tried another's door, or a token that must be refused.

    Attributes:
        name: the door's name in the profile, ``token: `` and what was wrong with it, or ``RETURN``.
        does: read, change, resume, subscribe, spend, connect, or return (of a removed tenant, its own victim).
        outcome: refused, granted, unclear (an error or no answer is no refusal), or not_tried (the owner's own access
            did not succeed, so that a refusal would have proved nothing).
        detail: the refusal's code, ``EMPTY_ANSWER`` or ``SHOWN_NOTHING``; or why it was not tried.
    """

    row: ClassVar[str] = "attempt"
    tenant: int
    victim: int
    name: str
    does: str
    outcome: str
    at_s: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DoorAnswers:
    """What one intruder was told at one door: asking for what is another's, and for things that never existed.

    Attributes:
        door: the door's name in the profile.
        real: the answer about what exists, ids and figures taken out.
        made_up: the answers about what does not, asked at the same time in an order drawn by lot.
    """

    row: ClassVar[str] = "door_answers"
    tenant: int
    victim: int
    door: str
    at_s: float
    real: str
    made_up: list[str]


@dataclass(frozen=True, slots=True)
class OwnerShutOut:
    """An owner was refused at its own door right after another tenant had tried it, and let in right before."""

    row: ClassVar[str] = "shut_out"
    tenant: int
    by: int
    door: str
    at_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class LoudMoment:
    """A tenant was due to be loud, and drew by lot whether it was: many chats at once, or one."""

    row: ClassVar[str] = "loud_moment"
    tenant: int
    at_s: float
    loud: bool
