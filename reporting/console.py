"""The summary that a run ends with on a terminal: everything that decides, in some thirty lines."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from checker.figure_reports import CoverageReport
from checker.figures import count, rate
from checker.finding_reports import CauseReport, FindingReport
from checker.judgement_reports import Bound, Judgement
from checker.result import Result, Verdict
from reporting.causes import struck, varied
from reporting.escaping import printable
from reporting.quantities import duration, milliseconds, parties, share

WIDTH = 100
CAUSES_SHOWN = 5
SUSPICIONS_SHOWN = 2
BOUNDS_SHOWN = 2
REASONS_SHOWN = 6
LATENCIES_SHOWN = 6

_COLOURS = {Verdict.ISOLATED: "bold green", Verdict.LEAKING: "bold red", Verdict.INCONCLUSIVE: "bold yellow"}
_SIGNS = {
    Judgement.PASSED: ("pass", "green"),
    Judgement.CROSSED: ("FAIL", "bold red"),
    Judgement.INCONCLUSIVE: ("????", "yellow"),
    Judgement.NOT_TESTED: ("part", "yellow"),
}


def render(result: Result, width: int = WIDTH, colour: bool = False, folder: Path | None = None) -> str:
    """Returns the summary as text.

    Args:
        result: what to show.
        width: columns.
        colour: whether to use a terminal's colours.
        folder: the run folder, to say where the full report lies.
    """
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    parts: tuple[Callable[[Console, Result], None], ...] = (
        _verdict, _findings, _totals, _latencies, _stores, _bounds, _thresholds, _tests,
    )  # fmt: skip
    for part in parts:
        part(console, result)
    if folder is not None:
        console.print(_line("report", printable(str(folder / "report.html"))), soft_wrap=True)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def _line(label: str, text: str, style: str = "") -> Text:
    return Text.assemble((f"{label:<10}", "bold"), (printable(text), style))


def _verdict(console: Console, result: Result) -> None:
    style = _COLOURS[result.verdict]
    console.print(Text.assemble((f"{result.verdict} ", style), (f"(exit {result.exit_code})", "dim")))
    console.print(Text(printable(result.headline), "bold"))
    findings = (*(f"{finding.kind} " for finding in result.findings), "and ")
    reasons = [reason for reason in result.reasons if not reason.startswith(findings)]  # they follow by themselves
    for reason in reasons[:REASONS_SHOWN]:
        console.print(_indented(f"- {reason}"))
    if len(reasons) > REASONS_SHOWN:
        console.print(Text(f"  … and {len(reasons) - REASONS_SHOWN} more reasons in the report"))
    for sentence in result.not_covered:
        console.print(_indented(f"! not covered: {sentence}"))
    if result.exit_code == 0:
        for sentence in result.believe:
            console.print(_indented(f"+ {sentence}"))
    console.print()


def _entry(label: str, text: str) -> Table:
    """A labelled line whose further lines stand under its text."""
    grid = Table.grid(padding=0)
    grid.add_column(width=10, no_wrap=True)
    grid.add_column()
    grid.add_row(Text(label, "bold"), Text(printable(text)))
    return grid


def _indented(text: str) -> Table:
    """A bullet whose further lines stand under its text."""
    grid = Table.grid(padding=0)
    grid.add_column(width=4)
    grid.add_column()
    grid.add_row(f"  {text[:2]}", Text(printable(text[2:])))
    return grid


def _findings(console: Console, result: Result) -> None:
    """By cause: one that struck a thousand pairs of tenants is one entry, and no rare one drowns in it."""
    leaks = [cause for cause in result.causes if cause.severity == "leak"]
    suspicions = [cause for cause in result.causes if cause.severity != "leak"]
    if leaks:
        found, seen = result.findings_total - result.suspicions_total, sum(cause.sightings for cause in leaks)
        label = f"{len(leaks):,} causes of {found:,} findings, {seen:,} sightings"
        _causes(console, result, label if len(leaks) > 1 else label.replace("causes", "cause", 1), leaks, CAUSES_SHOWN)
    if suspicions:
        label = f"{count(result.suspicions_total, 'suspicion')} (no proof: decides nothing)"
        _causes(console, result, label, suspicions, SUSPICIONS_SHOWN)
    for channel in result.suspicions:
        console.print(Text.assemble(("suspicion ", "bold"), (f"{channel.kind} ", "yellow"), printable(channel.where)))
        console.print(Text(f"    {printable(channel.text)}", "dim"))
        console.print(Text(f"    page: {channel.doc}", "dim"))
    if leaks or suspicions or result.suspicions:
        console.print()


def _causes(console: Console, result: Result, label: str, causes: list[CauseReport], shown: int) -> None:
    console.print(_line("findings" if causes[0].severity == "leak" else "beside", label))
    findings = {finding.fingerprint: finding for finding in result.findings}
    explained: set[str] = set()
    for cause in varied(causes)[:shown]:
        example = findings.get(cause.example)
        _cause(console, cause, example)
        if example is not None and cause.kind not in explained:  # once a kind: the page is the same
            explained.add(cause.kind)
            console.print(Text(f"    page: {example.doc}", "dim"))
    if len(causes) > shown:
        console.print(Text(f"  … and {len(causes) - shown:,} more in the report"))


def _cause(console: Console, cause: CauseReport, example: FindingReport | None) -> None:
    style = "red" if cause.severity == "leak" else "yellow"
    what = f"{cause.group}  {cause.sightings:,}× {struck(cause)}".rstrip()
    who = parties(example) if example is not None else ""
    fits = len(f"  {cause.kind} {who}  {what}") <= console.width
    told = f"{who}  {what}" if who and fits else what
    console.print(Text.assemble((f"  {cause.kind} ", style), printable(told)), no_wrap=True, overflow="ellipsis")
    if example is None:
        return
    lines = (("", "" if fits else who), ("at: ", next(iter(example.places), "")), ("see: ", example.reproduce))
    for label, line in lines:
        if line:
            console.print(Text(f"    {label}{printable(line)}", "dim"), no_wrap=True, overflow="ellipsis")


def _totals(console: Console, result: Result) -> None:
    totals = result.totals
    due, ours = f"{totals.refused_as_due:,} due", f"{totals.unknown_on_purpose:,} cut short by us"
    console.print(
        _line(
            "run",
            f"{totals.tenants_started:,} tenants, {totals.sessions:,} sessions on {totals.connections:,} connections, "
            f"{duration(totals.seconds)}",
        )
    )
    console.print(
        _line(
            "requests",
            f"{totals.sent:,} sent = {totals.answered:,} answered + {totals.refused:,} refused "
            f"({due}) + {totals.unknown:,} unknown ({ours})",
        )
    )
    total = result.accounts_settled + result.accounts_unsettled
    accounts = f"{result.accounts_settled:,} of {total:,} settled" if total else "none to settle"
    console.print(_line("accounts", accounts))


def _stores(console: Console, result: Result) -> None:
    if not result.coverage:
        console.print(_line("stores", "none was checked"))
    for report in result.coverage:
        console.print(_line(report.store, _store(report)))


def _store(report: CoverageReport) -> str:
    if not report.read:
        return f"not read: {report.skipped[0] if report.skipped else 'no reason given'}"
    unit = f"{report.unit}s"
    control = "caught" if report.control_caught else "NOT caught" if report.control_planted else "not planted"
    skipped = f", {len(report.skipped)} parts NOT read" if report.skipped else ""
    return (
        f"{report.units:,} {unit}, recall {share(report.recall)} ({report.own_marks_found:,} of "
        f"{report.own_marks_expected:,} own marks), control {control}{skipped}"
    )


def _bounds(console: Console, result: Result) -> None:
    leaked = [bound for bound in result.bounds if bound.leaks]
    rates = leaked or [bound for bound in result.bounds if bound.upper_95 is not None]
    if not rates:
        return
    told = "; ".join(f"{_rate(bound)} of {bound.exposures:,} {bound.unit}" for bound in rates[:BOUNDS_SHOWN])
    console.print(_entry("rates" if leaked else "at most", told))
    wished = share(result.confidence.wished_bound)
    for bound in rates:
        if bound.unit == "replies" and bound.needed is not None:
            text = f"to bound the rate at {wished} takes {bound.needed:,} replies; this run had {bound.exposures:,}"
            console.print(_line("", text))


def _rate(bound: Bound) -> str:
    if bound.leaks:
        return f"{rate(bound.lower_95 or 0.0, up=False)} to {rate(bound.upper_95 or 1.0, up=True)}"
    return rate(bound.upper_95 or 0.0, up=True)


def _latencies(console: Console, result: Result) -> None:
    wanted = [line for line in result.latencies if (line.what, line.name) == ("connect", "total")]
    replies = [line for line in result.latencies if line.what == "reply"]
    wanted += sorted(replies, key=lambda line: -line.count)[: LATENCIES_SHOWN - 1]
    if not wanted:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    for index, title in enumerate(("latency ms", "count", "p50", "p95", "p99", "max")):
        table.add_column(title, justify="right" if index else "left")
    for line in wanted:
        values = (milliseconds(value) for value in (line.p50_ms, line.p95_ms, line.p99_ms, line.max_ms))
        table.add_row(Text(printable(f"{line.what} {line.name}")), f"{line.count:,}", *values)
    console.print(table)


def _thresholds(console: Console, result: Result) -> None:
    if not result.thresholds:
        return
    kept = sum(limit.judgement is Judgement.PASSED for limit in result.thresholds)
    console.print(_line("limits", f"{kept} of {len(result.thresholds)} kept"))
    for limit in result.thresholds:
        if limit.judgement is not Judgement.PASSED:
            sign, style = _SIGNS[limit.judgement]
            text = f"  {sign}  {limit.title}: {limit.measured_text} ({limit.limit_text})"
            console.print(Text(printable(text), style))


def _tests(console: Console, result: Result) -> None:
    for number, test in enumerate(result.tests, start=1):
        sign, style = _SIGNS[test.judgement]
        why = next((f"{one.name}: {one.text}" for one in test.lines if one.judgement is test.judgement), "")
        text = "" if test.judgement is Judgement.PASSED else f": {why}"
        line = Text.assemble((f"  {sign}  ", style), printable(f"{number} {test.name}{text}"))
        console.print(line, no_wrap=True, overflow="ellipsis")
