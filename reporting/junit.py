"""The result as JUnit XML: a suite for each of the five tests, one for the kinds of findings, one for the verdict.

What failed is a failure, what could not be judged an error, what nothing looks at yet is skipped; so a CI server that
knows nothing of isolation is red exactly when the exit code is not 0.
"""

from __future__ import annotations

from collections.abc import Iterable

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from checker.finding_reports import FindingReport
from checker.judgement_reports import Judgement
from checker.judgement_reports import TestReport as NamedTest
from checker.result import Result, Verdict
from evidence.findings import FindingKind
from reporting.escaping import printable
from reporting.quantities import parties

FINDINGS_SHOWN = 20


def junit(result: Result) -> bytes:
    """Returns the XML document in UTF-8."""
    document = JUnitXml("tenant isolation")
    document.add_testsuite(_verdict(result))
    document.add_testsuite(_isolation(result))
    for test in result.tests:
        document.add_testsuite(_named_test(test))
    text: bytes = document.tostring()  # type: ignore[no-untyped-call]
    return text


def _suite(name: str, cases: Iterable[TestCase]) -> TestSuite:
    suite = TestSuite(name)
    for case in cases:
        suite.add_testcase(case)
    return suite


def _case(suite: str, name: str, outcome: Failure | Error | Skipped | None = None) -> TestCase:
    case = TestCase(printable(name), classname=suite)
    if outcome is not None:
        case.result = [outcome]
    return case


def _verdict(result: Result) -> TestSuite:
    told = [*result.reasons, *(f"not covered: {sentence}" for sentence in result.not_covered)]
    text = printable(result.headline) + "".join(f"\n- {printable(sentence)}" for sentence in told)
    outcome: Failure | Error | None = None
    if result.verdict is Verdict.LEAKING or result.exit_code == 1:
        outcome = Failure(printable(result.headline), str(result.verdict))
    elif result.exit_code:
        outcome = Error(printable(result.headline), str(result.verdict))
    if outcome is not None:
        outcome.text = text
    return _suite("verdict", [_case("verdict", "verdict", outcome)])


def _isolation(result: Result) -> TestSuite:
    """A case a kind of finding. Of an inconclusive run no kind passes: it was not looked for well enough."""
    cases = []
    for kind in FindingKind:
        leaks = [finding for finding in result.findings if finding.kind == kind and finding.severity == "leak"]
        outcome: Failure | Skipped | None = None
        if leaks:
            outcome = Failure(f"{sum(leak.count for leak in leaks):,} sightings. {kind.meaning}", kind.value)
            outcome.text = "\n".join([*(_finding(leak) for leak in leaks[:FINDINGS_SHOWN]), f"what to do: {kind.doc}"])
        elif result.verdict is Verdict.INCONCLUSIVE:
            outcome = Skipped("none seen, and the run is inconclusive")
        cases.append(_case("isolation", kind.value, outcome))
    return _suite("isolation", cases)


def _finding(leak: FindingReport) -> str:
    lines = [f"{parties(leak)} in {leak.group} ({leak.count:,}×)", *leak.places[:1], leak.detail, leak.excerpt]
    if leak.reproduce:
        lines.append(f"see it again: {leak.reproduce}")
    return "\n  ".join(printable(line) for line in lines if line)


def _named_test(test: NamedTest) -> TestSuite:
    cases = []
    for line in test.lines:
        outcome: Failure | Error | Skipped | None = None
        text = printable(line.text)
        if line.judgement is Judgement.CROSSED:
            outcome = Failure(text, "crossed")
        elif line.judgement is Judgement.INCONCLUSIVE:
            outcome = Error(text, "inconclusive")
        elif line.judgement is Judgement.NOT_TESTED:
            outcome = Skipped(text)
        cases.append(_case(test.name, line.name, outcome))
    return _suite(test.name, cases)
