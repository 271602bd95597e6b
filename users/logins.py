"""A login over HTTP: one request, or several of which each needs what those before it were given."""

from __future__ import annotations

from collections.abc import Mapping

from config.address import shown
from config.calls import Extract
from config.tokens import TokenService
from evidence.paths import first
from users.extracting import described, extract
from users.http_calls import Answer, Caller, Cookies

_LAST = "auth service"


class LoginFailed(Exception):
    """An answer had not what it should; the message says which and where, never what it was."""


def log_in(caller: Caller, service: TokenService, tenant: Mapping[str, object]) -> tuple[str, float | None]:
    """Takes the steps of a login; cookies are kept from each to the next, and no longer.

    Args:
        caller: makes HTTP requests.
        service: what to ask for.
        tenant: what fills placeholders of the tenant, its secrets among them.

    Returns:
        The token, and in how many seconds it expires, None if nothing says so.

    Raises:
        CallFailed: a request failed.
        LoginFailed: an answer taught nothing where it should.
        PlaceholderUnknown: a placeholder is not filled by then.
    """
    values, cookies = dict(tenant), Cookies()
    for what, step in service.named_steps:
        answer = caller.call(what, step, values, cookies)
        for name, where in step.learn.items():
            values[name] = _taken(where, answer, f"{what} {shown(step.url)} answered without '{name}'")
    answer = caller.call(_LAST, service, values, cookies)
    if service.token_learnt is not None:
        token = str(values[service.token_learnt])
    else:
        token = _taken(service.extract, answer, f"{_LAST} {shown(service.url)} answered without a token")
    if service.expires_in is None:
        return token, None
    life_s = first(answer.document, service.expires_in)
    if isinstance(life_s, bool) or not isinstance(life_s, int | float | str):
        life_s = ""
    try:
        return token, float(life_s)
    except ValueError:
        raise LoginFailed(
            f"{_LAST} {shown(service.url)} answered without a number of seconds at '{service.expires_in}'"
        ) from None


def _taken(where: Extract, answer: Answer, without: str) -> str:
    value = extract(where, answer)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise LoginFailed(f"{without} {described(where)}")
    return str(value)
