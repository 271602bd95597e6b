"""Literal histories: what an account can explain and what it can't."""

from __future__ import annotations

import pytest

from evidence.account import Account, Bounds
from evidence.findings import FindingKind

MISMATCH, NOT_REFUSED, EARLY = (
    FindingKind.ACCOUNT_MISMATCH,
    FindingKind.NOT_REFUSED,
    FindingKind.REFUSED_TOO_EARLY,
)


def account(starting: int = 100, **open_requests: int) -> Account:
    fresh = Account(starting)
    for request_id, cost in open_requests.items():
        fresh.open(request_id, cost)
    return fresh


def test_charges_in_turn_are_exact() -> None:
    history = account()
    for number, remaining in enumerate((93, 86, 79)):
        history.open(f"r{number}", 7)
        assert history.answered(f"r{number}", 7, [remaining]) == []
    assert history.bounds() == Bounds(79, 79, 0)
    assert history.charged == 21


@pytest.mark.parametrize("remaining", [92, 94, 100, 86, 0, -1, 107])
def test_one_unit_off_in_a_quiet_account_is_a_mismatch(remaining: int) -> None:
    history = account(a=7)
    assert [violation.kind for violation in history.answered("a", 7, [remaining])] == [MISMATCH]


def test_replies_that_overtake_one_another_are_explained() -> None:
    history = account(a=7, b=7, c=7)
    assert history.answered("c", 7, [79]) == []
    assert history.answered("a", 7, [93]) == []
    assert history.answered("b", 7, [86]) == []
    assert history.bounds() == Bounds(79, 79, 0)


def test_a_reply_must_not_show_more_than_was_left_when_its_request_was_sent() -> None:
    history = account(a=7)
    history.answered("a", 7, [93])
    history.open("b", 7)
    (violation,) = history.answered("b", 7, [93])
    assert violation.kind is MISMATCH
    assert "93 remain, at most 86 can: 7 too much" in violation.detail


def test_a_foreign_charge_is_a_mismatch() -> None:
    history = account(a=7)
    (violation,) = history.answered("a", 7, [90])
    assert violation.kind is MISMATCH
    assert "90 remain, at least 93 must: 3 too little" in violation.detail


def test_a_double_charge_is_a_mismatch_where_no_open_request_can_explain_it() -> None:
    history = account(a=7)
    assert [violation.kind for violation in history.answered("a", 7, [86])] == [MISMATCH]
    shielded = account(a=7, b=7)
    assert shielded.answered("a", 7, [86]) == []
    assert [violation.kind for violation in shielded.answered("b", 7, [79])] == [MISMATCH]


def test_every_amount_of_a_reply_is_looked_at() -> None:
    history = account(a=7)
    assert [violation.kind for violation in history.answered("a", 7, [93, 93, 92, 94])] == [MISMATCH, MISMATCH]


def test_a_lost_request_widens_the_bounds_by_its_cost_and_in_its_steps() -> None:
    history = account(a=7, b=7)
    history.lost("a")
    history.lost("b")
    assert history.bounds() == Bounds(86, 100, 7)
    assert history.unknown == 14
    explain = history.bounds().explain
    assert [explain(amount) is None for amount in (100, 93, 86)] == [True] * 3
    assert [explain(amount) is None for amount in (101, 99, 92, 85)] == [False] * 4


def test_steps_are_the_greatest_common_divisor_of_what_is_unknown() -> None:
    history = account(a=6, b=4)
    history.lost("a")
    assert history.bounds().step == 2
    assert history.bounds().explain(95) is not None
    assert history.bounds().explain(96) is None


def test_where_charges_vary_any_amount_between_the_bounds_is_possible() -> None:
    history = account(a=7, b=7)
    assert history.answered("a", 3, [97]) == []
    history.lost("b")
    assert history.bounds() == Bounds(90, 97, 0)
    assert history.bounds().explain(95) is None


def test_a_late_answer_settles_what_was_unknown() -> None:
    history = account(a=7, b=7)
    history.lost("a")
    assert history.answered("b", 7, [86]) == []
    assert history.answered("a", 7, [93]) == []
    assert history.bounds() == Bounds(86, 86, 0)
    assert history.unknown == 0


def test_a_late_refusal_settles_what_was_unknown() -> None:
    history = account(a=7)
    history.lost("a")
    history.refused("a")
    assert history.bounds() == Bounds(100, 100, 0)


def test_a_second_answer_and_one_to_a_request_never_sent_change_nothing() -> None:
    history = account(a=7)
    history.answered("a", 7, [93])
    assert history.answered("a", 7, [0]) == []
    assert history.answered("stranger", 7, [0]) == []
    history.refused("stranger")
    history.lost("stranger")
    history.lost("a")
    assert history.bounds() == Bounds(93, 93, 0)


def test_more_charged_than_the_most_it_costs_is_a_mismatch() -> None:
    history = account(a=7)
    (violation,) = history.answered("a", 8, [92])
    assert violation.kind is MISMATCH
    assert "charged 8 for a request that costs at most 7" in violation.detail


def test_a_charge_below_nothing_is_a_mismatch() -> None:
    assert [violation.kind for violation in account(a=7).answered("a", -5, [])] == [MISMATCH]


def test_an_answer_that_the_budget_could_not_pay_for_is_not_refused() -> None:
    history = account(10, a=7)
    assert history.answered("a", 7, [3]) == []
    history.open("b", 7)
    assert NOT_REFUSED in {violation.kind for violation in history.answered("b", 7, [-4])}


def test_requests_that_race_for_the_last_units_are_not_refused_together() -> None:
    history = account(10, a=7, b=7)
    assert history.answered("a", 7, [3]) == []
    kinds = [violation.kind for violation in history.answered("b", 7, [-4])]
    assert kinds == [NOT_REFUSED, MISMATCH]


def test_free_requests_are_never_owed_a_refusal() -> None:
    history = account(0, a=0)
    assert history.answered("a", 0, [0]) == []
    history.open("b", 0)
    assert history.refused_for_budget("b", [0]) == []


def test_a_refusal_is_due_only_when_the_budget_may_not_suffice() -> None:
    history = account(10, a=7)
    (violation,) = history.refused_for_budget("a", [10])
    assert violation.kind is EARLY
    assert "refused a request of 7 while at least 10 must have been left" in violation.detail


def test_a_refusal_while_others_are_open_or_unknown_may_be_due() -> None:
    history = account(10, a=7, b=7)
    assert history.refused_for_budget("b", [3]) == []
    unknown = account(10, a=7)
    unknown.lost("a")
    unknown.open("b", 7)
    assert unknown.refused_for_budget("b", [3]) == []
    assert unknown.bounds() == Bounds(3, 10, 7)


def test_a_refusal_that_shows_an_impossible_amount_is_a_mismatch() -> None:
    history = account(6, a=7)
    assert [violation.kind for violation in history.refused_for_budget("a", [7])] == [MISMATCH]


def test_a_refused_request_costs_nothing() -> None:
    history = account(10, a=7)
    history.refused("a")
    assert history.bounds() == Bounds(10, 10, 0)
    assert history.in_flight == 0


def test_what_can_be_afforded_counts_what_is_open_and_unknown() -> None:
    history = account(20, a=7)
    assert history.affords(13) and not history.affords(14)
    history.lost("a")
    assert history.affords(13) and not history.affords(14)
    assert history.in_flight == 0


def test_bounds_never_reach_below_nothing() -> None:
    history = account(10, a=7, b=7)
    assert history.bounds() == Bounds(0, 10, 7)
    history.lost("a")
    history.lost("b")
    assert history.bounds().explain(-4) is not None
