from __future__ import annotations

from checker.amounts import Amounts
from checker.ownership import Claim, Standing, judge, sighting_of
from evidence.budgets import BudgetBands
from evidence.findings import FindingKind
from tests.checker.store_worlds import KEY, A, B, C

BANDS = BudgetBands(KEY)
AMOUNTS = Amounts(BANDS, {A, B}, ["remaining", "left"])


def test_an_amount_names_a_tenant_of_the_run_and_nobody_else() -> None:
    assert AMOUNTS.owner(BANDS.starting(A) - 5) == A
    assert AMOUNTS.owner(BANDS.starting(C)) is None
    assert AMOUNTS.owner(120) is None


def test_amounts_count_in_members_of_the_names_given_and_as_whole_numbers_only() -> None:
    amount = BANDS.starting(B)
    text = f'{{"remaining": {amount}, "total": {amount}, "left":"{amount}", "remaining": {amount}.5}}'.encode()
    assert [claim.tenant for claim in AMOUNTS.of_members(text, "the value")] == [B, B]
    whole = AMOUNTS.of_value(b" %d\n" % amount, "the value")
    assert whole is not None and whole.tenant == B
    assert AMOUNTS.of_value(b"%d EUR" % amount, "the value") is None


def test_an_amount_tells_less_than_a_mark_and_makes_a_finding_of_its_own_kind() -> None:
    name = Claim(Standing.NAME, A, "the key's name", "name", b"a", 0, 1)
    amount = Claim(Standing.AMOUNT, B, "the value", "remaining amount", b"12345678", 0, 8)
    mark = Claim(Standing.DATA, B, "the value", "prompt canary", b"q", 0, 1)
    assert judge([amount, name]).holder == name
    assert judge([name, amount, mark]).foreign == [mark]
    sighting = sighting_of(name, amount, place="p", group="g", reproduce="", at_s=0)
    assert (sighting.kind, sighting.owner, sighting.recipient) == (FindingKind.FOREIGN_BUDGET, B, A)
