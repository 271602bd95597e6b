from __future__ import annotations

import pytest

from evidence.requests import Outcome, Request
from tasks.trespassing import show_a_bad_token, talk_to_neighbour_first, try_a_door
from tests.tasks.recorder import Recorder

READ, REFUSED, UNKNOWN = Outcome.ANSWERED, Outcome.REFUSED, Outcome.UNKNOWN


class Trespasser:
    """A user that plays two recorders and writes down what it notes."""

    def __init__(
        self, own: Recorder, neighbour: Recorder | None, *, door: str | None = "d", opens: bool = True
    ) -> None:
        self._own, self._neighbour, self._next, self._opens = own, neighbour, door, opens
        self.notes: list[tuple[str, str, str]] = []
        self.tokens = 0

    @property
    def presence(self) -> Recorder | None:
        return self._own

    @property
    def neighbour(self) -> Recorder | None:
        return self._neighbour

    def next_door(self) -> str | None:
        return self._next

    def opens(self, door: str, attempt: Request) -> bool:
        return self._opens

    def is_refusal(self, attempt: Request) -> bool:
        return attempt.reason != "unavailable"

    def note(self, door: str, outcome: str, detail: str = "") -> None:
        self.notes.append((door, outcome, detail))

    def try_next_token(self) -> None:
        self.tokens += 1


@pytest.mark.parametrize(
    ("ends", "reason", "opens", "outcome"),
    [
        (READ, "", True, "granted"),
        (READ, "", False, "refused"),
        (REFUSED, "forbidden", True, "refused"),
        (REFUSED, "unavailable", True, "unclear"),
        (UNKNOWN, "timed out", True, "unclear"),
    ],
)
def test_an_attempt_follows_the_owners_own_access(ends: Outcome, reason: str, opens: bool, outcome: str) -> None:
    own, neighbour = Recorder(ends), Recorder()
    own.reason = reason
    user = Trespasser(own, neighbour, opens=opens)
    try_a_door(user)
    assert neighbour.said == [("ask", "control: d"), ("wait", "control: d"), ("ask", "state_read")]
    assert own.said == [("ask", "attempt: d"), ("wait", "attempt: d")]
    assert own.extras[0] == neighbour.extras[0] == {"victim_tenant": "the neighbour"}
    assert [(door, result) for door, result, _ in user.notes] == [("d", outcome)]


@pytest.mark.parametrize("neighbour", [Recorder(connected=False), Recorder(REFUSED), Recorder(UNKNOWN), Recorder(None)])
def test_without_the_owners_access_nothing_is_tried(neighbour: Recorder) -> None:
    own = Recorder()
    user = Trespasser(own, neighbour)
    try_a_door(user)
    assert own.said == []
    ((door, outcome, detail),) = user.notes
    assert (door, outcome) == ("d", "not_tried")
    assert detail.startswith("the owner's own access did not succeed: ")


def test_an_attempt_that_could_not_be_sent_is_not_tried() -> None:
    user = Trespasser(Recorder(connected=False), Recorder())
    try_a_door(user)
    assert user.notes == [("d", "not_tried", "the attempt could not be sent")]


def test_without_doors_the_tenant_does_something_harmless() -> None:
    for user in (Trespasser(Recorder(), Recorder(), door=None), Trespasser(Recorder(), None)):
        try_a_door(user)
        assert user.presence is not None and user.presence.said == [("ask", "routing")]
        assert user.notes == []


def test_the_neighbour_is_given_something_to_lose() -> None:
    neighbour = Recorder()
    talk_to_neighbour_first(Trespasser(Recorder(), neighbour))
    talk_to_neighbour_first(Trespasser(Recorder(), None))
    assert neighbour.said == [("ask", "chat")]


def test_tokens_are_tried_by_the_user() -> None:
    user = Trespasser(Recorder(), Recorder())
    show_a_bad_token(user)
    assert user.tokens == 1
