"""Why the verdict can be believed: what was looked at, in sentences with figures."""

from __future__ import annotations

from collections.abc import Iterator

from checker.accounts import Settlement
from checker.attempted import by_answers
from checker.completeness import is_complete
from checker.figure_reports import CoverageReport, Totals
from checker.figures import count, percent, rate
from checker.judgement_reports import Bound
from checker.summary import Summary
from evidence.records import RETURN


def believe(
    summary: Summary, totals: Totals, coverage: list[CoverageReport], settlement: Settlement, bounds: list[Bound]
) -> list[str]:
    """Returns the sentences; what was not looked at has none."""
    return [
        *_live(summary, totals),
        *(sentence for report in coverage if report.read for sentence in _store(report)),
        *_accounts(settlement),
        *_nodes(summary, totals),
        *_bounds(bounds),
    ]


def looked_at(totals: Totals, coverage: list[CoverageReport]) -> str:
    """Returns what was looked at in half a sentence, for a headline."""
    parts = [count(totals.answered, "reply", "replies") + f" to {count(totals.tenants_started, 'tenant')}"]
    parts += [count(report.units, report.title) for report in coverage if report.read]
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else f"{parts[0]} (no store was looked at)"


def _live(summary: Summary, totals: Totals) -> Iterator[str]:
    if not totals.frames_inspected:
        return
    inspected = percent(totals.frames_inspected, totals.frames)
    yield (
        f"{count(totals.frames_inspected, 'frame')} ({inspected} of all) were inspected as they arrived, "
        f"{count(totals.answered, 'reply', 'replies')} among them."
    )
    caught = [node.node for node in summary.nodes.values() if any(control.caught for control in node.controls)]
    acting = [node for node in summary.nodes.values() if node.tenants]
    if caught:
        everywhere = "the one node" if len(acting) == 1 else f"all {len(acting):,} nodes"
        where = everywhere if len(caught) >= len(acting) else f"{len(caught):,} of {count(len(acting), 'node')}"
        yield f"A leak planted through the target was seen live on {where}."
    if totals.overlapping_pairs:
        most = totals.tenants_started * (totals.tenants_started - 1) // 2
        yield (
            f"{totals.overlapping_pairs:,} of {most:,} pairs of tenants ({percent(totals.overlapping_pairs, most)}) "
            "acted at the same time."
        )
    exposures = summary.exposures
    told = [
        f"{exposures[name]:,} {words}"
        for name, words in (
            ("in_flight_overlaps", "requests sent while another was open"),
            ("drops_mid_request", "sessions dropped in the middle of a request"),
            ("reconnects", "reconnects"),
            ("resumes", "resumes"),
        )
        if exposures[name]
    ]
    attempts = [tried for name, tried in summary.attempts.items() if name != RETURN]
    if refused := sum(tried.outcomes["refused"] for tried in attempts):
        yield (
            f"{count(refused, 'attempt')} at other tenants' doors and with bad tokens were refused"
            f"{by_answers(attempts)}, each right after the owner or a good token had succeeded with the same."
        )
    if told:
        yield f"What makes leaks show was done: {', '.join(told)}."


def _store(report: CoverageReport) -> Iterator[str]:
    sentence = f"{report.store} at {report.where}: {count(report.units, report.unit)} read"
    if report.own_marks_expected:
        sentence += (
            f", {report.own_marks_found:,} of {report.own_marks_expected:,} own marks found again "
            f"({percent(report.own_marks_found, report.own_marks_expected)})"
        )
    if report.control_planted:
        sentence += f", the planted control {'was' if report.control_caught else 'was not'} caught"
    yield sentence + "."


def _accounts(settlement: Settlement) -> Iterator[str]:
    total = settlement.settled + settlement.unsettled
    if total:
        yield f"{settlement.settled:,} of {count(total, 'account')} settled to the unit."


def _nodes(summary: Summary, totals: Totals) -> Iterator[str]:
    nodes = [node for node in summary.nodes.values() if node.started is not None]
    if not nodes:
        return
    complete = sum(is_complete(summary, node) for node in nodes)
    everybody = f"all {len(nodes):,} nodes" if len(nodes) > 1 else "the one node"
    who = everybody if complete == len(nodes) else f"{complete:,} of {count(len(nodes), 'node')}"
    sentence = f"Evidence arrived whole from {who} ({count(summary.rows, 'row')})"
    if totals.locust_requests is not None and totals.locust_requests == totals.sent:
        sentence += f", and Locust counted the same {count(totals.sent, 'request')}"
    yield sentence + "."


def _bounds(bounds: list[Bound]) -> Iterator[str]:
    if any(bound.leaks != 0 for bound in bounds):
        return  # the rates of what leaked are told elsewhere, and are no reason to believe
    rates = [(bound.upper_95, bound.unit) for bound in bounds if bound.upper_95 is not None]
    if rates and rates[0][0] < 1:
        (weakest, unit), (strongest, best) = rates[0], rates[-1]
        yield (
            f"With 95 % confidence fewer than {rate(weakest, up=True)} of {unit} leak (the weakest of "
            f"{count(len(rates), 'bound')}); of {best} fewer than {rate(strongest, up=True)}."
        )
