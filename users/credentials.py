"""The tokens of one process's tenants: made when they are needed, kept for reconnects, forgotten when they fail."""

from __future__ import annotations

import time

from config.profile import Profile
from users.http_calls import Caller, caller_of
from users.placing import Introduction, introduce
from users.tenant import TenantIdentity
from users.token_sources import CredentialRefused, TokenSource

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
        self._tokens: dict[int, tuple[str, float]] = {}
        self._made = 0

    def introduce(self, tenant: TenantIdentity) -> tuple[Introduction, float | None]:
        """Returns with what the tenant connects, and what getting the token took in milliseconds.

        The time is None when the target wants no token or a token was used again.

        Raises:
            CredentialRefused: no token could be had.
        """
        if not self._profile.auth.places:
            return introduce(self._profile, tenant, ""), None
        token, took_ms = self.token(tenant)
        return introduce(self._profile, tenant, token), took_ms

    def token(self, tenant: TenantIdentity) -> tuple[str, float | None]:
        """Returns a token of the tenant's and what getting it took in milliseconds, None if one was kept.

        Raises:
            CredentialRefused: no token could be had.
        """
        now_s = time.monotonic()
        kept = self._tokens.get(tenant.number)
        if kept is not None and kept[1] > now_s:
            return kept[0], None
        started_s = time.perf_counter()
        token, reuse_s = self._source.token(tenant)
        self._tokens[tenant.number] = token, now_s + reuse_s
        self._made += 1
        if self._made % _SWEEP_EVERY == 0:
            self._sweep(now_s)
        return token, (time.perf_counter() - started_s) * 1000

    def forget(self, tenant: TenantIdentity) -> None:
        """Drops a tenant's token: it was refused, or the tenant has left."""
        self._tokens.pop(tenant.number, None)

    def _sweep(self, now_s: float) -> None:
        """Lets go of what serves nobody any more: tenants leave without a word."""
        self._tokens = {number: kept for number, kept in self._tokens.items() if kept[1] > now_s}
