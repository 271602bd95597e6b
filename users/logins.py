"""A login over HTTP: one request, or several of which each needs what those before it were given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from config.address import shown
from config.calls import Extract
from config.tokens import TokenService
from evidence.paths import first
from users.extracting import described, extract
from users.http_calls import Answer, Caller, Cookies

_LAST = "auth service"


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
    if service.token_learnt is not None:
        token = str(taught[service.token_learnt])
    else:
        token = str(_taken(service.extract, answer, f"{_LAST} {shown(service.url)} answered without a token"))
    for name, where in service.learn.items():
        taught[name] = _taken(where, answer, f"{_LAST} {shown(service.url)} answered without '{name}'")
    return Login(token, _life_s(service, answer), taught)


def _life_s(service: TokenService, answer: Answer) -> float | None:
    if service.expires_in is None:
        return None
    life_s = first(answer.document, service.expires_in)
    if isinstance(life_s, bool) or not isinstance(life_s, int | float | str):
        life_s = ""
    try:
        return float(life_s)
    except ValueError:
        raise LoginFailed(
            f"{_LAST} {shown(service.url)} answered without a number of seconds at '{service.expires_in}'"
        ) from None


def _taken(where: Extract, answer: Answer, without: str) -> str | int:
    value = extract(where, answer)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise LoginFailed(f"{without} {described(where)}")
    return value
