from __future__ import annotations

from reporting.causes import FINDINGS_SHOWN, shown, struck, varied
from tests.reporting.results import isolated, leaking, striking_everybody


def test_a_clean_run_shows_no_causes() -> None:
    result = isolated()
    assert shown(result.causes, result.findings, "leak", 10) == []


def test_each_cause_comes_with_its_worst_findings_and_the_number_of_the_rest() -> None:
    result = striking_everybody()
    frequent, rare = shown(result.causes, result.findings, "leak", 10)
    assert (len(frequent.findings), frequent.more) == (FINDINGS_SHOWN, 40 * 39 - FINDINGS_SHOWN)
    assert [finding.kind for finding in rare.findings] == ["misrouted-reply"]
    assert rare.more == 0
    [suspicion] = shown(result.causes, result.findings, "suspicion", 10)
    assert suspicion.cause.kind == "foreign-budget"


def test_findings_stand_under_the_cause_that_they_belong_to() -> None:
    result = leaking()
    for entry in shown(result.causes, result.findings, "leak", 10):
        assert {(finding.kind, finding.group) for finding in entry.findings} == {(entry.cause.kind, entry.cause.group)}


def test_no_more_causes_than_asked_for() -> None:
    result = leaking()
    assert [entry.cause for entry in shown(result.causes, result.findings, "leak", 1)] == result.causes[:1]


def test_a_rare_kind_comes_before_the_second_cause_of_a_frequent_one() -> None:
    first, second, third = leaking().causes
    again = first.model_copy(update={"group": "frame history"})
    assert varied([first, again, second, third]) == [first, second, third, again]


def test_whom_a_cause_struck_is_said_if_its_example_does_not() -> None:
    many, one, _ = leaking().causes
    assert struck(many) == "in 8 pairs of 9 tenants"
    assert struck(one) == ""
    assert struck(one.model_copy(update={"pairs": 0, "findings": 3, "tenants": 3})) == "at 3 tenants"
