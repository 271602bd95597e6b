"""The five tests that everybody who asks about isolation asks for, by name, each with a line for what it wants.

Nothing that was not looked at passes: a line is inconclusive if the run gave nothing to judge it by, and "not tested"
if nothing of ours looks at it yet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from checker.accounts import Settlement
from checker.figures import count, percent
from checker.result import CoverageReport, Judgement, TestLine, TestReport, ThresholdReport, Totals
from checker.sufficiency import FAILED_CONNECTS, HOLLOW_SHARE
from checker.summary import Summary
from checker.thresholds import TITLES
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
    removed: Collection[int] = ()  # tenants of whom nothing could be left when the stores were read

    def leaks_of(self, *kinds: FindingKind) -> list[Finding]:
        """Returns the leaks of these kinds."""
        return [leak for leak in self.leaks if leak.kind in kinds]


def five_tests(facts: Facts) -> list[TestReport]:
    """Returns the five tests in their order."""
    tests: tuple[Callable[[Facts], Iterable[TestLine]], ...] = (
        _startup, _contamination, _performance, _scaling, _state,
    )  # fmt: skip
    reports = []
    for name, test in zip(NAMES, tests, strict=True):
        lines = list(test(facts))
        judgement = Judgement.worst(line.judgement for line in lines)
        reports.append(TestReport(name=name, judgement=judgement, lines=lines))
    return reports


def _line(name: str, text: str, judgement: Judgement) -> TestLine:
    return TestLine(name=name, judgement=judgement, text=text)


def _startup(facts: Facts) -> Iterable[TestLine]:
    yield _unique_ids(facts)
    yield _own_answers(facts, ("chat",), "own context")
    yield _nobody_elses(facts)
    yield _threshold(facts, "startup_p95_ms")
    yield from _within_three_minutes(facts)


def _within_three_minutes(facts: Facts) -> Iterable[TestLine]:
    name = "everybody starts within three minutes"
    times_ms = [ms for tenant in facts.summary.tenants.values() if (ms := tenant.startup_ms) is not None]
    if not times_ms:
        yield _line(name, "no start-up was seen whole", INCONCLUSIVE)
        return
    slowest_s = max(times_ms) / 1000
    text = f"the slowest of {count(len(times_ms), 'start-up')} took {slowest_s:,.1f} s"
    yield _line(name, text, PASSED if slowest_s <= STARTUP_LIMIT_S else CROSSED)
    unanswered = sum(
        tenant.first_chat is not None and tenant.startup_ms is None for tenant in facts.summary.tenants.values()
    )
    if unanswered:
        yield _line(
            "everybody's agent starts", f"{count(unanswered, 'tenant')} asked and saw no first frame", INCONCLUSIVE
        )


def _unique_ids(facts: Facts) -> TestLine:
    learnt = facts.summary.learnt
    things = ["agent"] if "agent" in facts.profile.frames.learn else sorted(facts.profile.frames.learn)
    what = "agent instance id" if things == ["agent"] else "id of sessions, threads or agents"
    handed_out = sum(learnt.count[thing] for thing in things)
    shared = len(facts.leaks_of(FindingKind.SHARED_ID))
    name = "unique agent instance ids"
    if shared:
        return _line(name, f"{count(shared, 'pair')} of tenants were handed the same ids", CROSSED)
    if not handed_out:
        return _line(name, f"no {what} was ever handed out", INCONCLUSIVE)
    return _line(
        name, f"{count(handed_out, what, what.replace('id', 'ids', 1))} handed out, none to two tenants", PASSED
    )


def _own_answers(facts: Facts, operations: Iterable[str], name: str) -> TestLine:
    due = shown = 0
    for operation_name in operations:
        operation = facts.profile.operations.get(operation_name)
        counted = facts.summary.operations.get(operation_name)
        if operation is not None and operation.shows_own and counted is not None:
            due += counted.answered
            shown += counted.showed_own
    if not due:
        return _line(name, "no answer was seen that had to show it", INCONCLUSIVE)
    text = f"{shown:,} of {count(due, 'answer')} ({percent(shown, due)}) showed the tenant's own marks"
    return _line(name, text, PASSED if due - shown <= HOLLOW_SHARE * due else INCONCLUSIVE)


def _nobody_elses(facts: Facts) -> TestLine:
    name = "nothing of another tenant in any frame"
    kinds = (FindingKind.MISROUTED_REPLY, FindingKind.FOREIGN_CONTENT, FindingKind.WRONG_IDENTITY,
             FindingKind.FOREIGN_BUDGET)  # fmt: skip
    found = facts.leaks_of(*kinds)
    inspected = count(facts.totals.frames_inspected, "inspected frame")
    if found:
        return _line(name, f"{count(sum(leak.count for leak in found), 'sighting')} in {inspected}", CROSSED)
    if not facts.totals.frames_inspected or not facts.totals.answered:
        return _line(name, "no reply was inspected", INCONCLUSIVE)
    if not facts.totals.overlapping_pairs:
        return _line(name, f"nothing in {inspected}, but no two tenants acted at once", INCONCLUSIVE)
    return _line(name, f"nothing in {inspected}", PASSED)


def _threshold(facts: Facts, name: str) -> TestLine:
    for threshold in facts.thresholds:
        if threshold.name == name:
            text = f"{threshold.measured_text} ({threshold.limit_text})"
            return _line(threshold.title, text + (f": {threshold.why}" if threshold.why else ""), threshold.judgement)
    return _line(TITLES[name], "the profile sets no limit", NOT_TESTED)


def _contamination(facts: Facts) -> Iterable[TestLine]:
    yield _nobody_elses(facts)
    name = "private marks of every tenant"
    tenants = len(facts.summary.tenants)
    marks = sum(report.own_marks_expected for report in facts.coverage if report.read)
    if tenants and marks:
        yield _line(name, f"{count(marks, 'mark')} of {count(tenants, 'tenant')} looked for in the stores", PASSED)
    else:
        yield _line(name, "none were looked for in the stores", INCONCLUSIVE)
    yield from _stores(facts)
    yield _accounts(facts)
    yield _refused(facts, "no access with bad credentials", ("connect",))
    yield from _removed(facts)


def _refused(facts: Facts, name: str, does: tuple[str, ...]) -> TestLine:
    """Attempts that were refused, each after its control had succeeded; what was not tried is no pass."""
    attempts = [tried for tried in facts.summary.attempts.values() if tried.does in does]
    granted, refused, unclear, untried = (
        sum(tried.outcomes[outcome] for tried in attempts) for outcome in ("granted", "refused", "unclear", "not_tried")
    )
    if granted:
        return _line(name, f"{granted:,} of {count(granted + refused + unclear, 'attempt')} were granted", CROSSED)
    if not attempts:
        return _line(name, "nothing tried it", NOT_TESTED)
    text = f"{refused:,} of {count(refused + unclear, 'attempt')} refused, each after its control had succeeded"
    never = [
        door for door, tried in facts.summary.attempts.items() if tried.does in does and not tried.outcomes["refused"]
    ]
    if unclear or untried:
        text += f"; {unclear:,} with an unclear end, {untried:,} without a control"
    return _line(name, text, INCONCLUSIVE if never or not refused else PASSED)


def _removed(facts: Facts) -> Iterable[TestLine]:
    """What outlives its tenant; a profile that can't remove tenants is told so by a note."""
    name = "nothing outlives its tenant"
    found = facts.leaks_of(FindingKind.SURVIVED_DELETE)
    gone = len(facts.removed)
    if found:
        yield _line(name, f"{count(sum(leak.count for leak in found), 'sighting')} of removed tenants", CROSSED)
    elif gone:
        whole = all(report.read and not report.skipped for report in facts.coverage)
        text = f"nothing of {count(gone, 'removed tenant')} was found in the stores"
        yield _line(name, text, PASSED if whole else INCONCLUSIVE)
    elif facts.profile.removes_tenants:
        yield _line(name, "nobody was removed, or too late to be looked for", NOT_TESTED)
    if facts.removed and facts.profile.provisioning.revokes:
        yield _refused(facts, "who was removed is not let in again", ("return",))


