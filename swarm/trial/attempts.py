"""Tries what a run will try: the second tenant's doors with the first one's session, and tokens that must be refused.

Whoever writes a profile sees here whether its refusals are recognised, and not after a run. Only the two tenants of the
trial, made by it or named by the profile, are ever asked for.
"""

from __future__ import annotations

import time

import gevent

from config.attempts import Door, Forgery
from config.profile import ATTEMPT, CONTROL, ENTRANCE, Profile
from config.template import placeholders
from evidence.requests import Outcome, Request
from swarm.trial.page import Page
from swarm.trial.talk import Talk
from swarm.trial.trial_run import TrialRun
from tasks.trespassing import judged, lacks_control
from users.base import credentials_of, tls_of
from users.doors import DoorJudge
from users.entering import BOTH_SHOWN_THEIR_OWN, OWN_NOT_SHOWN, try_entrance
from users.forging import show_bad_tokens
from users.presence import Presence
from users.returning import try_to_return

Tried = dict[str, tuple[str, str]]
"""What came of each attempt, by its name as evidence spells it: the outcome (refused, granted, unclear, not_tried, or
answered, if only the stores or later frames could show what an answered one did) and a few words."""
_TAKES_TWO: frozenset[Forgery] = frozenset({"other_name", "contradictory"})
_VICTIM = "victim_"
_NO_CODE = "None"


def try_attempts(run: TrialRun, intruder: Talk, owner: Talk | None, page: Page) -> Tried:
    """Tries every door and every kind of bad token of the profile once, shows what was sent and what came, and judges.

    Args:
        run: the trial.
        intruder: who tries.
        owner: whose doors are tried; None if there is no second tenant.
        page: where it is shown.
    """
    tried: Tried = {}
    doors, kinds = run.profile.attempts.doors, run.profile.attempts.tokens
    if doors:
        page.title("The first tenant at the second one's doors, each right after its owner")
    for name, door in doors.items():
        tried[name] = _try_door(run.profile, name, door, intruder, owner, page)
    entrances = run.profile.attempts.entrances
    if entrances:
        page.title("The first tenant at the second one's entrances, each right after its owner")
    for name in entrances:
        tried[f"{ENTRANCE}{name}"] = _try_entrance(run, name, intruder, owner, page)
    if kinds and run.profile.auth.places:
        page.title("Tokens that must be refused, each right after a good one")
    for kind in kinds:
        tried[f"token: {kind}"] = _try_tokens(run, kind, intruder, owner, page)
    return tried


def may_return(profile: Profile) -> bool:
    """Returns whether a run removes tenants and has them try to come back."""
    leaves = profile.removes_tenants and profile.workload.departures > 0
    return bool(leaves and profile.provisioning.revokes and profile.auth.places)


def try_return(run: TrialRun, gone: Talk, page: Page) -> tuple[str, str]:
    """Has a tenant that was removed come back with the token it had, as in a run; returns what came of it.

    Args:
        run: the trial.
        gone: the tenant, whose session has ended.
        page: where it is shown.
    """
    page.title("A removed tenant comes back with its token")
    gone.listen()
    gevent.sleep(run.profile.provisioning.removed_within_s)
    presence = Presence(run, gone.tenant, sessions=1, rate=1.0, credentials=credentials_of(run), tls=tls_of(run))
    outcome, detail = try_to_return(run, presence)
    if outcome == "refused":
        page.good(f"refused, as it should be: {detail}")
    elif outcome == "granted":
        page.bad(
            f"let in: {detail}; a run would say LEAKING (survived-delete). Does [provisioning] remove as the service "
            "does? If tokens are good until they expire, say provisioning.revokes = false; if it takes a while, "
            "provisioning.removed_within_s"
        )
    else:
        page.bad(f"neither refused nor let in, so that it counts for nothing: {detail}")
    gone.show()
    return outcome, detail


