"""Was the target still there when the run ended? Each check is a plain function that returns the reasons why not."""

from __future__ import annotations

from checker.figures import count
from checker.request_counter import CUT_SHORT_MARGIN_S
from checker.summary import Summary
from config.profile import Profile

QUIET_S = 5.0
"""Without a single answer for so long, the target may have stopped answering."""
WAITING = 3
"""So many requests must have waited in vain: one or two may be slow by themselves."""


def stopped_answering(summary: Summary, profile: Profile) -> list[str]:
    """A target that froze before the end leaked nothing from then on, and nothing was proven about it.

    Tenants that stop send nothing new and wait for what is open, so that silence as long as that wait is no sign.
    """
    replies = summary.replies
    if not replies.last_answer_at_s:
        return []  # that nothing at all was answered is a reason of its own
    limit_s = max(QUIET_S, profile.workload.drain_s + CUT_SHORT_MARGIN_S)
    quiet_s = replies.last_end_at_s - replies.last_answer_at_s
    waiting = sum(
        to_s > replies.last_answer_at_s and to_s - from_s >= QUIET_S
        for from_s, to_s in zip(replies.open_from_s, replies.open_to_s, strict=True)
    )
    if quiet_s < limit_s or waiting < WAITING:
        return []
    return [
        f"nothing was answered in the last {quiet_s:,.0f} s of the run while {count(waiting, 'request')} were open: "
        "the target stopped answering"
    ]


def unhealthy_at_the_end(summary: Summary, profile: Profile) -> list[str]:
    """A health check that the profile requires must have been good when it was asked last."""
    reasons = []
    for check in profile.health:
        answers = summary.health.get(check.name)
        if check.optional or not answers:
            continue
        last = max(answers, key=lambda answer: answer.at_s)
        if not last.ok:
            reasons.append(
                f"the health check {check.name} was not good when it was last asked"
                + (f": {last.detail}" if last.detail else "")
            )
    return reasons
