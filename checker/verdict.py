"""From findings, reasons and limits to one word, one exit code and one sentence.

LEAKING beats INCONCLUSIVE beats ISOLATED. The word speaks of isolation alone; limits decide the exit code of an
isolated run and are named in its headline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from checker.figures import count
from checker.finding_reports import FindingReport
from checker.judgement_reports import Judgement, ThresholdReport
from checker.result import Verdict
from checker.thresholds import sentence

SHOWN = 5
"""Leaks named among the reasons."""


@dataclass(frozen=True)
class Decision:
    """The verdict with its exit code, its sentence and its reasons, the weightiest first."""

    verdict: Verdict
    exit_code: Literal[0, 1, 3]
    headline: str
    reasons: list[str]


def decide(
    leaks: Sequence[FindingReport],
    leaks_total: int,
    doubts: Sequence[str],
    thresholds: Sequence[ThresholdReport],
    looked_at: str,
) -> Decision:
    """Returns the decision.

    Args:
        leaks: findings of severity leak that are listed, the weightiest first.
        leaks_total: how many there are in all.
        doubts: why isolation is not proven, the weightiest first.
        thresholds: the limits, judged.
        looked_at: what was looked at, with figures, for the headline of a clean run.
    """
    crossed = [sentence(limit) for limit in thresholds if limit.judgement is Judgement.CROSSED]
    unjudged = [sentence(limit) for limit in thresholds if limit.judgement is Judgement.INCONCLUSIVE]
    rest = [*doubts, *crossed, *unjudged]
    if leaks_total:
        named = [leak_sentence(leak) for leak in _one_of_each_cause(leaks)[:SHOWN]]
        more = [f"and {count(leaks_total - len(named), 'more finding')}"] if leaks_total > len(named) else []
        return Decision(Verdict.LEAKING, 1, _leaking(leaks, leaks_total), [*named, *more, *rest])
    if doubts:
        return Decision(Verdict.INCONCLUSIVE, 3, f"Nothing is proven: {doubts[0]}.", rest)
    if crossed:
        headline = f"No leak in {looked_at}, but {_first_of(crossed)}."
        return Decision(Verdict.ISOLATED, 1, headline, rest)
    if unjudged:
        headline = f"No leak in {looked_at}, but limits could not be judged: {_first_of(unjudged)}."
        return Decision(Verdict.ISOLATED, 3, headline, rest)
    return Decision(Verdict.ISOLATED, 0, f"No leak in {looked_at}.", [])


def _one_of_each_cause(leaks: Sequence[FindingReport]) -> list[FindingReport]:
    """The worst of each cause: a rare one must not drown in one that struck a thousand pairs of tenants."""
    first = {leak.cause or leak.fingerprint: leak for leak in reversed(leaks)}
    return [leak for leak in leaks if first[leak.cause or leak.fingerprint] is leak]


def leak_sentence(leak: FindingReport) -> str:
    """Returns one finding in one sentence: whose data, who got it, where, how often."""
    owner = f"of tenant {leak.owner.name}" if leak.owner else "of a tenant not known"
    recipient = f" at tenant {leak.recipient.name}" if leak.recipient and leak.recipient != leak.owner else ""
    times = f" ({leak.count:,}×)" if leak.count > 1 else ""
    detail = f": {leak.detail}" if leak.detail else ""
    return f"{leak.kind} {owner}{recipient} in {leak.group}{times}{detail}"


def _leaking(leaks: Sequence[FindingReport], total: int) -> str:
    if not leaks:
        return f"{count(total, 'leak')} found."
    first = leaks[0]
    where = f"in {first.group}"
    if first.owner and first.recipient and first.owner != first.recipient:
        what = f"data of tenant {first.owner.name} reached tenant {first.recipient.name} {where}"
    elif first.owner:
        what = f"{first.kind} of tenant {first.owner.name} {where}"
    else:
        what = f"{first.kind} {where}"
    if total == 1:
        return f"One leak: {what} ({count(first.count, 'time')})."
    return f"{count(total, 'leak')}; the most frequent: {what} ({count(first.count, 'time')})."


def _first_of(sentences: list[str]) -> str:
    more = f" (and {count(len(sentences) - 1, 'more limit')})" if len(sentences) > 1 else ""
    return sentences[0] + more
