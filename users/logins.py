"""A login over HTTP: one request, or several of which each needs what those before it were given; and its renewal."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.address import shown
from config.calls import Extract
from config.tokens import RefreshCall, TokenCall, TokenService
from evidence.paths import first
from users.extracting import described, extract
from users.http_calls import Answer, Caller, Cookies

_LAST = "auth service"
_REFRESH = "auth.renewal.service"


@dataclass(frozen=True, slots=True)
class Login:
    """What a login was answered with.

    Attributes:
        token: the token.
        life_s: in how many seconds it expires; None if nothing says so.
        taught: what else fills placeholders from now on, by name.
    """

    token: str = field(repr=False)
    life_s: float | None = None
    taught: Mapping[str, str | int] = field(default_factory=dict, repr=False)


class LoginFailed(Exception):
    """An answer had not what it should; the message says which and where, never what it was."""


def log_in(caller: Caller, service: TokenService, tenant: Mapping[str, object]) -> Login:
    """Takes the steps of a login; cookies are kept from each to the next, and no longer.

    Args:
        caller: makes HTTP requests.
        service: what to ask for.
        tenant: what fills placeholders of the tenant, its secrets among them.

    Raises:
        CallFailed: a request failed.
        LoginFailed: an answer taught nothing where it should.
        PlaceholderUnknown: a placeholder is not filled by then.
    """
    taught: dict[str, str | int] = {}
    cookies = Cookies()
    for what, step in service.named_steps:
        answer = caller.call(what, step, {**tenant, **taught}, cookies)
        for name, where in step.learn.items():
            taught[name] = _taken(where, answer, f"{what} {shown(step.url)} answered without '{name}'")
    answer = caller.call(_LAST, service, {**tenant, **taught}, cookies)
    token = str(taught[service.token_learnt]) if service.token_learnt is not None else None
    return _read(_LAST, service, service.learn, answer, token, taught)


def refresh(caller: Caller, call: RefreshCall, tenant: Mapping[str, object], login: Login) -> Login:
    """Renews a login; what the answer does not replace of that which it has taught goes on.

    Args:
        caller: makes HTTP requests.
        call: what to ask for.
        tenant: what fills placeholders of the tenant, its secrets among them.
        login: the login.

    Raises:
        CallFailed: the request failed.
        LoginFailed: the answer taught nothing where it should.
        PlaceholderUnknown: a placeholder is not filled by then.
    """
    answer = caller.call(_REFRESH, call, {**tenant, **login.taught, "token": login.token})
    # An answer may bring a fresh refresh token; while it brings none, the one before stays good (RFC 6749, section 6).
    brought = {name: where for name, where in call.learn.items() if extract(where, answer) is not None}
    return _read(_REFRESH, call, brought, answer, None, login.taught)


def _read(
    what: str, call: TokenCall, learn: Mapping[str, Extract], answer: Answer, token: str | None,
    taught: Mapping[str, str | int],
) -> Login:  # fmt: skip
    """What the last answer brings: a token unless there is one, how long that lives, and by ``learn`` what else fills
    placeholders beside what is ``taught`` by then.
    """
    without = f"{what} {shown(call.url)} answered without"
    if token is None:
        token = str(_taken(call.extract, answer, f"{without} a token"))
    learnt = {name: _taken(where, answer, f"{without} '{name}'") for name, where in learn.items()}
    return Login(token, _life_s(call, answer, without), {**taught, **learnt})


def _life_s(call: TokenCall, answer: Answer, without: str) -> float | None:
    if call.expires_in is None:
        return None
    said = first(answer.document, call.expires_in)
    life_s = math.nan
    if isinstance(said, int | float | str) and not isinstance(said, bool):
        with contextlib.suppress(ValueError, OverflowError):
            life_s = float(said)
    if not math.isfinite(life_s):  # such a token would never be renewed
        raise LoginFailed(f"{without} a number of seconds at '{call.expires_in}'")
    return life_s


def _taken(where: Extract, answer: Answer, without: str) -> str | int:
    value = extract(where, answer)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise LoginFailed(f"{without} {described(where)}")
    return value
