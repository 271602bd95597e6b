"""The plain figures of a run as parts of the result: totals, operations, nodes, exposures."""

from __future__ import annotations

from checker import completeness, sufficiency
from checker.figure_reports import AttemptReport, NodeReport, OperationReport, Totals
from checker.overlap import peak
from checker.summary import Summary
from checker.thresholds import lag_p99_ms
from config.profile import Profile


def totals_of(summary: Summary) -> Totals:
    """Returns the counts of the run."""
    operations = summary.operations.values()
    ledgers = [tenant.ledger for tenant in summary.tenants.values() if tenant.ledger is not None]
    sessions, header = summary.sessions, summary.header
    return Totals(
        tenants=len(summary.tenants),
        tenants_started=len(summary.acted),
        sessions=sessions.sessions,
        connections=sessions.connections,
        sent=summary.sent,
        answered=summary.answered,
        refused=sum(count.refused for count in operations),
        refused_as_due=sum(count.due for count in operations),
        unknown=sum(count.unknown for count in operations),
        unknown_on_purpose=sum(count.on_purpose for count in operations),
        late_answers=sum(count.late_answers for count in operations),
        frames=sum(ledger.frames for ledger in ledgers),
        frames_inspected=summary.frames_inspected,
        unsolicited=sum(ledger.unsolicited for ledger in ledgers),
        duplicates=sum(ledger.duplicates for ledger in ledgers),
        unmatched=sum(ledger.unmatched for ledger in ledgers),
        overlapping_pairs=sufficiency.pairs(summary),
        peak_sessions=peak(sessions.opened_at_s, sessions.ended_at_s),
        locust_requests=header.locust_requests,
        drops_on_purpose=sessions.dropped,
        drops_unwanted=sessions.lost,
        connect_failures=sessions.failures,
        seconds=round(max(0.0, (header.ended_at_s or header.started_at_s) - header.started_at_s), 3),
    )


def operation_reports(summary: Summary, profile: Profile) -> list[OperationReport]:
    """Returns the requests of each operation by how they ended."""
    reports = []
    for name, count in sorted(summary.operations.items()):
        operation = profile.operations.get(name)
        reports.append(
            OperationReport(
                operation=name,
                sent=count.sent,
                answered=count.answered,
                refused=count.refused,
                expected_refusals=count.due,
                unknown=count.unknown,
                said=count.said,
                showed_own=count.showed_own if operation is not None and operation.shows_own else None,
                reasons=dict(count.reasons.most_common(10)),
            )
        )
    return reports


def attempt_reports(summary: Summary) -> list[AttemptReport]:
    """Returns what came of the attempts at each door and with each kind of bad token."""
    return [
        AttemptReport(
            name=name,
            does=count.does,
            refused=count.outcomes["refused"],
            granted=count.outcomes["granted"],
            unclear=count.outcomes["unclear"],
            not_tried=count.outcomes["not_tried"],
            details=dict(count.details.most_common(5)),
        )
        for name, count in sorted(summary.attempts.items())
    ]


def node_reports(summary: Summary) -> list[NodeReport]:
    """Returns what is known of each load-generating process."""
    return [
        NodeReport(
            node=node.node,
            tenants=node.tenants,
            requests=node.requests,
            rows=node.lines,
            complete=completeness.is_complete(summary, node),
            control_caught=any(control.caught for control in node.controls),
            lag_p99_ms=lag_p99_ms(node),
            cpu_max_percent=max(node.cpu_percent, default=None),
            memory_max_mb=max(node.memory_mb, default=None),
        )
        for node in summary.nodes.values()
    ]


def exposures(summary: Summary, totals: Totals) -> dict[str, int]:
    """Returns how often the run did what makes leaks show, by name."""
    return {**dict(sorted(summary.exposures.items())), "overlapping_pairs": totals.overlapping_pairs}
