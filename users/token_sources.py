"""Where tokens come from: signed here, asked for over HTTP, from a file, from a command, or the tenant's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import jwt

from config.auth import Auth
from config.calls import Extract
from config.profile import Profile
from config.template import PlaceholderUnknown
from users.commands import CommandFailed, run_command
from users.extracting import extract, said_by
from users.http_calls import Caller, CallFailed
from users.logins import Login, LoginFailed, log_in, refresh
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


@dataclass(frozen=True, slots=True)
class Token:
    """A token and how long it is good for.

    Attributes:
        text: the token.
        reuse_s: for how many seconds it may be shown again.
        life_s: in how many seconds it expires; None where nobody says so.
        taught: what a login has taught beside it, by placeholder.
    """

    text: str = field(repr=False)
    reuse_s: float
    life_s: float | None = None
    taught: Mapping[str, str | int] = field(default_factory=dict, repr=False)


class TokenSource:
    """Makes tokens as the profile says.

    Args:
        profile: the target profile.
        caller: makes HTTP requests.
    """

    def __init__(self, profile: Profile, caller: Caller) -> None:
        self._auth: Auth = profile.auth
        self._caller = caller

    def token(self, tenant: TenantIdentity) -> Token:
        """Returns a token of the tenant's.

        Raises:
            CredentialRefused: there is none to be had; or it has to be renewed before it expires, and nobody says when
                that is, or it is so soon that a fresh one would have to be renewed at once.
        """
        return self._token(self._made(tenant), "auth.service")

    def renewed(self, tenant: TenantIdentity, token: Token) -> Token:
        """Returns the token that comes in place of one by the profile's request for it.

        Raises:
            CredentialRefused: as of ``token``.
        """
        call = self._auth.refresh
        assert call is not None  # whoever asks has seen to it
        login = Login(token.text, taught=token.taught)
        fresh = _asked(lambda: refresh(self._caller, call, _all_of(tenant), login))
        return self._token(fresh, "auth.renewal.service")

    def _token(self, made: Login, table: str) -> Token:
        life_s = _life_s(made.token) if made.life_s is None else made.life_s
        reuse_s, renewal = self._auth.reuse_s, self._auth.renewal
        before_s = renewal.before_expiry_s if renewal is not None else None
        if before_s is not None and life_s is None:
            raise CredentialRefused(
                f"auth.renewal.before_expiry_s: the token does not say when it expires: let {table}.expires_in say "
                "where its answer does, or use auth.renewal.every_s"
            )
        if life_s is not None:
            if before_s is not None and life_s <= before_s:
                raise CredentialRefused(
                    f"auth.renewal.before_expiry_s: is {before_s:g}, and a token lives for {life_s:.0f} s: lower it"
                )
            reuse_s = min(reuse_s, life_s / 2, life_s - (before_s or 0.0))
        return Token(made.token, max(0.0, reuse_s), life_s, made.taught)

    def _made(self, tenant: TenantIdentity) -> Login:
        """A token, its life in seconds where its answer says that, and what else a login teaches."""
        auth = self._auth
        match auth.source:
            case "jwt":
                assert auth.jwt is not None  # the profile's validator has seen to it
                return Login(self._sign(tenant), float(auth.jwt.lifetime_s))
            case "service":
                return self._ask(tenant)
            case "command":
                return Login(self._run(tenant))
            case "file":
                return Login(self._look_up(tenant))
            case "token" | "password":
                return Login(self._own(tenant, auth.source))

    def _sign(self, tenant: TenantIdentity) -> str:
        assert self._auth.jwt is not None
        try:
            return sign(self._auth.jwt, claims_of(self._auth.jwt, tenant))
        except NotSigned as error:
            raise CredentialRefused(str(error)) from None

    def _ask(self, tenant: TenantIdentity) -> Login:
        service = self._auth.service
        assert service is not None  # the profile's validator has seen to it
        return _asked(lambda: log_in(self._caller, service, _all_of(tenant)))

    def _run(self, tenant: TenantIdentity) -> str:
        command = self._auth.command
        assert command is not None  # the profile's validator has seen to it
        try:
            output = run_command("auth.command", command, _all_of(tenant))
        except CommandFailed as error:
            raise CredentialRefused(str(error)) from None
        answer = said_by(output)
        if command.token is None:
            token, where = answer.text, ""
        else:
            found = extract(Extract(path=command.token), answer)
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


def _asked(ask: Callable[[], Login]) -> Login:
    """What HTTP requests have brought.

    Raises:
        CredentialRefused: one of them failed, or its answer had not what it should.
    """
    try:
        return ask()
    except CallFailed as error:
        raise CredentialRefused(str(error), error.status) from None
    except (LoginFailed, PlaceholderUnknown) as error:
        raise CredentialRefused(str(error)) from None


def _all_of(tenant: TenantIdentity) -> Mapping[str, object]:
    return {**tenant.placeholders, **tenant.secrets}


def _life_s(token: str) -> float | None:
    """In how many seconds a JSON Web Token expires by its own word, counted from when it was issued."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return None
    expires_s, issued_s = claims.get("exp"), claims.get("iat")
    if not isinstance(expires_s, int | float):
        return None
    return expires_s - (issued_s if isinstance(issued_s, int | float) else time.time())
