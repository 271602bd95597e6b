"""Trying whether somebody is let in who should not be: with a bad token, or after its removal."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence

from config.frames import Refusal
from config.profile import Profile
from evidence.findings import Sighting
from evidence.records import ConnectFailed, Row, SessionEnded
from evidence.requests import Outcome, Request
from users.aside import Aside
from users.run import BUDGET_KINDS, NodeRun, SessionUnavailable
from users.session import Session

REFUSING = {401, 403}
_NOT_NOW = {408, 425, 429}  # too slow, too early, too often: that says nothing of whose token it is
# Policy violation, and the registered codes for unauthorised and forbidden; 4000 to 4999 are the target's own.
REFUSING_CODES = {1008, 3000, 3003, *range(4000, 5000)}


class Trying(Aside):
    """Stands beside the run for one try. What is shown of a budget here can't be right or wrong: nobody keeps account.

    Args:
        run: the run.
        profile: what to connect by, in place of the run's profile.
    """

    def __init__(self, run: NodeRun, profile: Profile | None = None) -> None:
        super().__init__(run, profile)
        self.stopping = True  # one try, and nobody who goes on trying in the background

    def sight(self, sighting: Sighting) -> None:
        """Reports a sighting, unless it is about a budget."""
        if sighting.kind not in BUDGET_KINDS:
            super().sight(sighting)


def try_to_enter(
    trying: Trying, session: Session, asks: Sequence[str], refusing: Collection[int] = REFUSING,
    stay: Callable[[], None] = lambda: None,
) -> tuple[str, str]:  # fmt: skip
    """Opens a session and, once it is open, says these operations on it; the session is ended.

    Args:
        trying: stands beside the run.
        session: the session.
        asks: names of the operations.
        refusing: statuses of the upgrade that say no.
        stay: called once that is through, before the session is ended.

    Returns:
        The outcome (refused, granted, unclear) and a few words about it. Where the target acknowledges every login, or
        says nothing to one, only an operation that is answered counts as being let in.
    """
    profile = trying.profile
    try:
        session.open()
        asked = [_ask(trying, session, name) for name in asks]
        stay()
    except SessionUnavailable:
        return ("refused", session.turned_away) if session.turned_away else _why_not(trying.rows, refusing)
    finally:
        session.finish("tried")
    outcome, detail = _judged(asked, let_in=opening_proves(profile), refusal=profile.refusal)
    closed = [row.code for row in trying.rows if isinstance(row, SessionEnded) and row.code in REFUSING_CODES]
    if outcome == "unclear" and closed:  # it was thrown out while it was asking
        return "refused", closed_with(closed[0])
    return outcome, detail


def opening_proves(profile: Profile) -> bool:
    """Returns whether a session that has opened proves that its token was accepted."""
    if profile.auth.proved_by == "operation":
        return False
    return profile.frames.ready is not None or profile.auth.frame is not None


def said_to_prove(profile: Profile) -> list[str]:
    """Returns the operations that are said because the opening of a session proves nothing."""
    return [] if opening_proves(profile) or profile.proof is None else [profile.proof]


def _ask(trying: Trying, session: Session, name: str) -> Request:
    operation = trying.profile.operation(name)
    assert operation is not None
    request = session.ask(name, operation, time.perf_counter())
    session.wait(request)
    return request


def _judged(asked: Iterable[Request], *, let_in: bool, refusal: Refusal) -> tuple[str, str]:
    said = ["the session became ready"] if let_in else []
    granted, refused = let_in, False
    for request in asked:
        if request.outcome is Outcome.ANSWERED:
            granted = True
            shown = f" and showed {request.own_marks} of its own marks" if request.own_marks else ""
            said.append(f"{request.operation} was answered{shown}")
        else:
            refused = refused or (request.outcome is Outcome.REFUSED and not refusal.is_failure(request.reason))
            said.append(f"{request.operation} was not answered: {request.reason or 'no answer'}")
    detail = ", ".join(said) or "connected, and nothing says whether it was let in"
    return ("granted" if granted else "refused" if refused else "unclear"), detail


def closed_with(code: int | None) -> str:
    """Returns how a connection ended, in words."""
    return f"closed with code {code}"


def _why_not(rows: Iterable[Row], refusing: Collection[int]) -> tuple[str, str]:
    """A failure is no refusal: an answer that says no, or a close code that does, must have come."""
    detail = "no connection"
    for row in rows:
        if isinstance(row, SessionEnded) and row.code is not None:
            return "refused" if row.code in REFUSING_CODES else "unclear", closed_with(row.code)
        if isinstance(row, ConnectFailed):
            detail = row.detail
            no_token = row.stage == "auth" and row.status is not None and 400 <= row.status < 500
            no_token = no_token and row.status not in _NOT_NOW
            if row.status in refusing or no_token:
                return "refused", f"HTTP {row.status}"
    return "unclear", detail
