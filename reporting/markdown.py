"""The result as a short Markdown page, for the summary of a CI job or a pull request."""

from __future__ import annotations

from checker.finding_reports import CauseReport
from checker.judgement_reports import Judgement
from checker.result import Result, Verdict
from reporting.causes import varied
from reporting.escaping import code, markdown
from reporting.quantities import duration, milliseconds, parties, share

CAUSES_SHOWN = 10
REASONS_SHOWN = 10
_SIGNS = {
    Judgement.PASSED: "✅ pass",
    Judgement.CROSSED: "❌ fail",
    Judgement.INCONCLUSIVE: "❔ unclear",
    Judgement.NOT_TESTED: "➖ not tested",
}
_MARKS = {Verdict.ISOLATED: "✅", Verdict.LEAKING: "❌", Verdict.INCONCLUSIVE: "❔"}


def summary(result: Result) -> str:
    """Returns the page."""
    lines = [
        f"## {_MARKS[result.verdict]} {result.verdict} – {markdown(result.target)}",
        "",
        f"**{markdown(result.headline)}** Exit code {result.exit_code}, run {code(result.run_id)}.",
        "",
        *[f"- {markdown(reason)}" for reason in result.reasons[:REASONS_SHOWN]],
    ]
    if len(result.reasons) > REASONS_SHOWN:
        lines.append(f"- … and {len(result.reasons) - REASONS_SHOWN} more")
    lines += [f"- not covered: {markdown(sentence)}" for sentence in result.not_covered]
    lines += ["", *_figures(result), *_findings(result), *_limits(result), *_tests(result)]
    if result.believe:
        lines += ["<details><summary>What was looked at</summary>", ""]
        lines += [*[f"- {markdown(sentence)}" for sentence in result.believe], "", "</details>", ""]
    lines += _cannot_exclude(result)
    return "\n".join(lines)


def _figures(result: Result) -> list[str]:
    totals = result.totals
    accounts = result.accounts_settled + result.accounts_unsettled
    rows = [
        ("tenants, sessions", f"{totals.tenants_started:,}, {totals.sessions:,} in {duration(totals.seconds)}"),
        (
            "requests",
            f"{totals.sent:,} = {totals.answered:,} answered + {totals.refused:,} refused + {totals.unknown:,} unknown",
        ),
        ("accounts settled", f"{result.accounts_settled:,} of {accounts:,}" if accounts else "none"),
    ]
    for report in result.coverage:
        unit = f"{report.unit}s"
        control = "caught" if report.control_caught else "not caught"
        read = (
            f"{report.units:,} {unit}, recall {share(report.recall)}, control {control}" if report.read else "not read"
        )
        rows.append((report.store, read))
    rows += [
        (
            f"{line.name} ms, p50 / p95 / p99",
            " / ".join(milliseconds(value) for value in (line.p50_ms, line.p95_ms, line.p99_ms)),
        )
        for line in result.latencies
        if line.what == "reply"
    ]
    return ["| | |", "|---|---|", *[f"| {markdown(name)} | {markdown(value)} |" for name, value in rows], ""]


def _findings(result: Result) -> list[str]:
    leaks = [cause for cause in result.causes if cause.severity == "leak"]
    suspicions = [cause for cause in result.causes if cause.severity != "leak"]
    lines: list[str] = []
    if leaks:
        found = result.findings_total - result.suspicions_total
        seen = sum(cause.sightings for cause in leaks)
        lines += [f"### {found:,} findings by cause, {seen:,} sightings", "", *_causes(result, leaks)]
    if suspicions:
        lines += ["### Suspicions, which decide nothing", "", *_causes(result, suspicions)]
    if result.suspicions:
        lines += ["### Side channels suspected, which decide nothing", ""]
        lines += [
            f"- {code(channel.kind)} at {markdown(channel.where)}: {markdown(channel.text)} ({code(channel.doc)})"
            for channel in result.suspicions
        ]
        lines.append("")
    return lines


def _causes(result: Result, causes: list[CauseReport]) -> list[str]:
    examples = {finding.fingerprint: finding for finding in result.findings}
    lines = ["| kind | worst: whose → who got it | where | times | pairs | tenants | page |", f"|{'---|' * 7}"]
    for cause in varied(causes)[:CAUSES_SHOWN]:
        example = examples.get(cause.example)
        who = code(parties(example)) if example is not None else ""
        lines.append(
            f"| {markdown(cause.kind)} | {who} | {code(cause.group)} | {cause.sightings:,} | {cause.pairs:,} | "
            f"{cause.tenants:,} | {code(cause.doc)} |"
        )
    if len(causes) > CAUSES_SHOWN:
        lines += ["", f"… and {len(causes) - CAUSES_SHOWN:,} more in report.html."]
    return [*lines, ""]


def _cannot_exclude(result: Result) -> list[str]:
    sure = result.confidence
    if not sure.statements:
        return []
    lines = ["<details><summary>What this run can't exclude</summary>", ""]
    lines += [f"- {markdown(sentence)}" for sentence in sure.statements]
    if sure.never_happened:
        lines.append(f"- {markdown('Never happened, so nothing is known: ' + ', '.join(sure.never_happened))}.")
    return [*lines, "", "</details>", ""]


def _limits(result: Result) -> list[str]:
    off = [limit for limit in result.thresholds if limit.judgement is not Judgement.PASSED]
    if not off:
        return []
    lines = ["| limit | measured | allowed | |", "|---|---|---|---|"]
    for limit in off:
        cells = (markdown(text) for text in (limit.title, limit.measured_text, limit.limit_text))
        lines.append(f"| {' | '.join(cells)} | {_SIGNS[limit.judgement]} |")
    return [*lines, ""]


def _tests(result: Result) -> list[str]:
    if not result.tests:
        return []
    signs = {**_SIGNS, Judgement.NOT_TESTED: "➖ in part"}
    rows = [
        f"| {number} {markdown(test.name)} | {signs[test.judgement]} |"
        for number, test in enumerate(result.tests, start=1)
    ]
    return ["| test | |", "|---|---|", *rows, ""]
