from __future__ import annotations

import pytest

from checker.bounds import interval, upper_bound
from checker.confidence import bounds_of, confidence
from checker.exposed import Exposure
from checker.figure_reports import Totals
from checker.reports_of_run import totals_of
from tests.checker.histories import healthy


@pytest.fixture
def totals() -> Totals:
    """Sixty seconds and ten tenants."""
    return totals_of(healthy(tenants=10).summary())


def test_the_weakest_bound_comes_first_and_what_cannot_be_told_last(totals: Totals) -> None:
    exposures = [
        Exposure("replies", 5000, 1.0, 0),
        Exposure("resumes", 500, 1.0, None),
        Exposure("sessions", 20, 1.0, 0),
        Exposure("rows", 9000, 0.001, 0),
    ]
    assert [bound.unit for bound in bounds_of(exposures, 0.001, totals)] == ["rows", "sessions", "replies", "resumes"]


def test_the_wished_bound_in_words(totals: Totals) -> None:
    exposures = [Exposure("replies", 3053, 1.0, 0), Exposure("resumes", 30, 1.0, 0)]
    bounds = bounds_of(exposures, 0.001, totals)
    assert confidence(exposures, bounds, 0.001).statements == [
        "Resumes: none of 30 leaked, so with 95 % confidence fewer than 9.6 % do. To bound that at 0.1 % with the same "
        "confidence takes 2,995; at this run's rate that is a run of 99 min 50 s.",
        "Replies: none of 3,053 leaked, so with 95 % confidence fewer than 0.099 % do. To bound that at 0.1 % with the "
        "same confidence takes 2,995; this run had 3,053.",
    ]


def test_a_larger_run_is_said_in_tenants_where_time_brings_nothing(totals: Totals) -> None:
    sessions, pairs = Exposure("sessions", 20, 1.0, 0, "with tenants"), Exposure("pairs", 45, 1.0, 0, "with pairs")
    bounds = {bound.unit: bound for bound in bounds_of([sessions, pairs], 0.001, totals)}
    assert (bounds["sessions"].needed_tenants, bounds["sessions"].needed_run_s) == (1498, None)
    assert (bounds["pairs"].needed_tenants, bounds["pairs"].needed_run_s) == (82, None)


def test_missing_recall_weakens_the_bound_and_is_told(totals: Totals) -> None:
    exposures = [Exposure("Postgres rows", 1000, 0.5, 0)]
    [bound] = bounds_of(exposures, 0.01, totals)
    assert bound.upper_95 == upper_bound(1000, 0.5)
    assert bound.needed == 598
    [sentence] = confidence(exposures, [bound], 0.01).statements
    assert "leaked at a recall of 50 %," in sentence and "takes 598 at this recall;" in sentence


def test_leaks_give_an_interval_and_wish_for_nothing(totals: Totals) -> None:
    exposures = [Exposure("replies", 1000, 1.0, 12)]
    [bound] = bounds_of(exposures, 0.001, totals)
    assert (bound.lower_95, bound.upper_95) == interval(12, 1000)
    assert bound.needed is None
    [sentence] = confidence(exposures, [bound], 0.001).statements
    assert sentence == ("Replies: 12 of 1,000 leaked, so with 95 % confidence the rate is between 0.62 % and 2.1 %.")


def test_what_leaked_is_not_told_by_units_that_do_not_show_it(totals: Totals) -> None:
    exposures = [Exposure("resumes", 3, 1.0, None)]
    [bound] = bounds_of(exposures, 0.001, totals)
    assert (bound.lower_95, bound.upper_95) == (None, None)
    assert confidence(exposures, [bound], 0.001).statements == ["Resumes: 3; what leaked can't be told by them."]


def test_what_never_happened_is_named_and_bounds_nothing(totals: Totals) -> None:
    exposures = [Exposure("replies", 0, 1.0, 0), Exposure("sessions", 4, 1.0, 0)]
    bounds = bounds_of(exposures, 0.001, totals)
    assert [bound.unit for bound in bounds] == ["sessions"]
    assert confidence(exposures, bounds, 0.001).never_happened == ["replies"]


def test_looking_that_finds_nothing_proves_nothing(totals: Totals) -> None:
    exposures = [Exposure("Redis keys", 500, 0.0, 0)]
    bounds = bounds_of(exposures, 0.001, totals)
    assert bounds[0].upper_95 == 1.0
    assert "so nothing is known" in confidence(exposures, bounds, 0.001).statements[0]
