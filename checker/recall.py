"""Recall: which of the run's own marks must lie in a store, and which were found again there.

What is expected: the canaries planted when tenants were provisioned, and the prompt canaries of answered requests of
operations that the profile says the store keeps. What was never answered may or may not lie there and is not expected,
nor is anything of a tenant that was removed in the run. A planted state may have been replaced meanwhile by the tenant
that it belongs to: then one that it wrote later shows as well that its place was read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from checker.figure_reports import CoverageReport
from checker.figures import count, percent
from checker.look import Look
from checker.retention import Fading
from checker.scan import StoreScan
from checker.summary import Summary
from config.profile import Profile
from evidence.marks import MarkKind

UNREADABLE_NAMED = 5


@dataclass(frozen=True)
class Recall:
    """How many own marks were expected in a store and found there, and one that was not.

    Attributes:
        expected: marks that must lie there.
        found: those that do.
        missing: one that does not, in words.
        faded: prompts by operation that the store may have dropped by the profile's word and that were not expected.
    """

    expected: int
    found: int
    missing: str = ""
    faded: Mapping[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float | None:
        """Found of expected; None if nothing was expected."""
        return self.found / self.expected if self.expected else None


def configured_stores(profile: Profile) -> list[str]:
    """Returns the names of the stores that the profile has."""
    return list(profile.stores.named())


def kind_of(profile: Profile, store: str) -> Literal["redis", "postgres"]:
    """Returns which kind of store has this name in the profile."""
    return "postgres" if store in profile.stores.all_postgres() or store == "postgres" else "redis"


def stored_operations(profile: Profile, store: str | None = None) -> list[str]:
    """Returns the operations whose prompts are kept in ``store``, or in any store."""
    chosen = []
    for name, operation in profile.operations.all().items():
        if operation.stored_in and (store is None or store in operation.stored_in):
            chosen.append(name)
    return chosen


def recall(summary: Summary, profile: Profile, scan: StoreScan) -> Recall:
    """Returns how many of the marks that must lie in the scanned store were found there."""
    operations = stored_operations(profile, scan.store)
    fading = Fading(summary.writes, profile, scan.store, scan.read_at_s)
    faded: Counter[str] = Counter()
    renewed = {tenant for kind, tenant, _ in scan.own_marks if kind is MarkKind.STATE}
    expected = found = 0
    missing = ""
    for tenant, kind, sequence in _expected(summary, profile, operations, scan.store, fading, faded):
        expected += 1
        if (kind, tenant, sequence) in scan.own_marks or (kind is MarkKind.STATE and tenant in renewed):
            found += 1
        elif not missing:
            missing = f"the {kind.name.lower()} canary {sequence} of tenant {summary.name(tenant)}"
    return Recall(expected, found, missing, faded)


def _expected(
    summary: Summary, profile: Profile, operations: list[str], store: str, fading: Fading, faded: Counter[str]
) -> Iterator[tuple[int, MarkKind, int]]:
    for number, tenant in summary.tenants.items():
        if number in summary.departures:
            continue  # that it is not there is right
        for entry in tenant.provisioned.planted.get(store, ()) if tenant.provisioned else ():
            kind, _, sequence = entry.partition(":")
            yield number, MarkKind[kind], int(sequence)
        for operation in operations:
            stored: Sequence[int] = tenant.stored.get(operation, ())
            said = profile.operation(operation)
            retention = said.retention.get(store) if said is not None else None
            if retention is not None:
                kept = list(fading.prompts(number, operation, retention))
                faded[operation] += len(stored) - len(kept)
                stored = kept
            for canary in stored:
                yield number, MarkKind.PROMPT, canary


def coverage(summary: Summary, profile: Profile, look: Look) -> CoverageReport:
    """Returns what was read of a store, for the reports."""
    planted = any(control.planted.get(look.store) for control in summary.controls.values())
    scan = look.scan
    if scan is None:
        return CoverageReport(
            store=look.store,
            kind=kind_of(profile, look.store),
            where=look.where,
            read=False,
            skipped=[look.problem],
            control_planted=planted,
        )
    found = recall(summary, profile, scan)
    return CoverageReport(
        store=scan.store,
        kind=kind_of(profile, scan.store),
        where=scan.where,
        read=True,
        units=scan.units,
        elements=scan.elements,
        bytes=scan.bytes,
        containers=scan.containers,
        own_marks_expected=found.expected,
        own_marks_found=found.found,
        missing=found.missing,
        recall=found.share,
        control_planted=planted,
        control_caught=bool(scan.control_findings),
        unattributed=scan.unattributed,
        earlier_runs=scan.earlier_runs,
        left_out=scan.left_out,
        unreadable=scan.unreadable,
        skipped=scan.skipped,
        notes=[*_faded(found, profile, scan.store), *_left_out(scan), *scan.notes, *_left_over(scan)],
        seconds=round(scan.seconds, 3),
    )


def _left_over(scan: StoreScan) -> list[str]:
    """Marks of other runs are findings where they lie in a tenant's place, and worth knowing anywhere else."""
    if not scan.earlier_runs:
        return []
    marks = count(scan.earlier_runs, "mark of another run was", "marks of other runs were")
    return [f"{marks} met; `python -m swarm clean` removes what a run left behind"]


