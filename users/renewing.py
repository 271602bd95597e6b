"""Renewing a login within a session: a fresh token before the old one expires, said or shown on a new connection."""

from __future__ import annotations

import time
from collections.abc import Callable

import gevent

from users.credentials import Credentials
from users.run import NodeRun
from users.tenant import Tenant

_SHORTEST_S = 0.5
"""Between two renewals of a session, however soon its token is said to expire."""


class Renewing:
    """Says when the login of one session is to be renewed, and brings the fresh token.

    Args:
        run: the run.
        tenant: whose session it is.
        credentials: makes tokens.
    """

    def __init__(self, run: NodeRun, tenant: Tenant, credentials: Credentials) -> None:
        self._settings = run.profile.auth.renewal
        self._tenant = tenant
        self._credentials = credentials
        self._due_s: float | None = None

    def logged_in(self, expires_in_s: float | None) -> None:
        """Notes that the tenant has just shown a token, which expires in so many seconds, as far as anybody knows."""
        if self._settings is None:
            return
        wait_s = self._settings.every_s
        if wait_s is None and expires_in_s is not None and self._settings.before_expiry_s is not None:
            wait_s = expires_in_s - self._settings.before_expiry_s
        self._due_s = None if wait_s is None else time.perf_counter() + max(wait_s, _SHORTEST_S)

    def when_due(self, now_s: float, renew: Callable[[], object]) -> None:
        """Renews apart, and once, if it is time to: whoever keeps all sessions must not wait for one."""
        if self._due_s is not None and now_s >= self._due_s:
            self._due_s = None
            gevent.spawn(renew)

    def fresh_token(self) -> tuple[str, float | None]:
        """Returns a token that was made now, and in how many seconds it expires, None if nobody says so.

        Raises:
            CredentialRefused: there is none to be had.
        """
        identity = self._tenant.identity
        self._credentials.forget(identity)
        token, _ = self._credentials.token(identity)
        return token, self._credentials.expires_in_s(identity)

    def forget(self) -> None:
        """Has the next login begin with a fresh token."""
        self._credentials.forget(self._tenant.identity)
