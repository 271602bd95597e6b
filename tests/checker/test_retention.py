from __future__ import annotations

import dataclasses
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.result import Verdict
from checker.retention import Fading, fades, write_of
from config.profile import Profile
from config.retention import Retention
from evidence.marks import MarkKind
from evidence.records import RequestEnded
from tests.checker.histories import START_S, History, a_chat, healthy, profile


def keeping(**retention: object) -> Profile:
    """The usual profile, whose Postgres keeps chats for a while only."""
    chat = {"send": {"id": "{message_id}"}, "ends": ["said"], "shows_own": True, "stored_in": ["postgres"]}
    said = {"chat": {**chat, "cost": 7, "retention": {"postgres": retention}}}
    said |= {name: {"send": {"type": name}, "ends": ["so"]} for name in ("ping", "routing", "state_read")}
    return profile(operations=said, thresholds={})


class Sent(NamedTuple):
    """A request as it really went: when it was stored too, which nobody outside knows."""

    tenant: int
    operation: str
    outcome: str
    sent_s: float
    stored_s: float
    ended_s: float


def row(number: int, sent: Sent) -> RequestEnded:
    return RequestEnded(
        sent.tenant, 0, number, sent.operation, sent.outcome, sent.sent_s, 0.0, canaries=[number],
        ended_at_s=sent.ended_s,
    )  # fmt: skip


@st.composite
def requests(draw: st.DrawFn) -> Sent:
    sent_s = draw(st.integers(0, 60))
    lasted_s, outcome = draw(st.integers(0, 20)), draw(st.sampled_from(["answered", "answered", "refused", "unknown"]))
    # What nobody heard of again may be stored long after it was given up.
    stored_s = sent_s + draw(st.integers(0, 100 if outcome == "unknown" else lasted_s))
    name = draw(st.sampled_from(["chat", "chat", "ping", "attempt: speak"]))
    return Sent(draw(st.integers(0, 2)), name, outcome, float(sent_s), float(stored_s), float(sent_s + lasted_s))


@given(st.lists(requests(), max_size=30), st.integers(1, 6), st.sampled_from(["tenant", "all"]), st.randoms())
def test_nothing_is_expected_that_may_be_gone(sent: list[Sent], last: int, of: str, random: st.DataObject) -> None:
    everybody = list(enumerate(sent))
    writes: dict[int, list[object]] = {}
    for number, request in everybody:
        writes.setdefault(request.tenant, []).append(write_of(row(number, request)))
    retention = Retention.model_validate({"last": last, "of": of})
    fading = Fading(writes, keeping(last=last), "postgres", 200.0)  # type: ignore[arg-type]
    stored = [(number, request) for number, request in everybody if request.operation != "ping"]
    random.shuffle(stored)  # type: ignore[attr-defined]
    stored.sort(key=lambda entry: entry[1].stored_s)
    for tenant in range(3):
        lane = [entry for entry in stored if of == "all" or entry[1].tenant == tenant]
        kept = {number for number, _ in lane[-last:]}
        assert set(fading.prompts(tenant, "chat", retention)) <= kept


@pytest.mark.parametrize(("last", "of", "expected"), [(1, "tenant", [4]), (3, "tenant", [2, 3, 4]), (3, "all", [3, 4])])
def test_of_requests_one_after_the_other_the_last_ones_are_expected(last: int, of: str, expected: list[int]) -> None:
    sent = [Sent(0, "chat", "answered", 10.0 * number, 0.0, 10.0 * number + 5) for number in range(5)]
    writes = {0: [write_of(row(number, request)) for number, request in enumerate(sent)]}
    writes[1] = [write_of(row(9, Sent(1, "chat", "refused", 31.0, 0.0, 36.0)))]
    fading = Fading(writes, keeping(last=last), "postgres", 200.0)
    assert list(fading.prompts(0, "chat", Retention.model_validate({"last": last, "of": of}))) == expected


