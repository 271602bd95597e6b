from __future__ import annotations

from collections.abc import Mapping, Sequence

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
        self.nobody: Mapping[str, object] | None = None
        self.looks_again = False
        self.shows = True
        self.answers: list[tuple[str, str, list[str]]] = []
        self.shut_out: list[tuple[str, str]] = []

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

    def shows_what_it_guards(self, door: str, control: Request) -> bool:
        return self.shows

    def nobody_like(self, door: str, victim: Mapping[str, object]) -> Mapping[str, object] | None:
        return self.nobody

    def may_look_again(self, door: str) -> bool:
        return self.looks_again

    def note(self, door: str, outcome: str, detail: str = "") -> None:
        self.notes.append((door, outcome, detail))

    def note_answers(self, door: str, real: str, made_up: Sequence[str]) -> None:
        self.answers.append((door, real, list(made_up)))

    def note_shut_out(self, door: str, reason: str) -> None:
        self.shut_out.append((door, reason))

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


def test_an_owner_who_was_shown_nothing_of_its_own_is_no_control() -> None:
    own = Recorder()
    user = Trespasser(own, Recorder(), opens=False)
    user.shows = False
    try_a_door(user)
    assert own.said == []
    assert user.notes == [("d", "not_tried", "the owner's own access showed nothing of the owner's")]


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


NOBODY = {"victim_tenant": "nobody"}


class Answering(Recorder):
    """A speaker that is told ``answers`` of each kind of request."""

    def __init__(self, answers: Mapping[str, str], ends: Sequence[Outcome] = (REFUSED,), reason: str = "none") -> None:
        super().__init__()
        self._answers, self._ends, self.reason = answers, list(ends), reason

    def wait(self, request: Request) -> bool:
        self.ends = self._ends.pop(0) if len(self._ends) > 1 else self._ends[0]
        request.answer = self._answers.get(request.operation, "")
        return super().wait(request)


def asked(speaker: Recorder) -> list[object]:
    return [said[1] for said in speaker.said if said[0] == "ask"]


def test_made_up_things_are_asked_for_beside_the_real_one_in_an_order_drawn_by_lot() -> None:
    own = Answering({"attempt: d": "forbidden", "made up: d": "not found"})
    orders = set()
    for _ in range(40):
        user = Trespasser(own, Recorder())
        user.nobody = NOBODY
        own.said.clear()
        own.extras.clear()
        try_a_door(user)
        orders.add(tuple(asked(own)))
        assert user.answers == [("d", "forbidden", ["not found"] * 3)]
        assert user.notes == [("d", "refused", "none")]
        extras = [extra for name, extra in zip(asked(own), own.extras, strict=True) if name != "attempt: d"]
        assert extras == [NOBODY] * 3
    assert {order.index("attempt: d") for order in orders} == {0, 1, 2, 3}
    assert all(order.count("made up: d") == 3 for order in orders)


@pytest.mark.parametrize("ends", [[UNKNOWN, REFUSED, REFUSED], [REFUSED, REFUSED, UNKNOWN]])
def test_answers_are_not_compared_when_one_is_missing(ends: list[Outcome]) -> None:
    user = Trespasser(Answering({}, ends), Recorder())
    user.nobody = NOBODY
    try_a_door(user)
    assert user.answers == []


def test_a_failure_tells_nothing_about_what_exists() -> None:
    user = Trespasser(Answering({}, reason="unavailable"), Recorder())
    user.nobody = NOBODY
    try_a_door(user)
    assert user.answers == []


@pytest.mark.parametrize(
    ("again", "reason", "shut_out"),
    [(REFUSED, "not_found", [("d", "not_found")]), (REFUSED, "unavailable", []), (READ, "", []), (UNKNOWN, "lost", [])],
)
def test_an_owner_refused_after_the_attempt_was_shut_out(
    again: Outcome, reason: str, shut_out: list[tuple[str, str]]
) -> None:
    owner = Answering({}, [READ, again], reason)
    user = Trespasser(Recorder(REFUSED), owner)
    user.looks_again = True
    try_a_door(user)
    assert asked(owner) == ["control: d", "control: d", "state_read"]
    assert user.shut_out == shut_out