def _stores(facts: Facts) -> Iterable[TestLine]:
    if not facts.coverage:
        knowingly = facts.profile.stores.none is not None
        judgement = NOT_TESTED if knowingly else INCONCLUSIVE
        yield _line("nothing misfiled in the stores", "no store was checked", judgement)
    for report in facts.coverage:
        yield _store(facts, report)


def _store(facts: Facts, report: CoverageReport) -> TestLine:
    name = f"nothing misfiled in {report.store}"
    misfiled = [
        leak for leak in facts.leaks_of(FindingKind.MISFILED_DATA) if leak.first.place.startswith(f"{report.store} ")
    ]
    if misfiled:
        return _line(name, count(sum(leak.count for leak in misfiled), "misfiled place"), CROSSED)
    if not report.read:
        return _line(name, f"{report.store} was not read", INCONCLUSIVE)
    units = count(report.units, report.unit)
    found = f"{report.own_marks_found:,} of {report.own_marks_expected:,} own marks found again"
    whole = (
        report.recall is not None
        and report.recall >= facts.profile.thresholds.recall
        and not report.skipped
        and report.control_caught
    )
    return _line(name, f"nothing in {units}, {found}", PASSED if whole else INCONCLUSIVE)


def _accounts(facts: Facts) -> TestLine:
    name = "private budgets settle"
    kinds = (FindingKind.ACCOUNT_MISMATCH, FindingKind.NOT_REFUSED, FindingKind.REFUSED_TOO_EARLY)
    violations = facts.leaks_of(*kinds)
    settlement = facts.settlement
    total = settlement.settled + settlement.unsettled
    if violations:
        return _line(name, f"{count(len(violations), 'finding')} that the accounts can't explain", CROSSED)
    if not total:
        return _line(name, "no account was looked for in a store", INCONCLUSIVE)
    text = f"{settlement.settled:,} of {count(total, 'account')} settled"
    return _line(name, text, PASSED if not settlement.unsettled else INCONCLUSIVE)


