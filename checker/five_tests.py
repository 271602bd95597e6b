"""The five tests that everybody who asks about isolation asks for, by name, each with a line for what it wants.

Nothing that was not looked at passes: a line is inconclusive if the run gave nothing to judge it by, and "not tested"
if nothing of ours looks at it yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from checker.accounts import Settlement
from checker.figures import count, percent
from checker.result import CoverageReport, Judgement, TestReport, ThresholdReport, Totals
from checker.sufficiency import FAILED_CONNECTS
from checker.summary import Summary
from config.profile import Profile
from evidence.findings import Finding, FindingKind

NAMES = (
    "Concurrent agent startup isolation",
    "Cross-contamination detection",
    "Performance under concurrent load",
    "WebSocket connection scaling",
    "State persistence isolation",
)
STARTUP_LIMIT_S = 180
SESSIONS_WANTED = 100

Line = tuple[str, Judgement]
PASSED, CROSSED, INCONCLUSIVE, NOT_TESTED = (
    Judgement.PASSED,
    Judgement.CROSSED,
    Judgement.INCONCLUSIVE,
    Judgement.NOT_TESTED,
)


@dataclass(frozen=True)
class Facts:
    """What the five tests are judged from."""

    summary: Summary
    profile: Profile
    totals: Totals
    leaks: list[Finding]
    coverage: list[CoverageReport]
    settlement: Settlement
    thresholds: list[ThresholdReport]

    def leaks_of(self, *kinds: FindingKind) -> list[Finding]:
        """Returns the leaks of these kinds."""
        return [leak for leak in self.leaks if leak.kind in kinds]


def five_tests(facts: Facts) -> list[TestReport]:
    """Returns the five tests in their order."""
    tests: tuple[Callable[[Facts], Iterable[Line]], ...] = (_startup, _contamination, _performance, _scaling, _state)
    reports = []
    for name, test in zip(NAMES, tests, strict=True):
        lines = list(test(facts))
        judgement = Judgement.worst(judgement for _, judgement in lines)
        reports.append(TestReport(name=name, judgement=judgement, lines=lines))
    return reports


def _startup(facts: Facts) -> Iterable[Line]:
    yield _unique_ids(facts)
    yield _own_answers(facts, ("chat",), "own context", "first answers and later ones")
    yield _nobody_elses(facts)
    yield _threshold(facts, "startup_p95_ms")
    slowest = [ms for tenant in facts.summary.tenants.values() if (ms := tenant.startup_ms) is not None]
    missing = len(facts.summary.tenants) - len(slowest)
    if not slowest:
        yield "no start-up was seen whole", INCONCLUSIVE
    else:
        seconds = max(slowest) / 1000
        text = (
            f"the slowest of {count(len(slowest), 'start-up')} took {seconds:,.1f} s, {STARTUP_LIMIT_S} s are allowed"
        )
        yield text, PASSED if seconds <= STARTUP_LIMIT_S else CROSSED
        if missing:
            yield f"{count(missing, 'tenant')} never started a chat: their start-up is not judged", NOT_TESTED


def _unique_ids(facts: Facts) -> Line:
    learnt = facts.summary.learnt
    things = ["agent"] if "agent" in facts.profile.frames.learn else sorted(facts.profile.frames.learn)
    handed_out = sum(learnt.count[thing] for thing in things)
    what = "agent instance" if things == ["agent"] else "session, thread or agent"
    shared = len(facts.leaks_of(FindingKind.SHARED_ID))
    if shared:
        return f"{count(shared, 'pair')} of tenants were handed the same ids", CROSSED
    if not handed_out:
        return f"no {what} id was ever handed out", INCONCLUSIVE
    return f"{count(handed_out, f'{what} id')} handed out, none to two tenants", PASSED


def _own_answers(facts: Facts, operations: Iterable[str], what: str, which: str) -> Line:
    due = shown = 0
    for name in operations:
        operation, counted = facts.profile.operations.get(name), facts.summary.operations.get(name)
        if operation is not None and operation.shows_own and counted is not None:
            due += counted.answered
            shown += counted.showed_own
    if not due:
        return f"{what}: no answer was seen that had to show it", INCONCLUSIVE
    text = f"{what}: {shown:,} of {due:,} {which} ({percent(shown, due)}) showed the tenant's own marks"
    return text, PASSED if shown >= 0.99 * due else INCONCLUSIVE


def _nobody_elses(facts: Facts) -> Line:
    kinds = (FindingKind.MISROUTED_REPLY, FindingKind.FOREIGN_CONTENT, FindingKind.WRONG_IDENTITY,
             FindingKind.FOREIGN_BUDGET)  # fmt: skip
    found = facts.leaks_of(*kinds)
    inspected = count(facts.totals.frames_inspected, "inspected frame")
    if found:
        return f"{sum(leak.count for leak in found):,} of {inspected} showed what belongs to another tenant", CROSSED
    if not facts.totals.frames_inspected or not facts.totals.answered:
        return "no frame was inspected", INCONCLUSIVE
    if not facts.totals.overlapping_pairs:
        return f"nothing of another tenant in {inspected}, but no two tenants acted at once", INCONCLUSIVE
    return f"nothing of another tenant in {inspected}", PASSED


def _threshold(facts: Facts, name: str) -> Line:
    for threshold in facts.thresholds:
        if threshold.name == name:
            text = f"{threshold.title}: {threshold.measured_text} ({threshold.limit_text})"
            return text + (f": {threshold.why}" if threshold.why else ""), threshold.judgement
    return f"{name}: the profile sets no limit", NOT_TESTED


def _contamination(facts: Facts) -> Iterable[Line]:
    yield _nobody_elses(facts)
    tenants = len(facts.summary.tenants)
    marks = sum(report.own_marks_expected for report in facts.coverage if report.read)
    if tenants and marks:
        yield f"{count(marks, 'private mark')} of {count(tenants, 'tenant')} were looked for in the stores", PASSED
    else:
        yield "no private marks were looked for in the stores", INCONCLUSIVE
    yield from (_store(facts, report) for report in facts.coverage)
    yield _accounts(facts)
    yield "state access with another tenant's credentials: not tested yet", NOT_TESTED


def _store(facts: Facts, report: CoverageReport) -> Line:
    misfiled = [leak for leak in facts.leaks_of(FindingKind.MISFILED_DATA) if leak.first.place.startswith(report.store)]
    if misfiled:
        return f"{report.store}: {count(sum(leak.count for leak in misfiled), 'misfiled place')}", CROSSED
    if not report.read:
        return f"{report.store} was not read", INCONCLUSIVE
    found = f"{report.own_marks_found:,} of {report.own_marks_expected:,} own marks found again"
    units = count(report.units, "row" if report.store == "postgres" else "key")
    whole = (
        report.recall is not None
        and report.recall >= facts.profile.thresholds.recall
        and not report.skipped
        and report.control_caught
    )
    return f"{report.store}: nothing misfiled in {units}, {found}", PASSED if whole else INCONCLUSIVE


def _accounts(facts: Facts) -> Line:
    kinds = (FindingKind.ACCOUNT_MISMATCH, FindingKind.NOT_REFUSED, FindingKind.REFUSED_TOO_EARLY)
    violations = facts.leaks_of(*kinds)
    settlement = facts.settlement
    total = settlement.settled + settlement.unsettled
    if violations:
        return f"private budgets: {count(len(violations), 'account')} can't be explained", CROSSED
    if not total:
        return "private budgets: no account was settled in a store", INCONCLUSIVE
    text = f"private budgets: {settlement.settled:,} of {total:,} accounts settled"
    return text, PASSED if not settlement.unsettled else INCONCLUSIVE


def _performance(facts: Facts) -> Iterable[Line]:
    for name in ("startup_p95_ms", "startup_p99_ms", "success_rate", "generator_memory_mb", "generator_cpu_percent",
                 "pool_share"):  # fmt: skip
        yield _threshold(facts, name)


def _scaling(facts: Facts) -> Iterable[Line]:
    sessions, most = facts.summary.sessions, facts.totals.peak_sessions
    enough = most >= SESSIONS_WANTED
    yield (
        f"{count(most, 'session')} open at once, {SESSIONS_WANTED} are wanted",
        PASSED if enough else NOT_TESTED,
    )
    yield _threshold(facts, "routing_accuracy")
    yield _threshold(facts, "dropped_sessions")
    attempts = sessions.connections + sessions.failures
    if attempts:
        rate = facts.profile.thresholds.success_rate
        kept = sessions.failures <= (FAILED_CONNECTS if rate is None else 1.0 - rate) * attempts
        yield f"{sessions.failures:,} of {count(attempts, 'connect')} failed", PASSED if kept else CROSSED
    ended = sessions.closed + sessions.dropped + sessions.lost
    if not sessions.connections:
        yield "no session was opened, so none was seen to end", INCONCLUSIVE
    elif ended < sessions.connections:
        yield (
            f"{sessions.connections - ended:,} of {count(sessions.connections, 'connection')} never ended",
            INCONCLUSIVE,
        )
    else:
        yield (
            f"all of {count(sessions.connections, 'connection')} ended: {sessions.closed:,} closed, "
            f"{sessions.dropped:,} dropped on purpose, {sessions.lost:,} lost",
            PASSED if not sessions.lost else CROSSED,
        )


def _state(facts: Facts) -> Iterable[Line]:
    yield _own_answers(facts, ("state_read", "history"), "own state read back", "answers")
    yield from (_store(facts, report) for report in facts.coverage)
    yield _accounts(facts)
    yield "reading another tenant's state through the service: not tested yet", NOT_TESTED
    yield "changing another tenant's state through the service: not tested yet", NOT_TESTED
