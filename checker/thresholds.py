"""The limits of the profile and how the run stood to them: passed, crossed, or not to be judged and why."""

from __future__ import annotations

import math
from collections.abc import Iterator

from checker.figures import percent, tenants
from checker.judgement_reports import Judgement, ThresholdReport
from checker.latencies import nearest_rank
from checker.summary import NodeHistory, Summary
from config.profile import Profile
from evidence.findings import FindingKind

CPU_SHARE = 0.95
"""Of a process's CPU figures, one a second, the one that 95 % don't exceed: start-up bursts alone cross no limit."""

LATE_SHARE = 0.01
"""Share of the time that a load generator may be late before its latencies stop counting."""


def judge_thresholds(summary: Summary, profile: Profile) -> list[ThresholdReport]:
    """Returns every limit that the profile sets, judged."""
    return [*_startup(summary, profile), *_shares(summary, profile), *_generator(summary, profile)]


def lag_p99_ms(node: NodeHistory) -> float | None:
    """Returns how late the node's event loop came in the 99th of 100 seconds; None without samples."""
    return nearest_rank(sorted(node.lag_ms), 0.99) if node.lag_ms else None


def why_latencies_do_not_count(summary: Summary, limit_ms: float) -> str:
    """Returns why the load generator's lateness spoils the latencies, or an empty string if it does not."""
    watched = [node for node in summary.nodes.values() if node.watched_s > 0]
    if not watched:
        return "nobody measured whether the load generator itself was late"
    unwatched = [node.node for node in summary.nodes.values() if node.tenants and not node.watched_s]
    if unwatched:
        return f"nobody measured whether the load generator {unwatched[0]} itself was late"
    worst = max(watched, key=lambda node: node.late_s / node.watched_s)
    if worst.late_s <= LATE_SHARE * worst.watched_s:
        return ""
    share = percent(worst.late_s, worst.watched_s)
    return (
        f"the load generator {worst.node} itself was more than {limit_ms:,.0f} ms late for {share} of the time, "
        f"{percent(LATE_SHARE, 1)} may be"
    )


def _report(name: str, measured: float | None, limit: float, unit: str, number: int, *, at_least: bool = False,
            why: str = "") -> ThresholdReport:  # fmt: skip
    if measured is None or why:
        judgement = Judgement.INCONCLUSIVE
    else:
        kept = measured >= limit if at_least else measured <= limit
        judgement = Judgement.PASSED if kept else Judgement.CROSSED
    return ThresholdReport(
        name=name,
        title=TITLES[name],
        judgement=judgement,
        measured=measured,
        limit=limit,
        unit=unit,
        measured_text=_quantity(measured, unit),
        limit_text=f"{'at least' if at_least else 'at most'} {_quantity(limit, unit)}",
        count=number,
        why=why,
    )


def _startup(summary: Summary, profile: Profile) -> Iterator[ThresholdReport]:
    """Start-up is from asking for a token to the first frame of the first chat.

    A tenant that asked and never got a frame counts as slower than all others: leaving it out would let the slowest
    improve the figure.
    """
    limits = profile.thresholds
    asked = {number: tenant for number, tenant in summary.tenants.items() if tenant.first_chat is not None}
    times_ms = sorted(ms for tenant in asked.values() if (ms := tenant.startup_ms) is not None)
    missing = [summary.name(number) for number, tenant in asked.items() if tenant.startup_ms is None]
    late = why_latencies_do_not_count(summary, limits.generator_lag_ms)
    ordered = [*times_ms, *(math.inf for _ in missing)]
    for name, share, limit_ms in (
        ("startup_p95_ms", 0.95, limits.startup_p95_ms),
        ("startup_p99_ms", 0.99, limits.startup_p99_ms),
    ):
        if limit_ms is None:
            continue
        measured = nearest_rank(ordered, share) if ordered else None
        why = late
        if measured is None:
            why = "no tenant started a chat"
        elif math.isinf(measured):
            measured, why = None, f"no first frame of a first chat was seen of {tenants(missing)}"
        yield _report(name, measured if measured is None else round(measured, 3), limit_ms, "ms", len(ordered), why=why)


