"""Were the profile's doors and bad tokens tried, so that something came of it? Plain functions that return sentences.

A door that nobody found shut is not shut: an attempt counts once it was refused or granted, after its control.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from checker.figures import count, listed
from checker.summary import AttemptCount, Summary
from config.profile import ENTRANCE, Profile
from evidence.records import EMPTY_ANSWER, RETURN, SHOWN_NOTHING

TRESPASSING = "Trespassing"
"""How the names of the Locust user classes begin that try doors and tokens."""
TRIED_IN_VAIN = 3
"""After so many attempts that ended unclear or lacked their control it is no accident."""
VOID_AT_A_DOOR = 0.5
"""Above this share of attempts at one door (of three or more) that came to nothing, the door was not tried enough."""
VOID_OF_ALL = 0.25
"""The same of all attempts together, of which single ones always fall victim to drops."""
ENOUGH_ATTEMPTS = 8

_WORDLESS = {
    EMPTY_ANSWER: "an answer with nothing of the other's",
    SHOWN_NOTHING: "a connection that showed nothing of the other's",
}
"""How somebody is refused without a word, by the detail of the attempt."""


_TRIED_TO_NO_END = (
    "nothing tried them to the end: let the run be longer, or see in `config check` how long an attempt takes"
)


def nothing_concluded(summary: Summary, profile: Profile) -> list[str]:
    """Doors and tokens that the profile lists must have been tried with some outcome, or every line on access is void.

    A run too small for a tenant of the kind that tries them is told so by a note: its mix asks for one.
    """
    listed_names, wanted = _listed(profile), profile.workload.mix.trespassing > 0
    if not listed_names or any(_concluded(summary, name) for name in summary.attempts if name != RETURN):
        return []
    if wanted and not _trespassed(summary):
        return []
    made = sum(sum(tried.outcomes.values()) for name, tried in summary.attempts.items() if name != RETURN)
    why = (
        f"{count(made, 'attempt')} ended unclear or lacked a control" if made
        else _TRIED_TO_NO_END if wanted
        else "nothing tried them, the mix has no trespassing tenants"
    )  # fmt: skip
    return [f"not one of the profile's {len(listed_names):,} doors and bad tokens was found shut or open: {why}"]


def tried_in_vain(summary: Summary, profile: Profile) -> list[str]:
    """A door or token whose every attempt, and there were several, ended unclear or lacked its control."""
    if nothing_concluded(summary, profile):
        return []  # said of all of them already
    reasons = []
    for name, tried in sorted(summary.attempts.items()):
        made = sum(tried.outcomes.values())
        if made < TRIED_IN_VAIN or _concluded(summary, name):
            continue
        commonest = f", most often: {tried.details.most_common(1)[0][0]}" if tried.details else ""
        reasons.append(
            f"{_spoken(name)} was tried {made:,} times and never found shut or open: {tried.outcomes['unclear']:,} "
            f"ended unclear, {tried.outcomes['not_tried']:,} lacked a control{commonest}"
        )
    return reasons


def hardly_tried(summary: Summary, profile: Profile) -> list[str]:
    """So many attempts came to nothing that the few that were refused speak for themselves only."""
    if nothing_concluded(summary, profile):
        return []
    reasons = []
    for name, tried in sorted(summary.attempts.items()):
        made, void = sum(tried.outcomes.values()), tried.outcomes["unclear"] + tried.outcomes["not_tried"]
        if made >= TRIED_IN_VAIN and _concluded(summary, name) and void > VOID_AT_A_DOOR * made:
            commonest = f", most often: {tried.details.most_common(1)[0][0]}" if tried.details else ""
            reasons.append(
                f"{void:,} of {count(made, 'attempt')} at {_spoken(name)} ended unclear or lacked a control{commonest}"
            )
    every = [tried.outcomes for name, tried in summary.attempts.items() if name != RETURN]
    made = sum(sum(outcomes.values()) for outcomes in every)
    void = sum(outcomes["unclear"] + outcomes["not_tried"] for outcomes in every)
    if not reasons and made >= ENOUGH_ATTEMPTS and void > VOID_OF_ALL * made:
        reasons.append(
            f"{void:,} of all {made:,} attempts at doors and with bad tokens ended unclear or lacked a control"
        )
    return reasons


def owners_shut_out(summary: Summary) -> list[str]:
    """A door that shuts for its owner because another tried it: one tenant takes from another what is its own."""
    doors = Counter(row.door for row in summary.shut_out)
    codes = {row.door: row.reason for row in summary.shut_out}
    return [
        f"{count(times, 'owner was', 'owners were')} refused at {'its' if times == 1 else 'their'} own door {door} "
        f"({codes[door]}) right after another tenant had tried it; right before, {'it' if times == 1 else 'they'} had "
        "been let in"
        for door, times in sorted(doors.items())
    ]


def by_answers(attempts: Iterable[AttemptCount]) -> str:
    """Returns, in brackets, how many were not refused by a word: what such an answer changed is seen elsewhere."""
    details = sum((tried.details for tried in attempts), Counter[str]())
    told = [f"{details[detail]:,} of them by {how}" for detail, how in _WORDLESS.items() if details[detail]]
    return f" ({', '.join(told)})" if told else ""


def notes(summary: Summary, profile: Profile) -> list[str]:
    """What the profile lists and nothing came of, where that is no doubt already."""
    if nothing_concluded(summary, profile):
        return []
    untried = [
        name for name in _listed(profile) if not _concluded(summary, name) and _made(summary, name) < TRIED_IN_VAIN
    ]
    if not untried:
        return []
    names = listed(map(_spoken, untried), 5)
    return [f"never tried with a clear end, though the profile lists them: {names}"]


def _listed(profile: Profile) -> list[str]:
    """The names of all attempts that the profile asks for, as the evidence spells them."""
    entrances = (f"{ENTRANCE}{name}" for name in profile.attempts.entrances)
    return [*profile.attempts.doors, *entrances, *(f"token: {kind}" for kind in profile.attempts.tokens)]


def _made(summary: Summary, name: str) -> int:
    tried = summary.attempts.get(name)
    return sum(tried.outcomes.values()) if tried is not None else 0


def _concluded(summary: Summary, name: str) -> bool:
    tried = summary.attempts.get(name)
    return tried is not None and bool(tried.outcomes["refused"] or tried.outcomes["granted"])


def _trespassed(summary: Summary) -> bool:
    return any(name != RETURN for name in summary.attempts) or any(
        tenant.started is not None and tenant.started.user_class.startswith(TRESPASSING)
        for tenant in summary.tenants.values()
    )


def _spoken(name: str) -> str:
    if name == RETURN:
        return "the return of removed tenants"
    if name.startswith(ENTRANCE):
        return f"the {name.replace(': ', ' ')}"
    kind, colon, rest = name.partition("token: ")
    return f"the {rest} token" if colon and not kind else f"the door {name}"
