from __future__ import annotations

import pytest

from evidence.requests import Outcome, Request
from tests.config.profiles import changed
from users.doors import DoorJudge

VICTIM, THIRD = 5, 6
JUDGE = DoorJudge(changed(refusal__broken=["unavailable"], refusal__budget=["budget_exhausted"]), VICTIM)
BY_ANSWER, BY_MARKS, BY_MARKS_CHANGING = "read_history", "read_state", "change_state"


def ended(outcome: Outcome, reason: str = "", **more: object) -> Request:
    request = Request("id", 1, "attempt", 0, 0, 0.0, 0.0, 1.0, outcome=outcome, reason=reason)
    for name, value in more.items():
        setattr(request, name, value)
    return request


@pytest.mark.parametrize(
    ("door", "owners", "opens"),
    [(BY_ANSWER, set(), True), (BY_MARKS, set(), False), (BY_MARKS, {THIRD}, False), (BY_MARKS, {THIRD, VICTIM}, True)],
)
def test_a_door_is_open_by_any_answer_or_by_the_owners_marks(door: str, owners: set[int], opens: bool) -> None:
    assert JUDGE.opens(door, ended(Outcome.ANSWERED, foreign_owners=owners)) is opens


@pytest.mark.parametrize(
    ("code", "told", "is_refusal"),
    [
        ("not_found", False, True),
        ("not_found", True, False),
        ("unavailable", False, False),
        ("503", False, False),
        ("budget_exhausted", False, False),
    ],
)
def test_only_who_says_no_and_nothing_else_refuses(code: str, told: bool, is_refusal: bool) -> None:
    assert JUDGE.is_refusal(ended(Outcome.REFUSED, code, told_something=told)) is is_refusal


@pytest.mark.parametrize(
    ("door", "shows_owner", "is_control"),
    [(BY_ANSWER, False, True), (BY_MARKS, False, False), (BY_MARKS, True, True), (BY_MARKS_CHANGING, False, True)],
)
def test_a_read_that_shows_its_owner_nothing_is_no_control(door: str, shows_owner: bool, is_control: bool) -> None:
    assert JUDGE.shows_what_it_guards(door, ended(Outcome.ANSWERED, shows_owner=shows_owner)) is is_control