def _faded(found: Recall, profile: Profile, store: str) -> Iterator[str]:
    for name, times in found.faded.items():
        operation = profile.operation(name)
        if times and operation is not None:
            prompts = count(times, f"prompt of {name} was", f"prompts of {name} were")
            kept = operation.retention[store].in_words
            yield f"{prompts} not looked for in {store}, which keeps {kept} by the profile's word"


def _left_out(scan: StoreScan) -> Iterator[str]:
    for what, times in scan.left_out.items():
        yield f"not read in {scan.store}, by the profile's word: {count(times, 'value')} of {what}"


def reasons(reports: list[CoverageReport], profile: Profile) -> list[str]:
    """Returns why the stores don't prove isolation, the weightiest first; empty if they do.

    Args:
        reports: the coverage of every store looked at.
        profile: says which stores there are and how much must be found again.
    """
    looked_at = {report.store for report in reports}
    found = [f"{store} was not read" for store in configured_stores(profile) if store not in looked_at]
    if not configured_stores(profile) and profile.stores.none is None:
        found.append(
            "no store was checked: the profile names neither Redis nor Postgres, so nothing is known of them; "
            "if the target has none to look into, say why under [stores] none"
        )
    for report in reports:
        if not report.read:
            found += report.skipped or [f"{report.store} was not read"]
    for report in reports:
        if report.read:
            found += _of_store(report, profile.thresholds.recall)
    return found


def _of_store(report: CoverageReport, limit: float) -> Iterator[str]:
    where = f"{report.store} at {report.where}"
    if report.skipped:
        more = f" (and {count(len(report.skipped) - 1, 'more part')})" if len(report.skipped) > 1 else ""
        yield f"{where} was not read whole: {report.skipped[0]}{more}"
    for what, times in sorted(report.unreadable.items(), key=lambda item: -item[1])[:UNREADABLE_NAMED]:
        values = count(times, "value")
        yield (
            f"{values} of {what} in {where} can't be read: encrypted, or packed in a form that is not known; if that "
            f"is how it should be, name it in opaque of stores.{report.store}"
        )
    if not report.own_marks_expected:
        yield f"none of this run's own marks was expected in {where}, so reading it proves nothing"
    elif report.own_marks_found < limit * report.own_marks_expected or not report.own_marks_found:
        yield (
            f"only {report.own_marks_found:,} of {report.own_marks_expected:,} own marks "
            f"({percent(report.own_marks_found, report.own_marks_expected)}) were found again in {where}, "
            f"{percent(limit, 1)} are needed; missing is for example {report.missing}"
        )
    if not report.control_planted:
        yield f"no control was planted in {where}, so nothing shows that a leak would be seen there"
    elif not report.control_caught:
        yield f"the control planted in {where} was not caught: a leak there might go unseen"
