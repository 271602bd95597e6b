"""Renewing a login within a session: a fresh token before the old one expires, said or shown on a new connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

import gevent

from config.messages import Operation
from config.profile import RENEWAL
from evidence.records import NOT_FRESH, NOT_RENEWED, RENEWED
from evidence.requests import Outcome, Request
from users.credentials import CredentialRefused, Credentials
from users.held_login import HeldLogin
from users.placing import Introduction
from users.run import NodeRun, SessionUnavailable
from users.session_log import SessionLog
from users.taught import note_taught
from users.tenant import Tenant

_SHORTEST_S = 0.5
"""Between two renewals of a session, however soon its token is said to expire."""


class Renewable(Protocol):
    """What of a session a renewal needs.

    Attributes:
        ordinal: its number within the tenant.
    """

    ordinal: int

    @property
    def is_open(self) -> bool:
        """Whether it has a connection on which its tenant was let in."""

    @property
    def has_ended(self) -> bool:
        """Whether it was ended for good."""

    @property
    def connection(self) -> int:
        """Which of its connections is the latest, counted from 1."""

    def ask(self, name: str, operation: Operation, intended_s: float, extra: Mapping[str, object]) -> Request:
        """Sends a request."""

    def wait(self, request: Request) -> bool:
        """Waits until the request has ended."""

    def wait_idle(self, timeout_s: float) -> None:
        """Waits until no request is open."""

    def give_up(self, reason: str) -> None:
        """Ends the connection; another one is opened."""

    def leave(self) -> None:
        """Closes the connection properly."""

    def reopen(self, *, resume: bool) -> None:
        """Opens another connection."""


class Renewing:
    """Says when the login of one session is to be renewed, and renews it.

    Args:
        run: the run.
        tenant: whose session it is.
        credentials: makes tokens.
        goes_on_with: told the token that has replaced the one before, and what came with it.
        log: where a renewal for which there is no token is written down.

    Attributes:
        moving: whether the session is about to move to a new connection: nobody says anything more on the old one.
    """

    def __init__(
        self, run: NodeRun, tenant: Tenant, credentials: Credentials,
        goes_on_with: Callable[[Mapping[str, object]], None], log: SessionLog,
    ) -> None:  # fmt: skip
        self._run = run
        self._settings = run.profile.auth.renewal
        self._goes_on_with = goes_on_with
        self._log = log
        self.moving = False
        self._tenant = tenant
        self._credentials = credentials
        self._due_s: float | None = None
        self._login: HeldLogin | None = None
        self._renewed: tuple[HeldLogin, float | None] | None = None

    def introduce(self) -> tuple[Introduction, float | None]:
        """Returns with what the session connects, and what getting the token took in milliseconds, as
        ``Credentials.introduce``: with the login that was renewed for it to move, or with the tenant's latest.

        Raises:
            CredentialRefused: no token could be had.
        """
        renewed, self._renewed = self._renewed, None
        return self._credentials.introduce(self._tenant.identity, renewed)

    def logged_in(self, login: HeldLogin | None) -> None:
        """Notes with which login the tenant has just been let in; None if it is none that could be renewed."""
        self._login = login
        if self._settings is None or login is None:
            return
        wait_s = login.renewal_in_s(self._settings)
        self._due_s = None if wait_s is None else time.perf_counter() + max(wait_s, _SHORTEST_S)

    def when_due(self, now_s: float, renew: Callable[[], object]) -> None:
        """Renews apart, and once, if it is time to: whoever keeps all sessions must not wait for one."""
        if self._due_s is not None and now_s >= self._due_s:
            self._due_s = None
            gevent.spawn(renew)

    def renew(self, session: Renewable) -> Request | None:
        """Renews the login with a fresh token, in a message or on a new connection; returns the message, if there is
        one. A renewal that does not succeed costs the connection: the next one logs in anew.
        """
        operation, connection = self._run.profile.renewing, session.connection
        try:
            if operation is None:
                self._move(session)
                return None
            login, _ = self._fresh()
            identity, shown = self._tenant.identity, {**login.token.taught, "token": login.token.text}
            self._run.keep_secrets(self._tenant, login.token.text)
            note_taught(self._run, self._tenant, {**identity.placeholders, **shown}, session.ordinal)
            request = session.ask(RENEWAL, operation, time.perf_counter(), shown)
        except CredentialRefused as error:
            self._log.refused("auth", error.status, f"{NOT_FRESH}{self._tenant.conceal(str(error))}", error)
            self._failed(session, connection, "no fresh token was to be had")
            return None
        except SessionUnavailable:
            return None  # the session was lost meanwhile: whoever mends it logs in
        session.wait(request)
        if request.outcome is Outcome.ANSWERED:
            self._goes_on_with(shown)
            self.logged_in(login)
            self._run.exposures[RENEWED] += 1
        else:
            self._failed(session, connection, "the renewal of its login was not accepted", forget=True)
        return request

    def _failed(self, session: Renewable, connection: int, reason: str, *, forget: bool = False) -> None:
        if session.connection == connection and session.is_open:  # a new one has logged in anew
            self._run.exposures[NOT_RENEWED] += 1
            if forget:  # a token that nobody has accepted
                self._credentials.forget(self._tenant.identity)
            session.give_up(reason)

    def _move(self, session: Renewable) -> None:
        """Has the session close its connection once its replies are in, and open another one with a fresh token.

        Raises:
            CredentialRefused: there is none to be had.
        """
        self.moving = True
        try:
            session.wait_idle(self._run.profile.target.reply_timeout_s)
            self._renewed = self._fresh()
            session.leave()
        finally:
            self.moving = False
        if not self._run.stopping:
            session.reopen(resume=False)
            if session.is_open or not session.has_ended:  # one that its tenant has left needs no login
                self._run.exposures[RENEWED if session.is_open else NOT_RENEWED] += 1

    def _fresh(self) -> tuple[HeldLogin, float | None]:
        """The login with a fresh token, and what getting that took in milliseconds.

        Raises:
            CredentialRefused: there is none to be had.
            SessionUnavailable: there is no login that could be renewed.
        """
        if self._login is None:
            raise SessionUnavailable("the session has no login")
        return self._credentials.renew(self._tenant.identity, self._login)
