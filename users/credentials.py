"""How a tenant proves who it is: tokens we sign, or tokens that a service issues."""

from __future__ import annotations

import time

import jwt
import orjson
import urllib3

from config.address import shown
from config.profile import Profile
from config.template import fill
from evidence.paths import first
from users.placing import Introduction, introduce
from users.tenant import TenantIdentity

_REUSE_S = 300.0


class CredentialRefused(Exception):
    """No token could be had; the message says where it was asked for and what came back, never the token.

    Attributes:
        status: the HTTP status of the answer, where there was one.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Credentials:
    """Makes the tokens of one process's tenants.

    A token serves a tenant's reconnects for up to five minutes and at most half its life, so that a swarm that
    reconnects does not turn into a load test of the auth service.

    Args:
        profile: the target profile.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._auth = profile.auth
        # One pool for all tenants is safe: urllib3 keeps no cookies, and each request carries its own credentials.
        self._http = urllib3.PoolManager(maxsize=256, retries=False)
        self._tokens: dict[int, tuple[str, float]] = {}

    def introduce(self, tenant: TenantIdentity) -> tuple[Introduction, float | None]:
        """Returns with what the tenant connects, and what getting the token took in milliseconds.

        The time is None when the target wants no token or a token was used again.

        Raises:
            CredentialRefused: the token service did not answer, refused, or answered without a token.
        """
        if not self._auth.places:
            return introduce(self._profile, tenant, ""), None
        token, took_ms = self._token(tenant)
        return introduce(self._profile, tenant, token), took_ms

    def _token(self, tenant: TenantIdentity) -> tuple[str, float | None]:
        now_s = time.monotonic()
        kept = self._tokens.get(tenant.number)
        if kept is not None and kept[1] > now_s:
            return kept[0], None
        started_s = time.perf_counter()
        token, reuse_s = self._sign(tenant) if self._auth.source == "jwt" else self._fetch(tenant)
        self._tokens[tenant.number] = token, now_s + reuse_s
        return token, (time.perf_counter() - started_s) * 1000

    def forget(self, tenant: TenantIdentity) -> None:
        """Drops a token that was refused, so that the next connection asks for a fresh one."""
        self._tokens.pop(tenant.number, None)

    def _sign(self, tenant: TenantIdentity) -> tuple[str, float]:
        settings = self._auth.jwt
        assert settings is not None  # the profile's validator has seen to it
        claims = fill(settings.claims, tenant.placeholders)
        assert isinstance(claims, dict)
        now_s = int(time.time())
        claims = {**claims, "iat": now_s, "exp": now_s + settings.lifetime_s}
        try:
            token = jwt.encode(claims, settings.secret.get_secret_value(), algorithm=settings.algorithm)
        except (jwt.PyJWTError, NotImplementedError, TypeError, ValueError) as error:
            raise CredentialRefused(
                f"no token can be signed with auth.jwt: {type(error).__name__} for algorithm {settings.algorithm}; "
                "check auth.jwt.algorithm and that auth.jwt.secret is a key for it"
            ) from None
        return token, min(_REUSE_S, settings.lifetime_s / 2)

    def _fetch(self, tenant: TenantIdentity) -> tuple[str, float]:
        service = self._auth.service
        assert service is not None  # the profile's validator has seen to it
        headers = {name: value.get_secret_value() for name, value in service.headers.items()}
        where = shown(service.url)
        body = orjson.dumps(fill(service.body, tenant.placeholders)) if service.method == "POST" else None
        try:
            answer = self._http.request(
                service.method, service.url, body=body, timeout=service.timeout_s,
                headers={"Content-Type": "application/json", **headers},
            )  # fmt: skip
        except urllib3.exceptions.HTTPError as error:
            raise CredentialRefused(f"auth service {where} did not answer: {reason_of(error)}") from None
        if answer.status >= 300:
            raise CredentialRefused(f"auth service {where} answered {answer.status}", answer.status)
        try:
            token = first(orjson.loads(answer.data), service.token)
        except orjson.JSONDecodeError:
            token = None
        if not isinstance(token, str) or not token:
            raise CredentialRefused(f"auth service {where} answered without a token at '{service.token}'")
        return token, _REUSE_S


def reason_of(error: Exception) -> str:
    """Returns in a few words why an HTTP request failed, without the client library's object names."""
    cause: BaseException = error
    while cause.__cause__ is not None or getattr(cause, "reason", None) is not None:
        inner = cause.__cause__ or getattr(cause, "reason", None)
        if not isinstance(inner, BaseException):
            break
        cause = inner
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "timed out"
    return type(cause).__name__
