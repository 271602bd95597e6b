"""Where tokens come from: signed here, asked for over HTTP, from a file, from a command, or the tenant's own."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from config.address import shown
from config.auth import Auth
from config.profile import Profile
from evidence.paths import first
from users.commands import CommandFailed, run_command
from users.http_calls import Caller, CallFailed
from users.signing import NotSigned, claims_of, sign
from users.tenant import TenantIdentity


class CredentialRefused(Exception):
    """No token could be had; the message says where it was asked for and what came back, never the token.

    Attributes:
        status: the HTTP status of the answer, where there was one.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class TokenSource:
    """Makes tokens as the profile says.

    Args:
        profile: the target profile.
        caller: makes HTTP requests.
    """

    def __init__(self, profile: Profile, caller: Caller) -> None:
        self._auth: Auth = profile.auth
        self._caller = caller

    def token(self, tenant: TenantIdentity) -> tuple[str, float]:
        """Returns a token of the tenant's, and for how many seconds it may be used again.

        Raises:
            CredentialRefused: there is none to be had.
        """
        auth, reuse_s = self._auth, self._auth.reuse_s
        match auth.source:
            case "jwt":
                assert auth.jwt is not None  # the profile's validator has seen to it
                return self._sign(tenant), min(reuse_s, auth.jwt.lifetime_s / 2)
            case "service":
                return self._ask(tenant), reuse_s
            case "command":
                return self._run(tenant), reuse_s
            case "file":
                return self._look_up(tenant), reuse_s
            case "token" | "password":
                return self._own(tenant, auth.source), reuse_s

    def _sign(self, tenant: TenantIdentity) -> str:
        assert self._auth.jwt is not None
        try:
            return sign(self._auth.jwt, claims_of(self._auth.jwt, tenant))
        except NotSigned as error:
            raise CredentialRefused(str(error)) from None

    def _ask(self, tenant: TenantIdentity) -> str:
        service = self._auth.service
        assert service is not None  # the profile's validator has seen to it
        try:
            answer = self._caller.call("auth service", service, _all_of(tenant))
        except CallFailed as error:
            raise CredentialRefused(str(error), error.status) from None
        if service.token_cookie is not None:
            token, where = answer.cookies.get(service.token_cookie), f"in the cookie '{service.token_cookie}'"
        elif service.token_header is not None:
            token, where = answer.headers.get(service.token_header.lower()), f"in the header '{service.token_header}'"
        else:
            found = first(answer.document, service.token)
            token, where = found if isinstance(found, str) else None, f"at '{service.token}'"
        if not token:
            raise CredentialRefused(f"auth service {shown(service.url)} answered without a token {where}")
        return token

    def _run(self, tenant: TenantIdentity) -> str:
        command = self._auth.command
        assert command is not None  # the profile's validator has seen to it
        try:
            output = run_command("auth.command", command, _all_of(tenant))
        except CommandFailed as error:
            raise CredentialRefused(str(error)) from None
        if command.token is None:
            token, where = output.decode("utf-8", "replace").strip(), ""
        else:
            try:
                found = first(orjson.loads(output), command.token)
            except orjson.JSONDecodeError:
                found = None
            token, where = found if isinstance(found, str) else "", f" at '{command.token}'"
        if not token:
            raise CredentialRefused(f"auth.command wrote no token{where} to its standard output")
        return token

    def _look_up(self, tenant: TenantIdentity) -> str:
        assert self._auth.file is not None  # the profile's validator has seen to it
        token = self._auth.file.tokens.get(tenant.name)
        if token is None:
            raise CredentialRefused(f"auth.file: {self._auth.file.path.name} has no token of tenant {tenant.name}")
        return token

    def _own(self, tenant: TenantIdentity, what: str) -> str:
        secret = tenant.secrets.get(what)
        if not secret:
            raise CredentialRefused(f"auth.source is '{what}', and tenant {tenant.name} has none")
        return secret


def _all_of(tenant: TenantIdentity) -> Mapping[str, object]:
    return {**tenant.placeholders, **tenant.secrets}