def _shares(summary: Summary, profile: Profile) -> Iterator[ThresholdReport]:
    limits = profile.thresholds
    if limits.success_rate is not None:
        counts = summary.operations.values()
        judged = sum(counted.judged for counted in counts)
        good = sum(counted.answered + counted.due for counted in counts)
        why = "" if judged else "no request was sent that the run did not cut short itself"
        yield _report("success_rate", good / judged if judged else None, limits.success_rate, "share", judged,
                      at_least=True, why=why)  # fmt: skip
    if limits.routing_accuracy is not None:
        yield _routing(summary, profile, limits.routing_accuracy)
    if limits.dropped_sessions is not None:
        opened = summary.sessions.connections
        why = "" if opened else "no session was opened"
        lost = float(summary.sessions.lost) if opened else None
        yield _report("dropped_sessions", lost, limits.dropped_sessions, "sessions", opened, why=why)
    if limits.pool_share is not None:
        shares = [
            answer.pool_in_use / answer.pool_limit
            for answers in summary.health.values()
            for answer in answers
            if answer.pool_in_use is not None and answer.pool_limit
        ]
        why = "" if shares else "no health check told how many database connections are in use"
        yield _report("pool_share", max(shares, default=None), limits.pool_share, "share", len(shares), why=why)


def _routing(summary: Summary, profile: Profile, limit: float) -> ThresholdReport:
    operation, counted = profile.operations.routing, summary.operations.get("routing")
    if operation is None or counted is None or not counted.judged:
        why = "the profile has no routing operation" if operation is None else "no routing check was sent"
        return _report("routing_accuracy", None, limit, "share", 0, why=why)
    groups = {f"frame {ending}" for ending in operation.ends}
    misrouted = sum(
        finding.count
        for finding in summary.live
        if finding.kind is FindingKind.MISROUTED_REPLY and finding.group in groups
    )
    accuracy = max(0, counted.answered - misrouted) / counted.judged
    return _report("routing_accuracy", accuracy, limit, "share", counted.judged, at_least=True)


def _generator(summary: Summary, profile: Profile) -> Iterator[ThresholdReport]:
    limits = profile.thresholds
    nodes = summary.nodes.values()
    if limits.generator_memory_mb is not None:
        memory = [max(node.memory_mb) for node in nodes if node.memory_mb]
        yield _report("generator_memory_mb", max(memory, default=None), limits.generator_memory_mb, "MB",
                      sum(len(node.memory_mb) for node in nodes), why=_unmeasured(memory))  # fmt: skip
    if limits.generator_cpu_percent is not None:
        cpu = [nearest_rank(sorted(node.cpu_percent), CPU_SHARE) for node in nodes if node.cpu_percent]
        yield _report("generator_cpu_percent", max(cpu, default=None), limits.generator_cpu_percent, "%",
                      sum(len(node.cpu_percent) for node in nodes), why=_unmeasured(cpu))  # fmt: skip


def _unmeasured(values: list[float]) -> str:
    return "" if values else "no load generator wrote down its own state"


def sentence(threshold: ThresholdReport) -> str:
    """Returns how a limit that is not kept reads as a reason."""
    if threshold.judgement is Judgement.INCONCLUSIVE:
        return f"{threshold.title} can't be judged: {threshold.why}"
    return f"{threshold.title} was {threshold.measured_text}, the limit is {threshold.limit_text}"


def _quantity(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "share":
        return percent(value, 1, digits=3)
    if unit == "sessions":
        return f"{value:,.0f}"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:,.1f} {unit}"


TITLES = {
    "startup_p95_ms": "start-up time (95th percentile)",
    "startup_p99_ms": "start-up time (99th percentile)",
    "success_rate": "success rate",
    "routing_accuracy": "routing accuracy",
    "dropped_sessions": "number of sessions lost",
    "pool_share": "share of database connections in use",
    "generator_memory_mb": "memory of the load generator",
    "generator_cpu_percent": "CPU of the load generator",
}
