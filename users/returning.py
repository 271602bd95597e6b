"""A tenant that was removed comes back with the token it had."""

from __future__ import annotations

import time
from collections.abc import Iterable

from config.profile import Profile
from evidence.findings import Sighting
from evidence.records import ConnectFailed, Row, SessionEnded
from evidence.requests import Outcome, Request
from users.aside import Aside
from users.forging import REFUSING, REFUSING_CODES
from users.presence import Presence
from users.run import BUDGET_KINDS, NodeRun
from users.session import Session, SessionUnavailable
from users.tenant import Tenant

_READS = ("state_read", "history")
_OTHERWISE = ("routing", "chat")  # where nothing can be read, whether an operation is answered at all


class _AfterTheEnd(Aside):
    """A tenant's account ended with its removal: what is shown of it now can't be right or wrong."""

    def sight(self, sighting: Sighting) -> None:
        if sighting.kind not in BUDGET_KINDS:
            super().sight(sighting)


def try_to_return(run: NodeRun, gone: Presence) -> tuple[str, str]:
    """Connects as a removed tenant and, once connected, reads what was its own.

    Args:
        run: the run; nothing of this is counted as part of its load.
        gone: what the tenant was, with the token it had.

    Returns:
        The outcome (refused, granted, unclear) and a few words about it.
    """
    aside = _AfterTheEnd(run)
    aside.stopping = True  # one try, and nobody who goes on trying in the background
    tenant = Tenant.of(gone.tenant.identity, run.key)
    tenant.sequence = gone.tenant.sequence  # no id is used twice
    session = gone.session_of(aside, tenant)
    try:
        session.open()
        reads = _read(aside, session)
    except SessionUnavailable:
        return _why_not(aside.rows)
    finally:
        session.finish("return tried")
    profile = run.profile
    let_in = profile.frames.ready is not None or profile.auth.frame is not None
    outcome, detail = _judged(reads, let_in=let_in, broken=profile.refusal.broken)
    refusing = [row.code for row in aside.rows if isinstance(row, SessionEnded) and row.code in REFUSING_CODES]
    if outcome == "unclear" and refusing:  # it was thrown out while it was reading
        return "refused", _closed(refusing[0])
    return outcome, detail


def _read(aside: Aside, session: Session) -> list[Request]:
    reads = []
    for name in _said(aside.profile):
        operation = aside.profile.operation(name)
        assert operation is not None
        reads.append(session.ask(name, operation, time.perf_counter()))
        session.wait(reads[-1])
    return reads


def _said(profile: Profile) -> list[str]:
    """What somebody who is back asks for."""
    reads = [name for name in _READS if profile.operation(name) is not None]
    return reads or [name for name in _OTHERWISE if profile.operation(name) is not None][:1]


def _judged(reads: Iterable[Request], *, let_in: bool, broken: Iterable[str]) -> tuple[str, str]:
    """Where no frame says that a session may be used, only an answered read shows that somebody was let in."""
    said = ["the session became ready"] if let_in else []
    granted, refused = let_in, False
    for read in reads:
        if read.outcome is Outcome.ANSWERED:
            granted = True
            shown = f" and showed {read.own_marks} of its own marks" if read.own_marks else ""
            said.append(f"{read.operation} was answered{shown}")
        else:
            refused = refused or (read.outcome is Outcome.REFUSED and read.reason not in set(broken))
            said.append(f"{read.operation} was not answered: {read.reason or 'no answer'}")
    detail = ", ".join(said) or "connected, and nothing says whether it was let in"
    return ("granted" if granted else "refused" if refused else "unclear"), detail


def _closed(code: int | None) -> str:
    return f"closed with code {code}"


def _why_not(rows: Iterable[Row]) -> tuple[str, str]:
    """A failure is no refusal: an answer that says no, or a close code that does, must have come."""
    detail, left = "no connection", False
    for row in rows:
        if isinstance(row, SessionEnded):
            if row.code is not None:
                return "refused" if row.code in REFUSING_CODES else "unclear", _closed(row.code)
            left = row.how == "closed"  # we end a session by ourselves when its login was answered with a refusal
        if isinstance(row, ConnectFailed):
            detail = row.detail
            no_token = row.stage == "auth" and row.status is not None and 400 <= row.status < 500
            if row.status in REFUSING or no_token:
                return "refused", f"HTTP {row.status}"
    return ("refused" if left else "unclear"), detail
