"""Runs in which nothing leaked because nothing was looked at: each is told, and none of them is ISOLATED."""

from __future__ import annotations

import dataclasses

import pytest

from checker.result import Verdict
from checker.unlooked import called_the_same, never_said, nothing_pushed, refused_too_often, said_by_nobody
from evidence.records import Exposures, RequestEnded, TenantLedger, TenantProvisioned
from tests.checker.histories import BUDGET, CHAT_COST, History, healthy, profile

CHATS = 10


def refusing(chats_answered: int, *, expected: bool = False) -> History:
    """A run whose service refused every chat after the first few of each tenant."""
    history = healthy(chats=CHATS)

    def refused(row: RequestEnded) -> RequestEnded:
        return dataclasses.replace(
            row, outcome="refused", reason="maintenance", expected=expected, charged=0, canaries=[], own_marks=0
        )

    history.replace(RequestEnded, refused, lambda row: row.operation == "chat" and row.sequence > chats_answered)
    left, lost = BUDGET - chats_answered * CHAT_COST, CHATS - chats_answered
    history.replace(
        TenantLedger,
        lambda row: dataclasses.replace(
            row, charged=BUDGET - left, low=left, high=left, answered=row.answered - lost, refused=lost
        ),
    )
    for scan in history.scans.values():
        scan.amounts = dict.fromkeys(scan.amounts, left)
    history.profile = profile(thresholds={})
    return history


def test_a_service_that_refuses_most_of_what_is_asked_has_shown_nothing() -> None:
    history = refusing(2)
    assert refused_too_often(history.summary()) == [
        "32 of 40 requests of chat (80 %) were refused, at most 25 % may; most often: maintenance"
    ]
    assert history.judged().verdict is Verdict.INCONCLUSIVE


def test_a_few_refusals_and_those_that_were_due_are_no_doubt() -> None:
    for history in (refusing(8), refusing(2, expected=True)):
        assert refused_too_often(history.summary()) == []
        assert history.judged().verdict is Verdict.ISOLATED


def with_operations(history: History, mix: dict[str, int] | None = None, **changes: dict[str, object]) -> History:
    operations = history.profile.operations.model_dump(exclude_none=True)
    for name, change in changes.items():
        operations[name] = {**operations.get(name, {}), **change}
    workload = {"mix": mix} if mix is not None else {}
    history.profile = profile(operations=operations, workload=workload, thresholds={})
    return history


SEARCH: dict[str, object] = {
    "search": {"send": {"q": "{message_id}"}, "ends": ["found"], "by": ["listening"], "shows_own": True}
}


def test_an_operation_that_nobody_of_the_mix_says_is_a_doubt_and_one_not_come_to_a_note() -> None:
    history = with_operations(healthy(), {"listening": 0, "agent": 1}, extra=SEARCH)
    (reason,) = said_by_nobody(history.summary(), history.profile)
    assert reason.startswith("search was never said: operations.extra.search is for listening tenants")
    assert history.judged().verdict is Verdict.INCONCLUSIVE
    history = with_operations(healthy(), extra=SEARCH)
    assert said_by_nobody(history.summary(), history.profile) == []
    assert never_said(history.summary(), history.profile) == ["never said, though the profile lists it: search"]
    assert history.judged().verdict is Verdict.ISOLATED


def test_a_subscription_that_brings_nothing_to_anybody_proves_nothing_of_pushes() -> None:
    history = with_operations(healthy(), subscribe={"send": {"type": "listen"}, "reply_by": "none"})
    rows = next(iter(history.rows.values()))
    rows.insert(-1, RequestEnded(0, 0, 90, "subscribe", "said", 1_800_000_003.0, 0.0))
    assert nothing_pushed(history.summary(), history.profile) == [
        "nothing was ever pushed to anybody, though tenants said subscribe: nothing is proven of pushes"
    ]
    assert history.judged().verdict is Verdict.INCONCLUSIVE
    rows.append(Exposures("local", {"unsolicited": 1}))
    assert nothing_pushed(history.summary(), history.profile) == []


@pytest.mark.parametrize(("name", "alias"), [("same", ""), ("", "same")])
def test_what_two_tenants_are_called_says_whose_nothing_is(name: str, alias: str) -> None:
    history = healthy()
    assert called_the_same(history.summary()) == []
    history.replace(
        TenantProvisioned,
        lambda row: dataclasses.replace(row, name=name or row.name, aliases=[alias or row.aliases[0]]),
        lambda row: row.tenant in (1, 2),
    )
    (reason,) = called_the_same(history.summary())
    assert reason.startswith("2 tenants go by a name that others of them have too, for example same: ")
    assert history.judged().verdict is Verdict.INCONCLUSIVE


def test_replies_that_leak_by_design_prove_nothing_about_their_tenants() -> None:
    left_out: dict[str, object] = {"leaks_by_design": "a public board"}
    history = with_operations(healthy(), chat=left_out, routing=left_out, state_read=left_out)
    result = history.judged()
    assert result.verdict is Verdict.INCONCLUSIVE
    assert any("fewer than 1 inspected reply" in reason for reason in result.reasons)


@pytest.mark.parametrize("how", [{"reply_by": "order"}, {"send": {"id": "{counter}"}}])
def test_replies_that_could_be_anybodys_prove_nothing_unless_they_show_what_is_the_tenants_own(
    how: dict[str, object],
) -> None:
    blind = {**how, "shows_own": False}
    history = with_operations(healthy(), chat=blind, routing=blind, state_read=blind)
    result = history.judged()
    assert result.verdict is Verdict.INCONCLUSIVE
    (reason,) = [reason for reason in result.reasons if "inspected reply" in reason]
    assert "could be anybody's: say shows_own" in reason
    history = with_operations(healthy(), chat=how, routing=how, state_read={**how, "shows_own": True})
    assert history.judged().verdict is Verdict.ISOLATED


def test_marks_of_which_none_was_found_again_are_too_few_whatever_the_profile_asks_for() -> None:
    history = healthy()
    history.profile = profile(thresholds={"recall": 0.0})
    history.scans["redis"].own_marks = set()
    assert history.judged().verdict is Verdict.INCONCLUSIVE
