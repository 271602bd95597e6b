"""Where a token goes: query, header, cookie, subprotocol, path, HTTP's own login, or a frame."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import quote
from uuid import uuid4

from config.auth import Placement
from config.profile import Profile, Target
from config.template import fill_known, fill_text, placeholders
from users.held_login import HeldLogin
from users.tenant import TenantIdentity
from users.wire.connection import Connection


@dataclass(frozen=True, slots=True)
class Introduction:
    """With what a tenant comes to the target. It holds the token, so nothing of it is ever shown.

    Attributes:
        url: the address, its query included.
        shown_path: the path as it may stand in messages.
        headers: of the upgrade request.
        subprotocols: offered, in order of preference.
        cookie: the Cookie header.
        values: what fills the placeholders of the first frame: the token, what came with it, and the tenant's own.
        login: the login that the token is of; None if it is of none that could be renewed.
    """

    url: str = field(repr=False)
    shown_path: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list, repr=False)
    subprotocols: list[str] = field(default_factory=list, repr=False)
    cookie: str | None = field(default=None, repr=False)
    values: Mapping[str, object] = field(default_factory=dict, repr=False)
    login: HeldLogin | None = field(default=None, repr=False, compare=False)


def introduce(
    profile: Profile, tenant: TenantIdentity, token: str, taught: Mapping[str, object] = MappingProxyType({})
) -> Introduction:
    """Returns how this tenant introduces itself with this token, and with what the login has taught beside it; an empty
    token is left out wherever it would go.

    ``{uuid}`` is another one each time: services take a client's id for the connection's, and two with one id for one.
    """
    target, known = profile.target, {**tenant.placeholders, **taught}
    values = {**known, "uuid": str(uuid4()), "token": token or None}
    url, shown_path = target.url, None
    if "{" in url:
        path = url.partition("://")[2].partition("?")[0].partition("/")[2]
        url = fill_text(
            url, {name: quote(str("" if value is None else value), safe="") for name, value in values.items()}
        )
        shown_path = f"/{path}"
    headers = [(name, fill_known(value.get_secret_value(), known)) for name, value in target.headers.items()]
    cookies = [value for name, value in headers if name.lower() == "cookie"]
    headers = [(name, value) for name, value in headers if name.lower() != "cookie"]
    subprotocols = list(target.subprotocols)
    for placement in profile.auth.places if token else ():
        match placement.place:
            case "query":
                joint = "&" if "?" in url else "?"
                url = f"{url}{joint}{quote(placement.parameter)}={quote(token, safe='')}"
            case "header":
                headers.append((placement.parameter, placement.scheme + token))
            case "cookie":
                cookies.append(f"{placement.parameter}={token}")
            case "subprotocol":
                subprotocols.append(placement.scheme + token)
            case "basic":
                headers.append(("Authorization", _basic(placement, values, token)))
    return Introduction(url, shown_path, headers, subprotocols, "; ".join(cookies) or None, values)


def names_said(profile: Profile) -> set[str]:
    """Returns the placeholders that a tenant fills where it introduces itself: all that the target can then repeat."""
    auth = profile.auth
    said = placeholders(profile.target.url)
    said = said.union(*(placeholders(value.get_secret_value()) for value in profile.target.headers.values()))
    if auth.frame is not None:
        said |= placeholders(auth.frame.send)
    if auth.jwt is not None:
        said |= placeholders(auth.jwt.claims)
    for placement in auth.places:
        if placement.place == "basic":
            said |= placeholders(placement.username)
    return said


def connect(
    settings: Target,
    introduction: Introduction,
    tls: ssl.SSLContext | None,
    listener: Callable[[str, str], None] | None = None,
) -> Connection:
    """Opens a connection as introduced, whose ``listener`` is told every message.

    Raises:
        ConnectRefused: with the stage that failed.
    """
    return Connection.open(
        introduction.url,
        headers=introduction.headers,
        subprotocols=introduction.subprotocols,
        origin=settings.origin,
        cookie=introduction.cookie,
        ssl_context=tls,
        timeout_s=settings.connect_timeout_s,
        max_message_bytes=settings.max_message_bytes,
        shown_path=introduction.shown_path,
        server_name=settings.tls.server_name,
        listener=listener,
    )


def _basic(placement: Placement, values: Mapping[str, object], token: str) -> str:
    user = fill_text(placement.username, values)
    return "Basic " + b64encode(f"{user}:{token}".encode()).decode("ascii")