def _try_door(
    profile: Profile, name: str, door: Door, intruder: Talk, owner: Talk | None, page: Page
) -> tuple[str, str]:
    def not_tried(why: str) -> tuple[str, str]:
        page.bad(f"attempts.doors.{name}: could not be tried: {why}")
        return "not_tried", why

    if owner is None:
        return not_tried("there is no second tenant whose door it could be")
    victim = owner.as_victim()
    asked = [name for name in placeholders(door.send) if name.startswith(_VICTIM)]
    if unknown := sorted(name for name in asked if victim.get(name) is None):
        return not_tried(
            f"nothing has handed out {{{unknown[0].removeprefix(_VICTIM)}}} to the second tenant: an operation that it "
            "has said has to teach it (frames.learn, or `learn` of the operation)"
        )
    judge = DoorJudge(profile, owner.tenant.number)
    control = owner.say(f"{CONTROL}{name}", victim)
    if lack := lacks_control(judge, name, control):
        if control is not None and control.outcome is Outcome.ANSWERED:
            lack += ": let `send` ask for what names its owner, or say granted_by = 'answer'"
        return not_tried(lack)
    attempt = intruder.ask(f"{ATTEMPT}{name}", victim)
    if attempt is None:
        return not_tried("the attempt could not be sent")
    outcome, detail = judged(judge, name, attempt)
    if outcome == "refused" and attempt.outcome is Outcome.ANSWERED and door.does != "read":
        page.note(
            f"attempts.doors.{name}: answered, and nothing of the second tenant's was shown; whether it could "
            f"{door.does} what is another's, a run sees by what the other reads afterwards"
            + (" and in the stores" if profile.stores.named() else ", for there is no store to look into")
        )
        intruder.show()
        if profile.operation("state_read") is not None:
            owner.ask("state_read")  # what it shows of the first tenant's is told at once
        return "answered", detail
    if outcome == "refused":
        page.good(f"attempts.doors.{name}: refused, as it should be: {detail}")
        if detail == _NO_CODE:
            where = ", ".join(profile.refusal.code) or "no path at all"
            page.note(f"no code stands at {where} (refusal.code), so that a failure can't be told from such a refusal")
    elif outcome == "granted" and door.leaks_by_design is not None:
        page.note(f"attempts.doors.{name}: let in, which is known: {door.leaks_by_design}")
    elif outcome == "granted":
        page.bad(f"attempts.doors.{name}: {_let_in(profile, door)}")
    else:
        page.bad(f"attempts.doors.{name}: {_unclear(profile, name, intruder, attempt)}")
    intruder.show()
    return outcome, detail


def _let_in(profile: Profile, door: Door) -> str:
    if door.granted_by == "victims_marks":
        return "let in: the answer showed what is the second tenant's; a run would say LEAKING"
    codes, kinds = ", ".join(profile.refusal.code) or "none", ", ".join(profile.refusal.type) or "none"
    return (
        "let in, for it was answered; a run would say LEAKING. If the answer below tells nothing of the second "
        "tenant's, say granted_by = 'victims_marks'; if it is how the service refuses, let [refusal] say so (now: type "
        f"{kinds}, code {codes})"
    )


def _unclear(profile: Profile, name: str, intruder: Talk, attempt: Request) -> str:
    if attempt.outcome is not Outcome.REFUSED:
        why = intruder.why_unanswered(f"{ATTEMPT}{name}", attempt)
        return f"neither refused nor let in, so that it counts for nothing: {attempt.reason or 'no answer'}; {why}"
    code = attempt.reason
    if attempt.told_something:
        return f"refused with '{code}' beside data, which is no refusal: what the data shows has to be looked at"
    if code in profile.refusal.budget:
        return f"refused with '{code}', which says that a budget is spent (refusal.budget), and nothing of rights"
    named = "refusal.broken names it" if code in profile.refusal.broken else "its name says so"
    return (
        f"refused with '{code}', which counts as a failure and not as a refusal ({named}): if it is how the service "
        "refuses, let refusal.code lead to a code that says so, or give it a name of its own in refusal.texts"
    )


