from __future__ import annotations

import pytest

from evidence.requests import Outcome, Request, RequestBook


def request(request_id: str = "m1", deadline_s: float = 30.0) -> Request:
    return Request(request_id, 1, "chat", 0, 7, intended_s=0.0, sent_s=0.5, deadline_s=deadline_s)


def test_replies_are_found_by_id_and_never_by_order() -> None:
    book = RequestBook()
    first, second = request("m1"), request("m2")
    book.open(first)
    book.open(second)
    assert book.get("m2") is second
    assert book.get("m1") is first
    assert book.get("m3") is None


@pytest.mark.parametrize("outcome", Outcome)
def test_an_ended_request_is_remembered_with_its_outcome(outcome: Outcome) -> None:
    book, one = RequestBook(), request()
    book.open(one)
    assert book.ended("m1") is None
    assert book.end(one, outcome, 2.5, "why")
    assert (one.outcome, one.reason, one.ended_s) == (outcome, "why", 2.5)
    assert book.ended("m1") is outcome
    assert book.get("m1") is None
    assert len(book) == 0


def test_a_request_ends_once_and_its_first_end_stands() -> None:
    book, one = RequestBook(), request()
    book.open(one)
    assert book.end(one, Outcome.UNKNOWN, 1.0, "timed out")
    assert not book.end(one, Outcome.ANSWERED, 2.0)
    assert (one.outcome, one.ended_s) == (Outcome.UNKNOWN, 1.0)
    assert not RequestBook().end(request(), Outcome.ANSWERED, 1.0)


@pytest.mark.parametrize("ended", [False, True])
def test_an_id_is_used_once(ended: bool) -> None:
    book, one = RequestBook(), request()
    book.open(one)
    if ended:
        book.end(one, Outcome.ANSWERED, 1.0)
    with pytest.raises(ValueError, match="m1 is used twice"):
        book.open(request())


def test_only_what_is_past_its_deadline_is_overdue() -> None:
    book = RequestBook()
    book.open(request("early", 10.0))
    book.open(request("late", 20.0))
    assert book.overdue(9.999) == []
    assert [one.request_id for one in book.overdue(10.0)] == ["early"]
    assert [one.request_id for one in book.overdue(99.0)] == ["early", "late"]


def test_requests_may_end_while_the_book_is_gone_through() -> None:
    book = RequestBook()
    for number in range(5):
        book.open(request(f"m{number}"))
    for one in book:
        book.end(one, Outcome.UNKNOWN, 1.0)
    assert len(book) == 0


def test_a_late_answer_is_taken_once_and_only_of_what_was_given_up() -> None:
    book, lost, answered = RequestBook(), request("lost"), request("answered")
    for one, outcome in ((lost, Outcome.UNKNOWN), (answered, Outcome.ANSWERED)):
        book.open(one)
        book.end(one, outcome, 1.0)
    assert book.given_up("answered") is None
    assert book.given_up("lost") is lost
    book.settle_late("lost")
    book.settle_late("lost")
    assert book.given_up("lost") is None
    assert book.ended("lost") is Outcome.UNKNOWN


def test_the_first_frame_is_that_of_the_first_event() -> None:
    one = request()
    assert one.first_s is None
    one.events += [("agent_started", 0.7), ("agent_completed", 0.9)]
    assert one.first_s == 0.7
