"""A simulated target charges accounts in any order; the account must believe an honest one and doubt a faulty one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from evidence.account import Account, Violation
from evidence.findings import FindingKind


@dataclass
class Sent:
    """A request under way: with the target, then with its reply on the way back."""

    request_id: str
    cost: int
    known: bool = True  # whether the client still has it open
    charged: int | None = None  # what the target charged; None before it has decided
    shows: int = 0
    refused: bool = False


class HonestTarget(RuleBasedStateMachine):
    """Charges one request at a time, in any order; replies arrive in any order, late, twice or never."""

    @initialize(starting=st.integers(0, 60), varying=st.booleans())
    def begin(self, starting: int, varying: bool) -> None:
        self.remaining = starting
        self.varying = varying
        self.account = Account(starting)
        self.waiting: list[Sent] = []
        self.replied: list[Sent] = []
        self.delivered: list[Sent] = []
        self.count = 0

    @rule(cost=st.sampled_from([0, 1, 4, 7]))
    def send(self, cost: int) -> None:
        self.count += 1
        self.account.open(str(self.count), cost)
        self.waiting.append(Sent(str(self.count), cost))

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def charge(self, data: st.DataObject) -> None:
        sent = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        sent.refused = sent.cost > self.remaining
        if not sent.refused:
            sent.charged = data.draw(st.integers(0, sent.cost)) if self.varying else sent.cost
            self.remaining -= sent.charged
        sent.shows = self.remaining
        self.replied.append(sent)

    @precondition(lambda self: self.replied)
    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        sent = self.replied.pop(data.draw(st.integers(0, len(self.replied) - 1)))
        self.delivered.append(sent)
        self.take(sent)

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        sent = data.draw(st.sampled_from(self.delivered))
        if not sent.refused:
            self.take(sent)

    def take(self, sent: Sent) -> None:
        if sent.refused:
            violations = self.account.refused_for_budget(sent.request_id, [sent.shows])
        else:
            assert sent.charged is not None
            violations = self.account.answered(sent.request_id, sent.charged, [sent.shows])
        assert violations == []

    @precondition(lambda self: any(sent.known for sent in (*self.waiting, *self.replied)))
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        """A time-out or a lost connection; the target knows nothing of it and may charge later on."""
        sent = data.draw(st.sampled_from([sent for sent in (*self.waiting, *self.replied) if sent.known]))
        sent.known = False
        self.account.lost(sent.request_id)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def refuse_for_another_reason(self, data: st.DataObject) -> None:
        sent = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        self.account.refused(sent.request_id)

    @invariant()
    def what_truly_remains_is_possible(self) -> None:
        bounds = self.account.bounds()
        assert bounds.low <= self.remaining <= bounds.high
        # Steps presume that all charges are whole; the account learns from the first that is not.
        if not self.varying:
            assert bounds.explain(self.remaining) is None

    @invariant()
    def what_can_be_afforded_would_be_answered(self) -> None:
        if self.account.affords(7):
            assert self.remaining >= 7


HonestTarget.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestHonestTarget = HonestTarget.TestCase


COST, STARTING, REQUESTS = 7, 1000, 12
orders = st.permutations(range(REQUESTS))


def play(
    charging: list[int], delivering: list[int], charges: dict[int, int], *, starting: int = STARTING
) -> tuple[Account, list[Violation], int]:
    """All are sent at once, charged in one order (``charges`` are the odd ones) and delivered in another."""
    account, remaining, shows = Account(starting), starting, {}
    for number in range(REQUESTS):
        account.open(str(number), COST)
    for number in charging:
        remaining -= charges.get(number, COST)
        shows[number] = remaining
    violations = [item for number in delivering for item in account.answered(str(number), COST, [shows[number]])]
    return account, violations, remaining


@given(orders, orders)
def test_an_honest_target_is_believed_in_whatever_order(charging: list[int], delivering: list[int]) -> None:
    account, violations, remaining = play(charging, delivering, {})
    assert violations == []
    assert account.bounds().explain(remaining) is None


FAULTS = {"one too much": 8, "one too little": 6, "charged twice": 14, "update lost": 0, "foreign charge": 7 + 40}


@pytest.mark.parametrize("charged", FAULTS.values(), ids=FAULTS.keys())
@given(charging=orders, delivering=orders, victim=st.integers(0, REQUESTS - 1))
def test_one_wrong_charge_is_seen_in_the_end_in_whatever_order(
    charged: int, charging: list[int], delivering: list[int], victim: int
) -> None:
    account, _, remaining = play(charging, delivering, {victim: charged})
    assert account.bounds().explain(remaining) is not None


@pytest.mark.parametrize("charged", [8, 14, 47])
@given(charging=orders, victim=st.integers(0, REQUESTS - 1))
def test_an_overcharge_shows_in_the_last_reply_at_the_latest(charged: int, charging: list[int], victim: int) -> None:
    _, violations, _ = play(charging, charging, {victim: charged})
    assert {violation.kind for violation in violations} == {FindingKind.ACCOUNT_MISMATCH}


@given(st.lists(st.sampled_from([0, 6, 8, 14]), min_size=1, max_size=8), st.integers(0, 7))
def test_in_turn_a_wrong_charge_shows_in_its_own_reply(charges: list[int], whole: int) -> None:
    account, remaining = Account(STARTING), STARTING
    for number in range(whole):
        account.open(f"whole {number}", COST)
        remaining -= COST
        assert account.answered(f"whole {number}", COST, [remaining]) == []
    account.open("wrong", COST)
    assert account.answered("wrong", COST, [remaining - charges[0]]) != []


@given(orders, orders, st.sets(st.integers(0, REQUESTS - 1), min_size=1, max_size=6), st.integers(1, 6))
def test_a_difference_that_no_unknown_request_explains_is_seen(
    charging: list[int], delivering: list[int], lost: set[int], off: int
) -> None:
    account, remaining = Account(STARTING), STARTING
    for number in range(REQUESTS):
        account.open(str(number), COST)
    for number in delivering:
        if number in lost:
            account.lost(str(number))
        else:
            account.answered(str(number), COST)
    charged_unseen = sum(COST for number in charging[:5] if number in lost)
    remaining -= COST * (REQUESTS - len(lost)) + charged_unseen
    assert account.bounds().explain(remaining) is None
    assert account.bounds().explain(remaining - off) is not None
    assert account.bounds().explain(remaining + off) is not None


@given(orders, st.integers(1, REQUESTS - 1))
def test_a_target_that_does_not_refuse_is_seen_in_whatever_order(delivering: list[int], affordable: int) -> None:
    account, violations, _ = play(delivering, delivering, {}, starting=affordable * COST + 3)
    refusals_due = [violation for violation in violations if violation.kind is FindingKind.NOT_REFUSED]
    assert len(refusals_due) == REQUESTS - affordable
    assert account.bounds().high < 0


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 3 * COST))
def test_a_refusal_is_too_early_exactly_when_nothing_can_explain_it(opened: int, lost: int, spare: int) -> None:
    account = Account(spare + COST)
    for number in range(opened + lost):
        account.open(str(number), COST)
    for number in range(lost):
        account.lost(str(number))
    account.open("refused", COST)
    kinds = [violation.kind for violation in account.refused_for_budget("refused", [])]
    explained = (opened + lost) * COST > spare
    assert kinds == ([] if explained else [FindingKind.REFUSED_TOO_EARLY])


@given(st.integers(1, 50), st.integers(1, 50))
def test_steps_are_those_of_the_costs(one: int, other: int) -> None:
    account = Account(1000)
    account.open("a", one)
    account.open("b", other)
    account.lost("a")
    assert account.bounds().step == math.gcd(one, other)
    for amount in (1000, 1000 - one, 1000 - other, 1000 - one - other):
        assert account.bounds().explain(amount) is None