def test_what_was_stored_while_a_prompt_was_being_answered_may_have_displaced_it() -> None:
    slow, quick = (Sent(0, "chat", "answered", *at_s) for at_s in ((10.0, 10.0, 30.0), (15.0, 16.0, 17.0)))
    writes = {0: [write_of(row(number, sent)) for number, sent in enumerate((slow, quick))]}
    for last, expected in ((1, []), (2, [0, 1])):
        assert list(Fading(writes, keeping(last=last), "postgres", 200.0).prompts(0, "chat", Retention(last=last))) == (
            expected
        )


def test_what_is_younger_than_it_is_kept_for_is_expected() -> None:
    sent = [Sent(0, "chat", "answered", 10.0 * number, 0.0, 10.0 * number + 5) for number in range(5)]
    writes = {0: [write_of(row(number, request)) for number, request in enumerate(sent)]}
    retention = Retention(for_s=30.0)
    for read_at_s, expected in ((49.0, [2, 3, 4]), (50.0, [3, 4]), (100.0, [])):
        assert (
            list(Fading(writes, keeping(for_s=30.0), "postgres", read_at_s).prompts(0, "chat", retention)) == expected
        )


def kept_only(history: History, sequences: set[int]) -> None:
    """Leaves these prompts in Postgres, of everybody."""
    scan = history.scans["postgres"]
    scan.own_marks = {mark for mark in scan.own_marks if mark[0] is not MarkKind.PROMPT or mark[2] in sequences}


def ended(history: History) -> None:
    """Has the chats end when their replies came, as evidence of runs has it."""
    history.replace(RequestEnded, lambda row: dataclasses.replace(row, ended_at_s=row.sent_at_s + 0.5))


def test_a_store_that_keeps_the_latest_only_proves_isolation_by_those() -> None:
    history = healthy(chats=5)
    ended(history)
    history.profile = keeping(last=2)
    kept_only(history, {4, 5})
    result = history.judged()
    assert result.verdict is Verdict.ISOLATED, result.reasons
    [report] = [report for report in result.coverage if report.store == "postgres"]
    assert report.own_marks_expected == report.own_marks_found == 4 * (2 + 2)
    why = "not looked for in postgres, which keeps the latest 2 of each tenant by the profile's word"
    assert f"12 prompts of chat were {why}" in report.notes


def test_what_such_a_store_must_still_hold_is_missed() -> None:
    history = healthy(chats=5)
    ended(history)
    history.profile = keeping(last=2)
    kept_only(history, {5})
    result = history.judged()
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "own marks (75 %) were found again" in result.reasons[0]


def test_nobody_is_believed_who_does_not_say_so() -> None:
    history = healthy(chats=5)
    ended(history)
    kept_only(history, {4, 5})
    assert history.judged().verdict is Verdict.INCONCLUSIVE


def test_what_was_stored_too_long_ago_is_not_expected_any_more() -> None:
    history = healthy(chats=5)
    ended(history)
    history.profile = keeping(for_s=60)
    kept_only(history, {4, 5})
    history.scans["postgres"].read_at_s = START_S + 2 + 4 + 59.5  # the fourth chat of all tenants is younger, no other
    result = history.judged()
    assert result.verdict is Verdict.ISOLATED, result.reasons
    assert "which keeps nothing for longer than 60 s by the profile's word" in str(result.coverage)


def test_only_a_profile_that_says_so_makes_requests_be_remembered() -> None:
    assert (fades(keeping(last=2)), fades(profile())) == (True, False)
    history = healthy()
    assert history.summary().writes == {}
    history.profile = keeping(last=2)
    assert len(history.summary().writes[0]) == 7


@pytest.mark.parametrize(("outcome", "prompts"), [("answered", (1,)), ("refused", ()), ("unknown", ())])
def test_only_what_was_answered_must_lie_there(outcome: str, prompts: tuple[int, ...]) -> None:
    assert write_of(dataclasses.replace(a_chat(0, 1, START_S), outcome=outcome)).prompts == prompts
