"""Was anything looked at, where it seems so? Each check is a plain function that returns the reasons why not.

What was refused throughout, never said, never pushed, or belongs to nobody in particular shows no leak in any service.
"""

from __future__ import annotations

from collections import defaultdict

from checker.figures import count, listed, percent
from checker.sufficiency import SIGNS_OF_LIFE
from checker.summary import Summary
from config.profile import TRIED, Profile

REFUSED_SHARE = 0.25
"""More requests of a kind that were refused without being due, and little is known of what it would have answered."""
ENOUGH_REQUESTS = 4


def refused_too_often(summary: Summary) -> list[str]:
    """A service that refuses what tenants may do shows nobody anything, its own data as little as another's."""
    reasons = []
    for name, counted in sorted(summary.operations.items()):
        refused = counted.refused - counted.due
        if name.startswith(TRIED) or not counted.answered or counted.judged < ENOUGH_REQUESTS:
            continue  # without a single answer it is a reason of its own
        if refused > REFUSED_SHARE * counted.judged:
            reasons.append(
                f"{refused:,} of {count(counted.judged, 'request')} of {name} ({percent(refused, counted.judged)}) "
                f"were refused, at most {percent(REFUSED_SHARE, 1)} may; most often: "
                f"{counted.reasons.most_common(1)[0][0]}"
            )
    return reasons


def said_by_nobody(summary: Summary, profile: Profile) -> list[str]:
    """Further operations whose speakers the mix leaves out, so that no run of this profile ever looks at them."""
    there = {kind for kind, weight in profile.workload.mix.model_dump().items() if weight}
    return [
        f"{name} was never said: operations.extra.{name} is for {' and '.join(operation.speakers)} tenants, and "
        "workload.mix has none"
        for name, operation in profile.operations.extra.items()
        if there.isdisjoint(operation.speakers) and name not in summary.operations
    ]


def never_said(summary: Summary, profile: Profile) -> list[str]:
    """What the profile lists and this run did not come to, as a note."""
    names = [name for name in profile.operations.all() if name not in summary.operations and name not in SIGNS_OF_LIFE]
    return [f"never said, though the profile lists it: {listed(names, 5)}"] if names and summary.sent else []


def nothing_pushed(summary: Summary, profile: Profile) -> list[str]:
    """Whoever subscribed and was told nothing at all may have subscribed to nothing."""
    said = [
        name
        for name, operation in profile.operations.all().items()
        if operation.subscribes and name in summary.operations
    ]
    if not said or summary.exposures["unsolicited"] or not summary.answered:
        return []
    return [f"nothing was ever pushed to anybody, though tenants said {listed(said)}: nothing is proven of pushes"]


def called_the_same(summary: Summary) -> list[str]:
    """What two tenants are called says whose nothing is: it is looked for neither in frames nor in stores."""
    owners: dict[str, set[int]] = defaultdict(set)
    for number, tenant in summary.tenants.items():
        if tenant.provisioned is not None:
            for name in (tenant.provisioned.name, *tenant.provisioned.aliases):
                owners[name].add(number)
    shared = sorted(name for name, tenants in owners.items() if len(tenants) > 1)
    if not shared:
        return []
    concerned = set().union(*(owners[name] for name in shared))
    return [
        f"{count(len(concerned), 'tenant')} go by a name that others of them have too, for example {shared[0][:60]}: "
        "whose it is nobody can tell, so correct the service, tenants.columns or provisioning.aliases"
    ]
