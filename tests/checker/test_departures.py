from __future__ import annotations

import dataclasses

import pytest

from checker.departures import due, seen_afterwards
from checker.judgement_reports import Judgement
from checker.result import Result, Verdict
from checker.roster import roster
from config.profile import Profile
from evidence.findings import Finding, FindingKind, Severity, Sighting
from evidence.oracle import is_control
from evidence.records import RETURN, AccessAttempt, Row, TenantRemoved, TenantStarted
from tests.checker.histories import NO_REMOVAL, START_S, History, a_sighting, healthy, profile

GONE = 3
REMOVED_S = START_S + 30
NOBODY_LEFT = "what outlives a tenant's removal was not tried: nobody left before the run was over"


def removing(**provisioning: object) -> Profile:
    """A profile that says how a tenant is removed."""
    return profile(provisioning={"sql_remove": ["DELETE FROM users WHERE id = %(tenant)s"], **provisioning})


def removal(outcome: str = "removed", tenant: int = GONE, **changes: object) -> TenantRemoved:
    return dataclasses.replace(TenantRemoved(tenant, REMOVED_S, outcome, 1), **changes)  # type: ignore[arg-type]


def attempt(outcome: str = "refused") -> AccessAttempt:
    return AccessAttempt(GONE, GONE, RETURN, "return", outcome, REMOVED_S + 1, "closed with code 1008")


def departed(*rows: Row, **provisioning: object) -> History:
    """A run in which one tenant was removed, rightly: nothing of it is in the stores any more."""
    history = healthy()
    history.profile = removing(**provisioning)
    history.rows["local"] += rows or (removal("begun"), removal(), attempt())
    for scan in history.scans.values():
        scan.own_marks = {mark for mark in scan.own_marks if mark[1] != GONE}
        scan.amounts = {place: amount for place, amount in scan.amounts.items() if place[1] != GONE}
        scan.removed = due(history.summary(), history.profile, START_S + 70)
    return history


def survivor(store: str = "redis") -> Finding:
    sighting = Sighting(
        FindingKind.SURVIVED_DELETE, GONE, None, f"{store} key 'archive:t-3'", "archive:*", START_S + 70, "t-3", "GET"
    )
    finding = Finding(
        sighting.kind, Severity.LEAK, GONE, None, sighting.group, sighting, 0, sighting.at_s, sighting.at_s
    )
    finding.add(sighting)
    return finding


def line(result: Result, name: str) -> Judgement | None:
    return next((line.judgement for test in result.tests for line in test.lines if line.name == name), None)


def test_what_a_store_keeps_on_purpose_is_not_said_to_be_gone() -> None:
    history = departed()
    stores = history.profile.stores
    assert stores.postgres is not None
    keeping = stores.postgres.model_copy(update={"kept": ("invoices",)})
    history.profile = history.profile.model_copy(update={"stores": stores.model_copy(update={"postgres": keeping})})
    assert "found in redis and postgres (beside what is kept on purpose) afterwards" in history.judged().believe[-1]


def test_a_removed_tenant_that_another_node_is_told_of_by_name_has_outlived_its_removal() -> None:
    history = departed()
    row = a_sighting(GONE, 0, kind=FindingKind.WRONG_IDENTITY, at_s=REMOVED_S + 20)
    history.rows["local"].insert(-1, dataclasses.replace(row, owner=None, severity="suspicion", name=f"t-{GONE}"))
    result = history.judged()
    assert {finding.kind for finding in result.findings} == {"wrong-identity", "survived-delete"}


def test_what_is_left_in_a_shared_place_is_named_and_changes_no_verdict() -> None:
    history, left = departed(), survivor()
    first = dataclasses.replace(left.first, severity=Severity.SUSPICION, group="audit:* (shared)")
    history.scans["redis"].findings = [
        dataclasses.replace(left, severity=Severity.SUSPICION, group=first.group, first=first)
    ]
    result = history.judged()
    assert (result.verdict, result.suspicions_total) == (Verdict.ISOLATED, 1)
    assert result.not_covered[-1] == (
        "what is left of 1 removed tenant in redis where several share a place on purpose, seen 1 time: audit:*; "
        "whether it may stay there is not said: name the place in kept of redis if it may"
    )
    beside = "found in redis (beside what is left in places that several tenants share) and postgres afterwards"
    assert beside in result.believe[-1]


def test_a_tenant_that_is_rightly_gone_is_missed_nowhere() -> None:
    result = departed().judged()
    assert (result.verdict, result.reasons, result.notes) == (Verdict.ISOLATED, [], [])
    assert all(report.recall == 1.0 for report in result.coverage)
    assert {account.tenant.number for account in result.accounts} == {0, 1, 2}
    assert result.believe[-1] == (
        "1 tenant was removed while the others went on, and nothing of theirs was found in redis and postgres "
        "afterwards; 1 attempt to come back was refused."
    )
    bounds = {bound.unit: (bound.exposures, bound.leaks) for bound in result.bounds}
    assert bounds["tenants removed in the run"] == bounds["connects of tenants after their removal"] == (1, 0)
    assert line(result, "nothing outlives its tenant") is Judgement.PASSED
    assert line(result, "who was removed is not let in again") is Judgement.PASSED


def test_without_the_row_of_its_removal_the_same_tenant_is_missed() -> None:
    history = departed()
    history.replace(TenantRemoved, lambda _row: None)
    result = history.judged()
    assert result.verdict is Verdict.INCONCLUSIVE
    assert any("own marks" in reason for reason in result.reasons)
    assert any("no remaining amount was found" in reason for reason in result.reasons)


