"""The tokens of one process's tenants: made when they are needed, kept for reconnects, forgotten when they fail."""

from __future__ import annotations

import time
from dataclasses import replace

from config.profile import Profile
from users.held_login import HeldLogin
from users.http_calls import Caller, caller_of
from users.placing import Introduction, introduce
from users.tenant import TenantIdentity
from users.token_sources import CredentialRefused, Token, TokenSource

__all__ = ["CredentialRefused", "Credentials"]

_SWEEP_EVERY = 256


class Credentials:
    """Keeps the tokens of one process's tenants.

    A token serves a tenant's reconnects for as long as the profile says and at most half its life, so that a swarm that
    reconnects does not turn into a load test of the auth service.

    Args:
        profile: the target profile.
        caller: makes HTTP requests; one of its own when None.
    """

    def __init__(self, profile: Profile, caller: Caller | None = None) -> None:
        self._profile = profile
        self._source = TokenSource(profile, caller or caller_of(profile))
        self._logins: dict[int, HeldLogin] = {}
        self._made = 0

    def introduce(
        self, tenant: TenantIdentity, renewed: tuple[HeldLogin, float | None] | None = None
    ) -> tuple[Introduction, float | None]:
        """Returns with what the tenant connects, and what getting the token took in milliseconds.

        The time is None when the target wants no token or a token was used again.

        Args:
            tenant: who connects.
            renewed: what ``renew`` has returned, to connect with that; the tenant's latest login when None.

        Raises:
            CredentialRefused: no token could be had.
        """
        if not self._profile.auth.places:
            return introduce(self._profile, tenant, ""), None
        login, took_ms = self._login(tenant) if renewed is None else renewed
        token = login.token
        return replace(introduce(self._profile, tenant, token.text, token.taught), login=login), took_ms

    def token(self, tenant: TenantIdentity) -> Token:
        """Returns a token of the tenant's.

        Raises:
            CredentialRefused: no token could be had.
        """
        return self._login(tenant)[0].token

    def renew(self, tenant: TenantIdentity, login: HeldLogin) -> tuple[HeldLogin, float | None]:
        """Returns a login with a fresh token, and what getting that took in milliseconds.

        The token is of another login, or asked for by the request that the profile says. That is made once for all
        sessions that hold one login: whoever comes later goes on with what it has brought; the time is None then.

        Raises:
            CredentialRefused: no token could be had; whoever connects next logs in anew.
        """
        renewal, line = self._profile.auth.renewal, login.line
        if renewal is None or renewal.service is None:
            self.forget(tenant)
            return self._login(tenant)
        with line.lock:
            latest = line.latest or login
            due_s = latest.renewal_in_s(renewal)
            if latest is not login and due_s is not None and due_s > 0:
                return latest, None
            return self._refreshed(tenant, latest)

    def _refreshed(self, tenant: TenantIdentity, latest: HeldLogin) -> tuple[HeldLogin, float]:
        """The next login of a line, asked for once: whether a request that failed has used up its refresh token, nobody
        can tell.
        """
        line = latest.line
        if line.ended is not None:
            raise line.ended
        line.ended = CredentialRefused("the request that renews its login was cut short")
        made_s, started_s = time.monotonic(), time.perf_counter()
        try:
            token = self._source.renewed(tenant, latest.token)
        except CredentialRefused as error:
            line.ended = error
            raise
        line.ended = None
        fresh = HeldLogin(token, line, made_s)
        if (kept := self._logins.get(tenant.number)) is None or kept.line is line:  # none has logged in anew meanwhile
            self._logins[tenant.number] = fresh
        return fresh, (time.perf_counter() - started_s) * 1000

    def forget(self, tenant: TenantIdentity) -> None:
        """Drops a tenant's token and what came with it: it was refused, or the tenant has left."""
        self._logins.pop(tenant.number, None)

    def _login(self, tenant: TenantIdentity) -> tuple[HeldLogin, float | None]:
        """The tenant's latest login, or another one if that serves no more, and what getting it took."""
        kept = self._logins.get(tenant.number)
        if kept is not None and kept.line.lock.locked():
            with kept.line.lock:  # what is being renewed may be void before it could be shown
                kept = self._logins.get(tenant.number)
        if kept is not None and kept.serves:
            return kept, None
        made_s, started_s = time.monotonic(), time.perf_counter()
        token = self._source.token(tenant)
        self._made += 1
        if self._made % _SWEEP_EVERY == 0:
            self._sweep()
        self._logins[tenant.number] = login = HeldLogin(token, made_s=made_s)
        return login, (time.perf_counter() - started_s) * 1000

    def _sweep(self) -> None:
        """Lets go of what serves nobody any more: tenants leave without a word."""
        self._logins = {number: kept for number, kept in self._logins.items() if kept.serves}
