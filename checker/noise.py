"""Does one tenant's load move another's waiting? An experiment inside the run, judged by a permutation test.

Now and then a conversing tenant is due to be loud, and draws by lot whether it is: half the time it sends many chats
at once, half the time one. So nothing but the loudness differs between the two kinds of moments: neither the time of
the run, nor how many were connected, nor how busy the machine was. What *other* tenants' chats that were sent in the
second after a moment waited for their first frame is ranked among all chats, and the mean ranks after loud and after
quiet moments are compared. If loudness moves nobody, the lots might as well have fallen otherwise: how often lots
thrown anew show as much is the chance of a false alarm.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Sequence
from statistics import fmean

from checker.figures import count
from checker.finding_reports import SuspicionReport
from checker.suspicion_kinds import SuspicionKind, suspicion
from checker.traffic import Chats, LoudMoments

AFTER_S = 1.0
"""So long after a moment others' chats are looked at."""
RARER_THAN = 0.025
"""What chance does more often than this is no suspicion."""
PERMUTATIONS = 1_999
MOMENTS = 2_000
"""More moments make the test no better, only slower."""
ENOUGH_MOMENTS = 4
"""Of each kind; from four loud and four quiet ones on, chance can be as small as it must be."""
SLOWER_BY = 0.2
SLOWER_BY_MS = 10.0
"""What is proven must also matter: a fifth and ten milliseconds more, on average."""


def noisy_neighbour(chats: Chats, moments: LoudMoments, seed: str) -> list[SuspicionReport]:
    """Returns a suspicion if others' chats waited longer after loud moments; none if too few moments were seen.

    Args:
        chats: when chats were sent, by whom, and how long they took to their first frame.
        moments: when tenants were due to be loud, and whether they were.
        seed: of the permutations, so that the same evidence is judged the same.
    """
    chosen = list(zip(moments.at_s, moments.tenants, moments.loud, strict=True))[:MOMENTS]
    loud = [bool(flag) for _, _, flag in chosen]
    if min(sum(loud), len(loud) - sum(loud)) < ENOUGH_MOMENTS or not chats.sent_at_s:
        return []
    order = sorted(range(len(chats.sent_at_s)), key=chats.sent_at_s.__getitem__)
    sent = [chats.sent_at_s[place] for place in order]
    who = [chats.tenants[place] for place in order]
    after = [_others_after(sent, who, at_s, tenant) for at_s, tenant, _ in chosen]
    waits = [chats.first_ms[place] for place in order]
    chance = _chance(after, loud, _centred_ranks(waits), random.Random(seed))
    noisy = {place for places, is_loud in zip(after, loud, strict=True) if is_loud for place in places}
    calm = {place for places in after for place in places} - noisy
    if chance > RARER_THAN or not noisy or not calm:
        return []
    beside, quiet = (fmean(waits[place] for place in places) for places in (noisy, calm))
    if beside - quiet < max(SLOWER_BY_MS, SLOWER_BY * quiet):
        return []
    return [_report(sum(loud), len(noisy), beside, quiet, chance)]


def _others_after(sent: Sequence[float], who: Sequence[int], at_s: float, tenant: int) -> list[int]:
    first, last = bisect_left(sent, at_s), bisect_left(sent, at_s + AFTER_S)
    return [place for place in range(first, last) if who[place] != tenant]


def _centred_ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value among all, from -½ to ½: a few chats that hang can't decide alone."""
    ranks = [0.0] * len(values)
    for rank, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        ranks[place] = (rank + 0.5) / len(values) - 0.5
    return ranks


def _chance(after: Sequence[Sequence[int]], loud: Sequence[bool], ranks: Sequence[float], draw: random.Random) -> float:
    """How often lots that are thrown anew, each with even odds as they were, make as much of a difference."""
    means = [fmean(ranks[place] for place in places) if places else 0.0 for places in after]
    centre = fmean(means)
    sums = [mean - centre for mean in means]
    seen = sum(value if is_loud else -value for value, is_loud in zip(sums, loud, strict=True))
    as_much = 0
    for _ in range(PERMUTATIONS):
        lots = draw.getrandbits(len(sums))
        as_much += sum(value if lots >> place & 1 else -value for place, value in enumerate(sums)) >= seen - 1e-9
    return (1 + as_much) / (1 + PERMUTATIONS)


def _report(loud: int, chats: int, beside_ms: float, quiet_ms: float, chance: float) -> SuspicionReport:
    return suspicion(
        SuspicionKind.NOISY_NEIGHBOUR,
        where="chats",
        text=(
            f"{count(chats, 'chat')} of others waited {beside_ms:.0f} ms on average for a first frame in the second "
            f"after one tenant had been loud ({count(loud, 'time')}), {quiet_ms:.0f} ms after it had not"
        ),
        chance=chance,
    )
