"""All suspicions of side channels that a run gives rise to."""

from __future__ import annotations

from collections import Counter

from checker.existence import existence_told
from checker.figures import count
from checker.finding_reports import SuspicionReport
from checker.guessing import guessable_ids
from checker.noise import noisy_neighbour
from checker.summary import Summary
from checker.suspicion_kinds import SuspicionKind, suspicion


def suspicions(summary: Summary) -> list[SuspicionReport]:
    """Returns them, those first that take something from a tenant."""
    names = [tenant.provisioned.name for tenant in summary.tenants.values() if tenant.provisioned]
    return [
        *_owners_shut_out(summary),
        *existence_told(summary.door_answers, summary.header.run_id),
        *noisy_neighbour(summary.chats, summary.loud_moments, summary.header.run_id),
        *guessable_ids({key: row.tenant for key, row in summary.learnt.owners.items()}, names),
    ]


def _owners_shut_out(summary: Summary) -> list[SuspicionReport]:
    if not summary.shut_out:
        return []
    doors = Counter(row.door for row in summary.shut_out)
    first = summary.shut_out[0]
    return [
        suspicion(
            SuspicionKind.OWNER_SHUT_OUT,
            where=f"the door{'s' if len(doors) > 1 else ''} {', '.join(sorted(doors))}",
            text=(
                f"{count(len(summary.shut_out), 'time')} an owner that had just been let in was refused after another "
                f"tenant's attempt, first tenant {summary.name(first.tenant)} with {first.reason}"
            ),
        )
    ]
