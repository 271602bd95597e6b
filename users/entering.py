"""Other tenants' doors that are connections: a room in the address, a conversation in the login or in what follows."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from config.attempts import VICTIM, Entrance
from config.messages import Operations
from config.profile import Profile
from evidence.records import SHOWN_NOTHING
from users.base import credentials_of, tls_of
from users.credentials import CredentialRefused
from users.doors import says_no
from users.forging import good_token, session_with
from users.run import NodeRun, SessionUnavailable
from users.tenant import Tenant
from users.trying import REFUSING, REFUSING_CODES, closed_with, said_to_prove, try_to_enter
from users.watching import Watching

OWN_NOT_SHOWN = "the owner's own access showed nothing of its own"
"""Why nothing is proved by what a connection does not show to another."""
BOTH_SHOWN_THEIR_OWN = (
    "it showed the other its own as well, so that what its owner was shown may be nothing of the room"
)
"""The same where each is shown its own whatever it came for, as by a greeting that holds what it said last."""
_CUT = "it showed more than could be seen through"
_REFUSING = {*REFUSING, 404, 410}
"""What was there for its owner a moment ago and is not for somebody else was refused."""


def by_entrance(profile: Profile, entrance: Entrance) -> Profile:
    """Returns the profile of whoever connects by this entrance."""
    target, auth, operations = profile.target, profile.auth, profile.operations
    if entrance.url is not None:
        target = target.model_copy(update={"url": entrance.url})
    if entrance.send is not None and auth.frame is not None:
        auth = auth.model_copy(update={"frame": auth.frame.model_copy(update={"send": entrance.send})})
    if entrance.by_marks:
        operations = _said_on_demand(operations)
    return profile.model_copy(update={"target": target, "auth": auth, "operations": operations})


def _said_on_demand(operations: Operations) -> Operations:
    """Nothing is said on connecting but what the entrance says: a subscription of one's own would show one's own."""
    quiet = {name: each.model_copy(update={"on_connect": False}) for name, each in operations.all().items()}
    own = {name: each for name, each in quiet.items() if name not in operations.extra}
    return operations.model_copy(update={**own, "extra": {name: quiet[name] for name in operations.extra}})


def try_entrance(
    run: NodeRun, name: str, intruder: Tenant, owner: Tenant, victim: Mapping[str, object],
    before_attempt: Callable[[], None] = lambda: None,
) -> tuple[str, str]:  # fmt: skip
    """Has the owner connect by its own entrance, then another tenant, each with its own token.

    Args:
        run: the run; nothing of this is counted as part of its load.
        name: of the entrance.
        intruder: who tries.
        owner: whose entrance it is.
        victim: the placeholders that name what is the owner's.
        before_attempt: called when the owner has been let in.

    Returns:
        The outcome (refused, granted, unclear; not_tried if there was no control) and a few words about it.
    """
    entrance = run.profile.attempts.entrances[name]
    for asked in sorted(entrance.placeholders):
        if asked.startswith(VICTIM) and victim.get(asked) is None:
            return "not_tried", f"nothing has handed out {{{asked.removeprefix(VICTIM)}}} to its owner"
    try:
        owners = _Visit(run, entrance, owner, victim)
        if lack := _lacks_control(owners):
            return "not_tried", lack
        before_attempt()
        return _came_of(_Visit(run, entrance, intruder, victim), owners, owner.number)
    except CredentialRefused as error:
        return "not_tried", f"no good token could be had: {error}"


class _Visit:
    """One tenant's connection by an entrance.

    Args:
        run: the run.
        entrance: the entrance.
        who: who connects.
        victim: the placeholders that name what is the owner's.

    Attributes:
        seen: what the connection has shown.
        stayed_s: for how long it was listened to once open; None if it was not.

    Raises:
        CredentialRefused: there is no good token to be had.
    """

    def __init__(self, run: NodeRun, entrance: Entrance, who: Tenant, victim: Mapping[str, object]) -> None:
        self.entrance, self._victim = entrance, victim
        self.stayed_s: float | None = None
        self.seen = Watching(run, by_entrance(run.profile, entrance))
        shown = good_token(run.profile, credentials_of(run), who.identity)
        shown = replace(shown, taught={**shown.taught, **victim})
        self._session = session_with(self.seen, shown, who, tls_of(run))

    def make(self, enough: Callable[[], bool], longer_s: float = 0.0) -> tuple[str, str]:
        """Connects and listens until it is enough, the connection has ended or the entrance's time is over, and so much
        longer.

        Returns:
            The outcome (refused, granted, unclear) and a few words about it, what the connection shows left aside.
        """
        asks = [] if self.entrance.by_marks else said_to_prove(self.seen.profile)
        outcome, detail = try_to_enter(self.seen, self._session, asks, _REFUSING, lambda: self._stay(enough, longer_s))
        lost, refusals = self.seen.lost, self.seen.refusals
        if refusals:
            refusal = self.seen.profile.refusal
            noes = [code for code in refusals if says_no(refusal, code)]
            return ("refused", noes[0]) if noes else ("unclear", refusals[0])
        if self.stayed_s is None:
            return outcome, detail
        if lost is not None and lost.code in REFUSING_CODES:
            return "refused", closed_with(lost.code)
        if lost is not None and not asks:  # what was answered before stays so
            return "unclear", closed_with(lost.code) if lost.code is not None else "the connection was lost"
        if not self.entrance.by_marks:
            return outcome, detail
        return ("unclear", _CUT) if self.seen.oracle.cut else ("refused", SHOWN_NOTHING)

    def _stay(self, enough: Callable[[], bool], longer_s: float) -> None:
        began_s, self.stayed_s = time.perf_counter(), 0.0
        if self.entrance.then is not None:
            self.seen.shows_own = False  # what greets everybody is nothing of the room
            with contextlib.suppress(SessionUnavailable):  # that it has ended is judged
                self._session.say(self.entrance.then, self._victim)
        self.seen.watch(enough, self.entrance.within_s + longer_s)
        self.stayed_s = time.perf_counter() - began_s


def _lacks_control(owners: _Visit) -> str:
    """Has the owner connect; returns why that is no control, so that nothing is proved by an attempt; empty if it is.

    Where being let in decides, it must stay so for as long as a refusal is awaited: else that says nothing of rights.
    """
    by_marks = owners.entrance.by_marks
    outcome, detail = owners.make(lambda: by_marks and owners.seen.shows_own)
    if outcome == "granted" or (by_marks and owners.seen.shows_own):
        return ""
    return OWN_NOT_SHOWN if detail == SHOWN_NOTHING else f"its owner was not let in: {detail}"


def _came_of(intruders: _Visit, owners: _Visit, owner: int) -> tuple[str, str]:
    """Has another than the owner connect; what is shown of the owner outweighs any word of refusal.

    Silence decides only after longer than the owner had to wait. Where the other is shown its own as well, nobody knows
    whether the owner was shown the room, nor whether it would have been refused just so.
    """
    by_marks, shown = intruders.entrance.by_marks, intruders.seen.foreign_owners
    longer_s = owners.stayed_s if by_marks and owners.stayed_s is not None else 0.0
    outcome, detail = intruders.make(lambda: owner in shown, longer_s)
    if owner in shown:
        return "granted", "it showed what is the other's"
    if by_marks and outcome == "refused" and intruders.seen.shows_own:
        return "not_tried", BOTH_SHOWN_THEIR_OWN
    return outcome, detail
