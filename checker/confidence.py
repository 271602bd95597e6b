"""What a run can't exclude: bounds on the leak rate in every unit of exposure, and sentences about them.

A bound is only as good as the unit: replies of one pooled connection are not independent of each other. So every unit
has its bound, and the weakest comes first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from checker.bounds import exposures_needed, interval, upper_bound
from checker.exposed import Exposure
from checker.figure_reports import Totals
from checker.figures import count, duration, percent, rate
from checker.judgement_reports import Bound, Confidence


def bounds_of(exposures: Sequence[Exposure], wished: float, totals: Totals) -> list[Bound]:
    """Returns a bound for every unit that happened, the one that proves least first.

    Args:
        exposures: every unit, counted.
        wished: the leak rate that a clean run should exclude.
        totals: how long the run took and how many tenants it had, to say how large it would have to be.
    """
    bounds = [_bound(exposure, wished, totals) for exposure in exposures if exposure.count > 0]
    return sorted(bounds, key=_weakness)


def confidence(exposures: Sequence[Exposure], bounds: Sequence[Bound], wished: float) -> Confidence:
    """Returns the same in sentences.

    Args:
        exposures: every unit, counted, to name those that never happened.
        bounds: what ``bounds_of`` returned.
        wished: the leak rate that a clean run should exclude.
    """
    return Confidence(
        wished_bound=wished,
        statements=[_statement(bound, wished) for bound in bounds],
        never_happened=[exposure.unit for exposure in exposures if exposure.count <= 0],
    )


def _weakness(bound: Bound) -> tuple[bool, float, str]:
    return bound.upper_95 is None, -(bound.upper_95 or 0.0), bound.unit


def _bound(exposure: Exposure, wished: float, totals: Totals) -> Bound:
    recall = round(exposure.recall, 6)
    if exposure.leaks is None:
        return Bound(
            unit=exposure.unit, exposures=exposure.count, recall=recall, leaks=None, lower_95=None, upper_95=None
        )
    if exposure.leaks:
        low, high = interval(exposure.leaks, exposure.count, exposure.recall)
        return Bound(
            unit=exposure.unit, exposures=exposure.count, recall=recall, leaks=exposure.leaks, lower_95=low,
            upper_95=high,
        )  # fmt: skip
    needed = exposures_needed(wished, exposure.recall)
    times = needed / exposure.count if needed is not None else None
    return Bound(
        unit=exposure.unit,
        exposures=exposure.count,
        recall=recall,
        upper_95=upper_bound(exposure.count, exposure.recall),
        needed=needed,
        needed_run_s=round(totals.seconds * times, 1) if times and exposure.grows == "with time" else None,
        needed_tenants=_tenants(exposure, times, totals.tenants_started) if times else None,
    )


def _tenants(exposure: Exposure, times: float, tenants: int) -> int | None:
    """How many tenants bring so many times the exposures; pairs grow with their square."""
    if exposure.grows == "with time":
        return None
    return math.ceil(tenants * (math.sqrt(times) if exposure.grows == "with pairs" else times))


def _statement(bound: Bound, wished: float) -> str:
    unit = f"{bound.unit[0].upper()}{bound.unit[1:]}"
    recall = f" at a recall of {percent(bound.recall, 1)}" if bound.recall < 1 else ""
    if bound.leaks is None or bound.upper_95 is None or bound.lower_95 is None:
        return f"{unit}: {bound.exposures:,}; what leaked can't be told by them."
    if bound.leaks:
        return (
            f"{unit}: {bound.leaks:,} of {bound.exposures:,} leaked{recall}, so with 95 % confidence the rate is "
            f"between {rate(bound.lower_95, up=False)} and {rate(bound.upper_95, up=True)}."
        )
    if bound.upper_95 >= 1:
        return f"{unit}: none of {bound.exposures:,} was seen to leak, and nothing was looked at, so nothing is known."
    return (
        f"{unit}: none of {bound.exposures:,} leaked{recall}, so with 95 % confidence fewer than "
        f"{rate(bound.upper_95, up=True)} do. {_needed(bound, wished)}"
    )


def _needed(bound: Bound, wished: float) -> str:
    if bound.needed is None:
        return ""
    takes = f"To bound that at {percent(wished, 1, 3)} with the same confidence takes {bound.needed:,}"
    takes += " at this recall; " if bound.recall < 1 else "; "
    if bound.exposures >= bound.needed:
        return f"{takes}this run had {bound.exposures:,}."
    if bound.needed_run_s is not None:
        return f"{takes}at this run's rate that is a run of {duration(bound.needed_run_s)}."
    if bound.needed_tenants is not None:
        return f"{takes}that is a run with about {count(bound.needed_tenants, 'tenant')}."
    return f"{takes}this run had {bound.exposures:,}."