def _try_entrance(run: TrialRun, name: str, intruder: Talk, owner: Talk | None, page: Page) -> tuple[str, str]:
    key = f"attempts.entrances.{name}"
    if owner is None:
        page.bad(f"{key}: could not be tried: there is no second tenant whose entrance it could be")
        return "not_tried", "there is no second tenant"
    intruder.listen_aside()
    outcome, detail = try_entrance(run, name, intruder.tenant, owner.tenant, owner.as_victim(), intruder.listen_aside)
    by_marks = run.profile.attempts.entrances[name].by_marks
    after = ", right after its owner was " + ("shown its own" if by_marks else "let in")
    _tell(page, key, outcome, detail, after=after, leaks=" (access-granted)" + ("" if by_marks else _IF_ALL_COME_IN))
    intruder.show()
    return outcome, detail


_IF_ALL_COME_IN = (
    ". If the service lets everybody in and shows strangers nothing, say granted_by = 'victims_marks'; if it refuses "
    "by a frame that follows, let [refusal] say so, or within_s be longer"
)


def _tell(page: Page, key: str, outcome: str, detail: str, *, after: str = "", leaks: str = "") -> None:
    """Says what came of trying to connect: ``after`` is what it followed, ``leaks`` what else is said if it let in."""
    if outcome == "refused":
        page.good(f"{key}: refused, as it should be{after}: {detail}")
    elif outcome == "granted":
        page.bad(f"{key}: let in: {detail}; a run would say LEAKING{leaks}")
    elif outcome == "not_tried":
        page.bad(f"{key}: could not be tried: {detail}{_proof_hint(detail)}")
    else:
        page.bad(f"{key}: neither refused nor let in, so that it counts for nothing: {detail}")


def _try_tokens(run: TrialRun, kind: Forgery, intruder: Talk, owner: Talk | None, page: Page) -> tuple[str, str]:
    """The worst of the outcomes of all tokens of a kind."""
    name = f"token: {kind}"
    if owner is None and kind in _TAKES_TWO:
        page.bad(f"{name}: could not be tried: it names a second tenant, and there is none")
        return "not_tried", "there is no second tenant"
    other = intruder.tenant.identity if owner is None else owner.tenant.identity
    results: list[tuple[str, str]] = []
    intruder.listen_aside()
    began_s = time.perf_counter()
    for outcome, detail in show_bad_tokens(run, kind, intruder.tenant, other, run.random, intruder.listen_aside):
        results.append((outcome, detail))
        _tell(page, name, outcome, detail, leaks=f". {_who_lets_in(run.profile)}")
        intruder.show()
    if results and run.profile.on_connect and time.perf_counter() - began_s >= run.profile.target.reply_timeout_s:
        page.note(_waited_in_vain(run.profile, name))
    if not results:
        page.note(f"{name}: can't be made of the claims in [auth.jwt]; leave it out of attempts.tokens")
        return "not_tried", "it can't be made of the claims in [auth.jwt]"
    return max(results, key=lambda result: _WORST.index(result[0]))


def _waited_in_vain(profile: Profile, name: str) -> str:
    return (
        f"{name}: {', '.join(profile.on_connect)}, said on each connection, went unanswered for "
        f"{profile.target.reply_timeout_s:g} s, and so it will each time in a run: if a frame above refuses it without "
        "the request's id, say refusal.without_id = 'only'; otherwise make target.reply_timeout_s shorter"
    )


_WORST = ("refused", "not_tried", "unclear", "granted")


def _who_lets_in(profile: Profile) -> str:
    if profile.auth.proved_by == "opening" and profile.proof is not None:
        return (
            "If the service acknowledges every login and refuses only what is said afterwards, say auth.proved_by = "
            "'operation'"
        )
    return "If it has let nobody in, let auth.proof name an operation that costs nothing and wants a good token"


def _proof_hint(detail: str) -> str:
    """What is missing where nothing shows that somebody was let in, or what is its own."""
    if detail == OWN_NOT_SHOWN:
        return (
            ": let it be a room that holds what was said or stored, `then` ask for that, or within_s be longer; or say "
            "granted_by = 'answer'"
        )
    if detail == BOTH_SHOWN_THEIR_OWN:
        return ": if everybody is greeted with its own, let `then` ask for the room, for only what follows that counts"
    if "nothing says whether" not in detail:
        return ""
    return ": say what greets a tenant (frames.ready), or add an operation that costs nothing, such as state_read"