def test_what_is_left_of_it_in_a_store_is_a_leak_of_its_own_kind() -> None:
    history = departed()
    history.scans["redis"].findings = [survivor()]
    result = history.judged()
    assert result.verdict is Verdict.LEAKING
    finding = result.findings[0]
    assert (finding.kind, finding.owner and finding.owner.number, finding.recipient) == ("survived-delete", GONE, None)
    assert finding.doc == "docs/findings/survived-delete.md"
    bound = next(bound for bound in result.bounds if bound.unit == "tenants removed in the run")
    assert (bound.exposures, bound.leaks) == (1, 1)
    assert line(result, "nothing outlives its tenant") is Judgement.CROSSED
    assert not any("removed while" in sentence for sentence in result.believe)


def test_who_comes_back_after_its_removal_is_a_leak() -> None:
    seen = a_sighting(GONE, None, kind=FindingKind.SURVIVED_DELETE, place=f"attempt: {RETURN}", group=RETURN)
    result = departed(removal(), attempt("granted"), seen).judged()
    assert result.verdict is Verdict.LEAKING
    assert '"owner":3' in result.findings[0].reproduce
    assert line(result, "who was removed is not let in again") is Judgement.CROSSED


@pytest.mark.parametrize(("later_s", "kinds"), [(-5.0, 1), (0.5, 1), (1.5, 2)])
def test_what_shows_live_after_the_removal_is_both_what_carried_it_and_what_outlived_it(
    later_s: float, kinds: int
) -> None:
    result = departed(removal(), attempt(), a_sighting(GONE, 1, at_s=REMOVED_S + later_s)).judged()
    found = {(finding.kind, finding.recipient and finding.recipient.number) for finding in result.findings}
    assert found == {("foreign-content", 1), ("survived-delete", 1)} if kinds == 2 else {("foreign-content", 1)}


def test_a_target_that_takes_its_time_is_given_it() -> None:
    seen = a_sighting(GONE, 1, at_s=REMOVED_S + 1.5)
    history = departed(removal(), seen, removed_within_s=60.0)
    assert due(history.summary(), history.profile, REMOVED_S + 59) == frozenset()
    assert due(history.summary(), history.profile, REMOVED_S + 60) == {GONE}
    assert seen_afterwards(history.summary().live, history.summary(), history.profile) == []
    assert history.judged().notes == [
        "1 tenant had been removed for less than 60 s when the stores were read, too short for anything that is left "
        "to count"
    ]


def test_what_shows_somebody_else_or_the_departed_s_account_is_no_survivor() -> None:
    rows = [
        a_sighting(1, GONE, at_s=REMOVED_S + 5),
        a_sighting(GONE, None, kind="account-mismatch", at_s=REMOVED_S + 5),
    ]
    history = departed(removal(), *rows)
    assert seen_afterwards(history.summary().live, history.summary(), history.profile) == []


def test_a_removal_that_failed_is_a_doubt_and_never_a_leak() -> None:
    failed = removal("failed", detail="Postgres at x: connection refused")
    history = departed(removal("begun"), failed)
    assert roster(history.summary(), due(history.summary(), history.profile, START_S + 70)).removed == frozenset()
    result = history.judged()
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reasons == [
        "the removal of tenant t-3 failed, so it is not known what outlives it: Postgres at x: connection refused"
    ]


def test_a_removal_that_was_cut_short_says_nothing_either_way() -> None:
    result = departed(removal("begun")).judged()
    assert (result.verdict, result.reasons) == (Verdict.ISOLATED, [])
    assert result.notes == ["the end of the run cut 1 removal short, of which nothing is judged"]
    assert line(result, "nothing outlives its tenant") is Judgement.NOT_TESTED


def test_returns_that_came_to_no_clear_end_are_a_doubt() -> None:
    result = departed(removal(), *[attempt("unclear")] * 3).judged()
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reasons[0].startswith("the return of removed tenants was tried 3 times and never found shut or open")


def test_what_was_not_tried_is_said() -> None:
    assert healthy().judged().notes == [NO_REMOVAL]
    history = healthy()
    history.profile = removing()
    result = history.judged()
    assert result.notes == [NOBODY_LEFT]
    assert {"tenants removed in the run", "connects of tenants after their removal"} <= {
        *result.confidence.never_happened
    }
    history.profile = removing().model_copy(
        update={"workload": removing().workload.model_copy(update={"departures": 0})}
    )
    assert history.judged().notes == ["what outlives a tenant's removal was not tried: workload.departures is 0"]


def test_a_store_that_was_not_read_shows_nobody_gone() -> None:
    history = departed()
    history.scans["redis"].removed = frozenset()
    result = history.judged()
    assert not any("removed while" in sentence for sentence in result.believe)
    assert "tenants removed in the run" in result.confidence.never_happened


def test_who_takes_the_place_of_one_that_left_makes_up_for_nobody_who_never_came() -> None:
    history = healthy(tenants=20)
    history.header.users = 20
    history.replace(
        TenantStarted, lambda row: dataclasses.replace(row, follows=row.tenant - 1), lambda row: row.tenant >= 18
    )
    result = history.judged()
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reasons == ["18 of the 20 tenants that were asked for acted"]


def test_controls_never_leave() -> None:
    assert not any(is_control(tenant) for tenant in departed().summary().departures)


def test_a_removal_of_unknown_outcome_is_damaged() -> None:
    assert departed(removal("melted")).summary().damaged == 1
