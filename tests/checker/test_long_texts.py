"""Texts beyond what the service takes: they are expected nowhere, told of, and judged wherever they turn up."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from checker import long_texts
from checker.result import Verdict
from evidence.marks import MarkKind
from evidence.records import OVERLONG, Exposures, RequestEnded, TenantLedger
from tests.checker.histories import START_S, History, a_chat, a_sighting, healthy, profile

LONG = "too long: chat"


def limited(beyond: str, outcome: str = "answered", **changes: Any) -> History:
    """A healthy run in which tenant 0 tried a text that is too long, beside its five chats."""
    history = healthy()
    operations = history.profile.operations.model_dump(exclude_none=True)
    operations["chat"] |= {
        "send": {"id": "{message_id}", "text": "{prompt}"},
        "text_limit": {"most": 280, "unit": "bytes", "beyond": beyond},
    }
    history.profile = profile(operations=operations)
    row = dataclasses.replace(a_chat(0, 900, START_S + 20), operation=LONG, outcome=outcome, charged=0, **changes)
    history.rows["local"].insert(-1, row)
    history.header = dataclasses.replace(history.header, locust_requests=(history.header.locust_requests or 0) + 1)
    count = {"answered": "answered", "refused": "refused", "unknown": "unknown_requests"}[outcome]
    history.replace(
        TenantLedger,
        lambda row: dataclasses.replace(row, sent=row.sent + 1, **{count: getattr(row, count) + 1}),
        lambda row: row.tenant == 0,
    )
    if outcome != "answered":
        history.header = dataclasses.replace(history.header, locust_failures=0 if changes.get("expected") else 1)
    return history


def test_a_text_that_was_answered_and_dropped_does_not_count_against_recall() -> None:
    result = limited("dropped").judged()
    assert result.verdict is Verdict.ISOLATED
    assert [report.recall for report in result.coverage] == [1.0, 1.0]
    assert (
        "texts of chat beyond 280 bytes, which the service answers and drops: ours were kept shorter, and 1 longer one "
        "was tried" in result.not_covered
    )
    assert not any("beyond its limit" in note for note in result.notes)


def test_the_same_text_as_an_ordinary_one_would_be_missed() -> None:
    history = limited("dropped")
    history.replace(
        RequestEnded, lambda row: dataclasses.replace(row, operation="chat"), lambda row: row.operation == LONG
    )
    postgres = next(report for report in history.judged().coverage if report.store == "postgres")
    assert postgres.own_marks_found == postgres.own_marks_expected - 1


def test_what_a_long_text_shows_to_others_is_a_leak_as_ever() -> None:
    history = limited("dropped")
    history.rows["local"].insert(-1, a_sighting(0, 1, group="frame agent_completed"))
    assert history.judged().verdict is Verdict.LEAKING


@pytest.mark.parametrize(("beyond", "outcome", "says"), [
    ("refused", "answered", "1 of 1 text of chat beyond its limit was answered, though text_limit says 'refused'"),
    ("dropped", "refused", "1 of 1 text of chat beyond its limit was refused, though text_limit says 'dropped'"),
    ("cut", "refused", "1 of 1 text of chat beyond its limit was refused, though text_limit says 'cut'"),
])  # fmt: skip
def test_a_service_that_does_something_else_is_told_of(beyond: str, outcome: str, says: str) -> None:
    assert any(says in note for note in limited(beyond, outcome).judged().notes)


def test_a_failure_is_no_refusal_of_what_is_too_long() -> None:
    said = "1 of 1 text of chat beyond its limit was met with a failure, though text_limit says 'refused'"
    result = limited("refused", "refused", expected=False, reason="internal_error").judged()
    assert any(said in note for note in result.notes)
    assert not limited("refused", "refused", expected=True, reason="too_long").judged().notes[1:]


def test_a_text_that_was_kept_though_it_should_have_been_dropped_is_told_of() -> None:
    history = limited("dropped")
    history.scans["postgres"].own_marks.add((MarkKind.PROMPT, 0, 900))
    assert any("was kept in a store, though" in note for note in history.judged().notes)


def test_a_long_text_without_any_answer_weighs_on_nothing() -> None:
    result = limited("dropped", "unknown", reason="timed out", reply_ms=None, first_ms=None).judged()
    assert result.verdict is Verdict.ISOLATED, result.reasons
    assert (result.totals.unknown, result.totals.unknown_on_purpose) == (1, 1)


def test_a_limit_of_which_no_longer_text_was_tried_says_so() -> None:
    history = limited("refused")
    history.replace(RequestEnded, lambda _row: None, lambda row: row.operation == LONG)
    (sentence,) = long_texts.not_covered(history.summary(), history.profile)
    assert sentence.endswith("which the service refuses: ours were kept shorter, and none longer was tried")


def test_texts_that_could_not_be_kept_short_are_told_of() -> None:
    history = limited("cut")
    history.rows["local"].insert(-1, Exposures("local", {f"{OVERLONG}chat": 2}))
    (note,) = long_texts.notes(history.summary(), history.profile, [])
    assert note.startswith("2 texts of chat could not be kept within 280 bytes")
