"""What the five tests want of isolation, a line each: in frames, at other tenants' doors, in stores and in accounts."""

from __future__ import annotations

from collections.abc import Iterable

from checker.attempted import by_answers
from checker.facts import CROSSED, INCONCLUSIVE, NOT_TESTED, PASSED, Facts, line
from checker.figure_reports import CoverageReport
from checker.figures import count, percent
from checker.judgement_reports import TestLine
from checker.sufficiency import HOLLOW_SHARE
from evidence.findings import FindingKind


def own_answers(facts: Facts, operations: Iterable[str], name: str) -> TestLine:
    """Answers of these operations that had to show the tenant's own marks, and did."""
    due = shown = 0
    for operation_name in operations:
        operation = facts.profile.operations.get(operation_name)
        counted = facts.summary.operations.get(operation_name)
        if operation is not None and operation.shows_own and counted is not None:
            due += counted.owing
            shown += counted.showed_own
    if not due:
        return line(name, "no answer was seen that had to show it", INCONCLUSIVE)
    text = f"{shown:,} of {count(due, 'answer')} ({percent(shown, due)}) showed the tenant's own marks"
    return line(name, text, PASSED if due - shown <= HOLLOW_SHARE * due else INCONCLUSIVE)


def nothing_foreign(facts: Facts) -> TestLine:
    """What frames showed of other tenants."""
    name = "nothing of another tenant in any frame"
    kinds = (FindingKind.MISROUTED_REPLY, FindingKind.FOREIGN_CONTENT, FindingKind.WRONG_IDENTITY,
             FindingKind.FOREIGN_BUDGET)  # fmt: skip
    found = facts.leaks_of(*kinds)
    inspected = count(facts.totals.frames_inspected, "inspected frame")
    if found:
        return line(name, f"{count(sum(leak.count for leak in found), 'sighting')} in {inspected}", CROSSED)
    if not facts.totals.frames_inspected or not facts.totals.answered:
        return line(name, "no reply was inspected", INCONCLUSIVE)
    if not facts.totals.overlapping_pairs:
        return line(name, f"nothing in {inspected}, but no two tenants acted at once", INCONCLUSIVE)
    return line(name, f"nothing in {inspected}", PASSED)


def attempts_refused(facts: Facts, name: str, does: tuple[str, ...]) -> TestLine:
    """Attempts that were refused, each after its control had succeeded; what was not tried is no pass."""
    attempts = [tried for tried in facts.summary.attempts.values() if tried.does in does]
    granted, refused, unclear, untried = (
        sum(tried.outcomes[outcome] for tried in attempts) for outcome in ("granted", "refused", "unclear", "not_tried")
    )
    if granted:
        return line(name, f"{granted:,} of {count(granted + refused + unclear, 'attempt')} were granted", CROSSED)
    if not attempts:
        return line(name, "nothing tried it", NOT_TESTED)
    text = (
        f"{refused:,} of {count(refused + unclear, 'attempt')} refused{by_answers(attempts)}, each after its control "
        "had succeeded"
    )
    never = [
        door for door, tried in facts.summary.attempts.items() if tried.does in does and not tried.outcomes["refused"]
    ]
    if unclear or untried:
        text += f"; {unclear:,} with an unclear end, {untried:,} without a control"
    return line(name, text, INCONCLUSIVE if never or not refused else PASSED)


def nothing_outlives(facts: Facts) -> Iterable[TestLine]:
    """What outlives its tenant; a profile that can't remove tenants is told so by a note."""
    name = "nothing outlives its tenant"
    found = facts.leaks_of(FindingKind.SURVIVED_DELETE)
    gone = len(facts.removed)
    if found:
        yield line(name, f"{count(sum(leak.count for leak in found), 'sighting')} of removed tenants", CROSSED)
    elif gone:
        whole = all(report.read and not report.skipped for report in facts.coverage)
        out = any(store.kept or store.shared for store in facts.profile.stores.named().values())
        text = f"nothing of {count(gone, 'removed tenant')} was found in the stores"
        text += ", in places that are shared or kept on purpose apart" if out else ""
        yield line(name, text, PASSED if whole else INCONCLUSIVE)
    elif facts.profile.removes_tenants:
        yield line(name, "nobody was removed, or too late to be looked for", NOT_TESTED)
    if facts.removed and facts.profile.provisioning.revokes:
        yield attempts_refused(facts, "who was removed is not let in again", ("return",))


def nothing_misfiled(facts: Facts) -> Iterable[TestLine]:
    """What each store holds of one tenant in another's place."""
    if not facts.coverage:
        knowingly = facts.profile.stores.none is not None
        judgement = NOT_TESTED if knowingly else INCONCLUSIVE
        yield line("nothing misfiled in the stores", "no store was checked", judgement)
    for report in facts.coverage:
        yield _store(facts, report)


def _store(facts: Facts, report: CoverageReport) -> TestLine:
    name = f"nothing misfiled in {report.store}"
    misfiled = [
        leak for leak in facts.leaks_of(FindingKind.MISFILED_DATA) if leak.first.place.startswith(f"{report.store} ")
    ]
    if misfiled:
        return line(name, count(sum(leak.count for leak in misfiled), "misfiled place"), CROSSED)
    if not report.read:
        return line(name, f"{report.store} was not read", INCONCLUSIVE)
    units = count(report.units, report.unit)
    found = f"{report.own_marks_found:,} of {report.own_marks_expected:,} own marks found again"
    whole = (
        report.recall is not None
        and report.recall >= facts.profile.thresholds.recall
        and not report.skipped
        and report.control_caught
    )
    return line(name, f"nothing in {units}, {found}", PASSED if whole else INCONCLUSIVE)


def budgets_settle(facts: Facts) -> TestLine:
    """Accounts that settle with what lies in the stores."""
    name = "private budgets settle"
    kinds = (FindingKind.ACCOUNT_MISMATCH, FindingKind.NOT_REFUSED, FindingKind.REFUSED_TOO_EARLY)
    violations = facts.leaks_of(*kinds)
    settlement = facts.settlement
    total = settlement.settled + settlement.unsettled
    if violations:
        return line(name, f"{count(len(violations), 'finding')} that the accounts can't explain", CROSSED)
    if not total:
        return line(name, "no account was looked for in a store", INCONCLUSIVE)
    text = f"{settlement.settled:,} of {count(total, 'account')} settled"
    return line(name, text, PASSED if not settlement.unsettled else INCONCLUSIVE)
