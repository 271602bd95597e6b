"""The five tests that everybody who asks about isolation asks for, by name, each with a line for what it wants.

Nothing that was not looked at passes: a line is inconclusive if the run gave nothing to judge it by, and "not tested"
if nothing of ours looks at it yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from checker.facts import CROSSED, INCONCLUSIVE, NOT_TESTED, PASSED, Facts, line, threshold_line
from checker.figures import count
from checker.isolation_lines import (
    attempts_refused,
    budgets_settle,
    nothing_foreign,
    nothing_misfiled,
    nothing_outlives,
    own_answers,
)
from checker.judgement_reports import Judgement, TestLine, TestReport
from checker.sufficiency import FAILED_CONNECTS
from evidence.findings import FindingKind

NAMES = (
    "Concurrent agent startup isolation",
    "Cross-contamination detection",
    "Performance under concurrent load",
    "WebSocket connection scaling",
    "State persistence isolation",
)
STARTUP_LIMIT_S = 180
SESSIONS_WANTED = 100


def five_tests(facts: Facts) -> list[TestReport]:
    """Returns the five tests in their order."""
    tests: tuple[Callable[[Facts], Iterable[TestLine]], ...] = (
        _startup, _contamination, _performance, _scaling, _state,
    )  # fmt: skip
    reports = []
    for name, test in zip(NAMES, tests, strict=True):
        lines = list(test(facts))
        judgement = Judgement.worst(each.judgement for each in lines)
        reports.append(TestReport(name=name, judgement=judgement, lines=lines))
    return reports


def _startup(facts: Facts) -> Iterable[TestLine]:
    yield _unique_ids(facts)
    yield own_answers(facts, ("chat",), "own context")
    yield nothing_foreign(facts)
    yield threshold_line(facts, "startup_p95_ms")
    yield from _within_three_minutes(facts)


def _within_three_minutes(facts: Facts) -> Iterable[TestLine]:
    name = "everybody starts within three minutes"
    times_ms = [ms for tenant in facts.summary.tenants.values() if (ms := tenant.startup_ms) is not None]
    if not times_ms:
        yield line(name, "no start-up was seen whole", INCONCLUSIVE)
        return
    slowest_s = max(times_ms) / 1000
    text = f"the slowest of {count(len(times_ms), 'start-up')} took {slowest_s:,.1f} s"
    yield line(name, text, PASSED if slowest_s <= STARTUP_LIMIT_S else CROSSED)
    unanswered = sum(
        tenant.first_chat is not None and tenant.startup_ms is None for tenant in facts.summary.tenants.values()
    )
    if unanswered:
        yield line(
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
        return line(name, f"{count(shared, 'pair')} of tenants were handed the same ids", CROSSED)
    if not handed_out:
        return line(name, f"no {what} was ever handed out", INCONCLUSIVE)
    return line(
        name, f"{count(handed_out, what, what.replace('id', 'ids', 1))} handed out, none to two tenants", PASSED
    )


def _contamination(facts: Facts) -> Iterable[TestLine]:
    yield nothing_foreign(facts)
    name = "private marks of every tenant"
    tenants = len(facts.summary.tenants)
    marks = sum(report.own_marks_expected for report in facts.coverage if report.read)
    if tenants and marks:
        yield line(name, f"{count(marks, 'mark')} of {count(tenants, 'tenant')} looked for in the stores", PASSED)
    else:
        yield line(name, "none were looked for in the stores", INCONCLUSIVE)
    yield from nothing_misfiled(facts)
    yield budgets_settle(facts)
    yield attempts_refused(facts, "no access with bad credentials", ("connect",))
    yield from nothing_outlives(facts)


def _performance(facts: Facts) -> Iterable[TestLine]:
    for name in ("startup_p95_ms", "startup_p99_ms", "success_rate", "generator_memory_mb", "generator_cpu_percent",
                 "pool_share"):  # fmt: skip
        yield threshold_line(facts, name)


def _scaling(facts: Facts) -> Iterable[TestLine]:
    sessions, most = facts.summary.sessions, facts.totals.peak_sessions
    enough = most >= SESSIONS_WANTED
    text = f"{count(most, 'session')} open at once"
    yield line(f"{SESSIONS_WANTED} sessions at once", text, PASSED if enough else NOT_TESTED)
    yield threshold_line(facts, "routing_accuracy")
    yield threshold_line(facts, "dropped_sessions")
    attempts = sessions.connections + sessions.failures
    rate = facts.profile.thresholds.success_rate
    if attempts:
        kept = sessions.failures <= (FAILED_CONNECTS if rate is None else 1.0 - rate) * attempts
        text = f"{sessions.failures:,} of {count(attempts, 'connect')} failed"
        yield line("connects succeed", text, PASSED if kept else CROSSED)
    yield _termination(facts)


def _termination(facts: Facts) -> TestLine:
    sessions, name = facts.summary.sessions, "sessions end cleanly"
    open_still = sessions.connections - sessions.closed - sessions.dropped - sessions.lost
    if not sessions.connections:
        return line(name, "no session was opened", INCONCLUSIVE)
    if open_still > 0:
        return line(name, f"{open_still:,} of {count(sessions.connections, 'connection')} never ended", INCONCLUSIVE)
    text = f"{sessions.closed:,} closed, {sessions.dropped:,} dropped on purpose, {sessions.lost:,} lost"
    return line(name, text, CROSSED if sessions.lost else PASSED)


def _state(facts: Facts) -> Iterable[TestLine]:
    yield own_answers(facts, ("state_read", "history"), "own state read back")
    yield from nothing_misfiled(facts)
    yield budgets_settle(facts)
    yield attempts_refused(facts, "nobody reads another's state through the service", ("read", "resume", "subscribe"))
    yield attempts_refused(facts, "nobody changes another's state through the service", ("change", "spend"))
