from __future__ import annotations

import itertools

from checker.ownership import EARLIER_RUN, Claim, Standing, across_runs, judge, note_strangers, sighting_of
from evidence.findings import FindingKind

A, B, C = 1, 2, 3


def claim(standing: Standing, tenant: int, where: str = "the value") -> Claim:
    return Claim(standing, tenant, where, "canary", b"some text", 0, 4)


def test_a_place_without_claims_is_nobodys() -> None:
    assert judge([]) == (None, [])


def test_claims_of_one_tenant_agree_and_the_best_of_them_holds_the_place() -> None:
    name, data = claim(Standing.NAME, A), claim(Standing.DATA, A)
    assert judge([data, name]) == (name, [])


def test_the_better_claim_holds_the_place_whatever_the_order() -> None:
    ranked = [claim(standing, number) for number, standing in enumerate(Standing)]
    for better, worse in itertools.pairwise(ranked):
        assert judge([better, worse]) == (better, [worse])
        assert judge([worse, better]) == (better, [worse])


def test_of_equal_claims_the_first_holds_the_place_and_both_tenants_are_named() -> None:
    first, second = claim(Standing.DATA, A), claim(Standing.DATA, B)
    assert judge([first, second]) == (first, [second])
    sighting = sighting_of(first, second, place="p", group="g", reproduce="r", at_s=1.0)
    assert (sighting.kind, sighting.owner, sighting.recipient) == (FindingKind.MISFILED_DATA, B, A)
    assert "nothing says whose place it is" in sighting.detail
    assert "tenant 1" in sighting.detail and "tenant 2" in sighting.detail


def test_every_other_tenant_is_sighted_once_by_what_tells_most() -> None:
    holder = claim(Standing.NAME, A)
    mention, data, other = claim(Standing.MENTION, B), claim(Standing.DATA, B), claim(Standing.LEARNT, C)
    assert judge([mention, holder, data, other]) == (holder, [data, other])


def test_what_an_account_said_in_an_earlier_run_is_at_home_in_its_own_place_alone() -> None:
    holder, own, other = claim(Standing.NAME, A), claim(Standing.DATA, A), claim(Standing.DATA, B)
    gone = claim(Standing.DATA, EARLIER_RUN)
    assert across_runs(holder, [own]) is None
    assert across_runs(holder, [own, other]) == (holder, other)
    assert across_runs(holder, [own, gone]) == (holder, gone)
    assert across_runs(None, [own, other]) is None


def test_of_a_place_too_large_to_keep_one_claim_of_each_earlier_tenant_is_kept() -> None:
    noted: list[Claim] = []
    for tenant in (A, A, B, EARLIER_RUN, B):
        note_strangers(noted, [claim(Standing.DATA, tenant)])
    assert [kept.tenant for kept in noted] == [A, B, EARLIER_RUN]