def _performance(facts: Facts) -> Iterable[TestLine]:
    for name in ("startup_p95_ms", "startup_p99_ms", "success_rate", "generator_memory_mb", "generator_cpu_percent",
                 "pool_share"):  # fmt: skip
        yield _threshold(facts, name)


def _scaling(facts: Facts) -> Iterable[TestLine]:
    sessions, most = facts.summary.sessions, facts.totals.peak_sessions
    enough = most >= SESSIONS_WANTED
    text = f"{count(most, 'session')} open at once"
    yield _line(f"{SESSIONS_WANTED} sessions at once", text, PASSED if enough else NOT_TESTED)
    yield _threshold(facts, "routing_accuracy")
    yield _threshold(facts, "dropped_sessions")
    attempts = sessions.connections + sessions.failures
    rate = facts.profile.thresholds.success_rate
    if attempts:
        kept = sessions.failures <= (FAILED_CONNECTS if rate is None else 1.0 - rate) * attempts
        text = f"{sessions.failures:,} of {count(attempts, 'connect')} failed"
        yield _line("connects succeed", text, PASSED if kept else CROSSED)
    yield _termination(facts)


def _termination(facts: Facts) -> TestLine:
    sessions, name = facts.summary.sessions, "sessions end cleanly"
    open_still = sessions.connections - sessions.closed - sessions.dropped - sessions.lost
    if not sessions.connections:
        return _line(name, "no session was opened", INCONCLUSIVE)
    if open_still > 0:
        return _line(name, f"{open_still:,} of {count(sessions.connections, 'connection')} never ended", INCONCLUSIVE)
    text = f"{sessions.closed:,} closed, {sessions.dropped:,} dropped on purpose, {sessions.lost:,} lost"
    return _line(name, text, CROSSED if sessions.lost else PASSED)


def _state(facts: Facts) -> Iterable[TestLine]:
    yield _own_answers(facts, ("state_read", "history"), "own state read back")
    yield from _stores(facts)
    yield _accounts(facts)
    yield _refused(facts, "nobody reads another's state through the service", ("read", "resume", "subscribe"))
    yield _refused(facts, "nobody changes another's state through the service", ("change", "spend"))
