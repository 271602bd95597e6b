"""The tokens of one process's tenants: made when they are needed, kept for reconnects, forgotten when they fail."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from config.profile import Profile
from users.http_calls import Caller, caller_of
from users.placing import Introduction, introduce
from users.tenant import TenantIdentity
from users.token_sources import CredentialRefused, Token, TokenSource

__all__ = ["CredentialRefused", "Credentials"]

_SWEEP_EVERY = 256


@dataclass(frozen=True, slots=True)
class _Kept:
    """A token with what its login has taught, and until when it serves and lives, on the ``monotonic`` time line."""

    token: Token
    serves_until_s: float
    lives_until_s: float | None


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
        self._tokens: dict[int, _Kept] = {}
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
        introduction = introduce(self._profile, tenant, token.text, token.taught)
        return replace(introduction, expires_in_s=self.expires_in_s(tenant)), took_ms

    def token(self, tenant: TenantIdentity) -> tuple[Token, float | None]:
        """Returns a token of the tenant's and what getting it took in milliseconds, None if one was kept.

        Raises:
            CredentialRefused: no token could be had.
        """
        now_s = time.monotonic()
        kept = self._tokens.get(tenant.number)
        if kept is not None and kept.serves_until_s > now_s:
            return kept.token, None
        started_s = time.perf_counter()
        token = self._source.token(tenant)
        self._made += 1
        if self._made % _SWEEP_EVERY == 0:
            self._sweep(now_s)
        lives_until_s = None if token.life_s is None else now_s + token.life_s
        self._tokens[tenant.number] = _Kept(token, now_s + token.reuse_s, lives_until_s)
        return token, (time.perf_counter() - started_s) * 1000

    def expires_in_s(self, tenant: TenantIdentity) -> float | None:
        """Returns in how many seconds the tenant's latest token expires; None if nobody says so."""
        kept = self._tokens.get(tenant.number)
        return None if kept is None or kept.lives_until_s is None else kept.lives_until_s - time.monotonic()

    def forget(self, tenant: TenantIdentity) -> None:
        """Drops a tenant's token and what came with it: it was refused, or the tenant has left."""
        self._tokens.pop(tenant.number, None)

    def _sweep(self, now_s: float) -> None:
        """Lets go of what serves nobody any more: tenants leave without a word."""
        self._tokens = {number: kept for number, kept in self._tokens.items() if kept.serves_until_s > now_s}
