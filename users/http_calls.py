"""HTTP requests that a profile describes: logins, tenants made and removed over HTTP."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPResponse
from http.cookiejar import CookieJar, DefaultCookiePolicy
from http.cookies import CookieError, SimpleCookie
from typing import cast
from urllib.parse import quote, urlencode
from urllib.request import Request

import gevent
import orjson
import urllib3

from config.address import shown
from config.calls import HttpCall
from config.hosts import hosts_in, is_here
from config.profile import Profile
from config.template import fill, fill_known, fill_text

_FIRST_PAUSE_S = 0.2
_ELSEWHERE = frozenset({301, 302, 303, 307, 308})
_NOT_NOW = frozenset({429, 503})


class CallFailed(Exception):
    """An HTTP request did not succeed; the message says what, where and how, never what was sent.

    Attributes:
        status: the HTTP status of the answer, where there was one.
        sent: whether the request may have taken effect all the same.
    """

    def __init__(self, message: str, status: int | None = None, *, sent: bool = True) -> None:
        super().__init__(message)
        self.status = status
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered. It may hold tokens, so nothing of it is ever shown.

    Attributes:
        document: the body, if it is JSON.
        headers: by name in lower case.
        cookies: those it sets, and those that were kept from before.
        text: the body as text.
    """

    status: int
    document: object = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    text: str = field(default="", repr=False)


class Cookies:
    """What one tenant is given to keep between requests that belong together, as a browser keeps it."""

    def __init__(self) -> None:
        self._jar = CookieJar()

    def header(self, request: Request) -> str | None:
        """Returns the Cookie header of a request: the cookies that were set for its host and path."""
        self._be_as_strict_as_a_browser(request)
        self._jar.add_cookie_header(request)
        return request.get_header("Cookie")

    def take(self, request: Request, headers: urllib3.HTTPHeaderDict) -> None:
        """Keeps what an answer sets."""
        self._jar.extract_cookies(cast(HTTPResponse, _Head(headers)), request)

    @property
    def kept(self) -> dict[str, str]:
        """Every cookie by name."""
        return {cookie.name: cookie.value for cookie in self._jar if cookie.value is not None}

    def _be_as_strict_as_a_browser(self, request: Request) -> None:
        """Cookies for https alone are kept on this machine without it, where nobody could listen on the way."""
        secure = ("https", "http") if all(map(is_here, hosts_in(request.full_url))) else ("https",)
        self._jar.set_policy(DefaultCookiePolicy(secure_protocols=secure))


@dataclass(frozen=True, slots=True)
class _Head:
    """The part of an answer that the standard library's jar reads."""

    headers: urllib3.HTTPHeaderDict

    def info(self) -> urllib3.HTTPHeaderDict:
        return self.headers


class Caller:
    """Makes HTTP requests for all tenants of a process; no cookie of one is ever sent for another.

    Args:
        tls: for https addresses; the platform's defaults when None.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        # One pool for all tenants is safe: urllib3 keeps no cookies, and each request carries its own credentials.
        self._pool = urllib3.PoolManager(maxsize=256, retries=False, ssl_context=tls)

    def call(self, what: str, call: HttpCall, values: Mapping[str, object], cookies: Cookies | None = None) -> Answer:
        """Makes the request, and makes it again as often as ``call`` says while the server could not be reached.

        Args:
            what: what it is for, for the error.
            call: the request.
            values: what fills its placeholders.
            cookies: those of earlier requests that belong to it, and where those go that the answer sets.

        Raises:
            CallFailed: no answer, or a status that means no success.
            PlaceholderUnknown: a placeholder is not among ``values``.
        """
        where = f"{what} {shown(call.url)}"
        for left in range(call.retries, -1, -1):
            try:
                answer = self._once(where, call, values, cookies or Cookies())
            except CallFailed as error:
                if error.sent or not left:
                    raise
            else:
                if answer.status not in _NOT_NOW or not left or answer.status in call.expect:
                    break
            gevent.sleep(_FIRST_PAUSE_S * 2 ** (call.retries - left))
        if answer.status not in call.expect if call.expect else not 200 <= answer.status < 300:
            raise CallFailed(f"{where} answered {answer.status}{_leads(answer)}", answer.status)
        return answer

    def _once(self, where: str, call: HttpCall, values: Mapping[str, object], cookies: Cookies) -> Answer:
        escaped = {name: quote(str(value), safe="") for name, value in values.items() if value is not None}
        url = fill_text(call.url, escaped)
        headers = {name: fill_known(value.get_secret_value(), values) for name, value in call.headers.items()}
        body: bytes | None = None
        if call.form is not None:
            body = urlencode({name: fill_text(text, values) for name, text in call.form.items()}).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        elif call.method != "GET" and call.body is not None:
            body = orjson.dumps(fill(call.body, values))
            headers = {"Content-Type": "application/json", **headers}
        request = Request(url)
        own = next((name for name in headers if name.lower() == "cookie"), None)
        if (kept := cookies.header(request)) is not None:
            said = headers.pop(own) if own is not None else ""
            headers["Cookie"] = f"{said}; {kept}" if said else kept
        try:
            answer = self._pool.request(
                call.method, url, body=body, headers=headers, timeout=call.timeout_s, redirect=False
            )
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            reached = not isinstance(
                error, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError
            )
            raise CallFailed(f"{where} did not answer: {reason_of(error)}", sent=reached) from None
        cookies.take(request, answer.headers)
        text = answer.data.decode("utf-8", "replace")
        given = {**cookies.kept, **_cookies(answer.headers)}
        return Answer(answer.status, parsed(answer.data), _lowered(answer.headers), given, text)


def caller_of(profile: Profile) -> Caller:
    """Returns what makes the profile's HTTP requests, with the profile's certificates."""
    return Caller(profile.target.tls.chosen())


def _leads(answer: Answer) -> str:
    """Where a redirect leads, which is followed nowhere: who may be tested was said of the address that was asked."""
    if answer.status not in _ELSEWHERE:
        return ""
    return ", which leads elsewhere and is not followed: give the address that it leads to, or name it in expect"


def reason_of(error: Exception) -> str:
    """Returns in a few words why an HTTP request failed, without the client library's object names."""
    cause: BaseException = error
    while cause.__cause__ is not None or getattr(cause, "reason", None) is not None:
        inner = cause.__cause__ or getattr(cause, "reason", None)
        if not isinstance(inner, BaseException):
            break
        cause = inner
    inside = cause.args[0] if isinstance(cause, urllib3.exceptions.SSLError) and cause.args else cause
    if isinstance(inside, ssl.SSLCertVerificationError):
        return f"its certificate was not accepted: {inside.verify_message}"
    if isinstance(inside, ssl.SSLError) and inside.reason:
        return f"TLS failed: {inside.reason.lower().replace('_', ' ')}"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "timed out"
    return type(cause).__name__


def parsed(data: bytes) -> object:
    """Returns what JSON says, None if it is none."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _lowered(headers: urllib3.HTTPHeaderDict) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _cookies(headers: urllib3.HTTPHeaderDict) -> dict[str, str]:
    """What an answer sets, for whatever host it says."""
    found: dict[str, str] = {}
    for line in headers.getlist("Set-Cookie"):
        try:
            found.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
        except CookieError:
            continue
    return found
