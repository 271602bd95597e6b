from __future__ import annotations

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestSuite
from lxml import etree

from checker.result import Result
from reporting.junit import junit
from tests.reporting.results import ALL, hostile, inconclusive, isolated, leaking


def outcomes(result: Result, suite_name: str) -> dict[str, str]:
    found = {}
    for suite in JUnitXml.fromstring(junit(result)):
        assert isinstance(suite, TestSuite)
        if suite.name == suite_name:
            for case in suite:
                found[case.name] = type(case.result[0]).__name__ if case.result else "passed"
    return found


@pytest.mark.parametrize("name", ALL)
def test_the_document_is_well_formed_and_names_the_five_tests(name: str) -> None:
    document = etree.fromstring(junit(ALL[name]()))
    names = [suite.get("name") for suite in document]
    assert names[:3] == ["verdict", "isolation", "Concurrent agent startup isolation"]
    assert len(names) == 7


@pytest.mark.parametrize(
    ("make", "kind"), [(isolated, "passed"), (leaking, Failure.__name__), (inconclusive, Error.__name__)]
)
def test_the_verdict_is_a_case(make: type, kind: str) -> None:
    assert outcomes(make(), "verdict") == {"verdict": kind}


def test_a_clean_run_is_green_and_what_nobody_tests_is_skipped() -> None:
    assert not etree.fromstring(junit(isolated())).xpath("//failure|//error")
    state = outcomes(isolated(), "State persistence isolation")
    assert state["nobody reads another's state through the service"] == Skipped.__name__


def test_only_the_kinds_that_were_found_fail() -> None:
    failed = {name for name, kind in outcomes(leaking(), "isolation").items() if kind == "Failure"}
    assert failed == {"foreign-content", "misfiled-data", "account-mismatch"}


def test_no_kind_passes_in_an_inconclusive_run() -> None:
    assert set(outcomes(inconclusive(), "isolation").values()) == {"Skipped"}


def test_names_of_cases_stay_the_same_from_run_to_run() -> None:
    for suite in ("Concurrent agent startup isolation", "WebSocket connection scaling"):
        assert outcomes(isolated(), suite).keys() == outcomes(leaking(), suite).keys()


def test_what_tenants_wrote_is_text() -> None:
    document = etree.fromstring(junit(hostile()))
    assert not document.xpath("//script")
