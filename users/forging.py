"""Tokens that a target must refuse, each wrong in one thing only, and what comes of trying one."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Iterator

from config.attempts import Forgery
from config.auth import SignedToken
from config.template import fill, placeholders
from users.dialects.base import Dialect
from users.dialects.choosing import dialect_of
from users.opening import Opening
from users.placing import Introduction, connect, introduce
from users.run import NodeRun
from users.signing import another_key, claims_of, sign, sign_nothing
from users.tenant import TenantIdentity
from users.wire.connection import Connection, ConnectionLost, ConnectRefused, Received

_PATIENCE_S = 5.0
REFUSING = {401, 403}
# Policy violation, and the registered codes for unauthorised and forbidden; 4000 to 4999 are the target's own.
REFUSING_CODES = {1008, 3000, 3003, *range(4000, 5000)}


def forge(settings: SignedToken, kind: Forgery | None, tenant: TenantIdentity, other: TenantIdentity) -> list[str]:
    """Returns the tokens of a kind; without a kind, one good token: the control.

    Args:
        settings: how good tokens are made.
        kind: what is to be wrong.
        tenant: who will show the token.
        other: whom an unsigned token names, and what a contradictory one names beside ``tenant``; for ``unknown``
            somebody who does not exist.

    Returns:
        One token, or for ``contradictory`` one for each claim that names the tenant; none if the kind makes no sense
        for these claims.
    """
    now_s = int(time.time())
    own, foreign = claims_of(settings, tenant), claims_of(settings, other)
    match kind:
        case None:
            return [sign(settings, own)]
        case "missing":
            return [""]
        case "unsigned":
            return [sign_nothing(foreign, settings)]
        case "expired":
            past = {"iat": now_s - 2 * settings.lifetime_s, "exp": now_s - settings.lifetime_s}
            return [sign(settings, {**own, **past})]
        case "wrong_key":
            return [sign(settings, foreign, key=another_key(settings))]
        case "wrong_audience":
            return [sign(settings, {**own, "aud": "somebody-else"})] if "aud" in own else []
        case "unknown":
            return [sign(settings, foreign)]
        case "contradictory":
            naming = [name for name, template in settings.claims.items() if placeholders(template)]
            return [sign(settings, {**own, name: foreign[name]}) for name in naming if len(naming) > 1]


def try_token(run: NodeRun, token: str, tenant: TenantIdentity, tls: ssl.SSLContext | None) -> tuple[str, str]:
    """Connects with a token.

    Returns:
        The outcome (refused, granted, unclear) and a few words about it. What arrives is inspected like every frame.
    """
    introduction = introduce(run.profile, tenant, token)
    try:
        connection = connect(run.profile.target, introduction, tls)
    except ConnectRefused as error:
        if error.status in REFUSING:
            return "refused", f"HTTP {error.status}"
        return "unclear", error.detail
    try:
        return _await_ready(run, connection, tenant, introduction)
    finally:
        connection.close(timeout_s=1.0)


def _await_ready(
    run: NodeRun, connection: Connection, tenant: TenantIdentity, introduction: Introduction
) -> tuple[str, str]:
    frame, ready, dialect = run.profile.auth.frame, run.profile.frames.ready, dialect_of(run.profile)
    opening = Opening(frame, ready)
    deadline_s = time.perf_counter() + _PATIENCE_S
    try:
        for message in dialect.opening(login=frame is not None):
            connection.send_message(message)
        while not opening.refused and (left_s := deadline_s - time.perf_counter()) > 0:
            if frame is not None and opening.owes_frame:
                opening.said()
                connection.send_message(dialect.encode(fill(frame.send, introduction.values)))
            if opening.is_open and (frame is not None or ready is not None):
                return "granted", "the session became ready"
            for kind, document in _inspected(run, dialect, connection.read(left_s), tenant):
                for answer in dialect.answer(document):
                    connection.send_message(answer)
                opening.hear(kind, document)
    except ConnectionLost as lost:
        if lost.code is None:
            return "unclear", "connection lost"
        return "refused" if lost.code in REFUSING_CODES else "unclear", f"closed with code {lost.code}"
    if opening.refused:
        return "refused", opening.refused
    if frame is None and ready is None:
        return "unclear", "connected, and the profile has no frame that says whether the token was accepted"
    return "unclear", "connected, and neither ready nor closed"


def _inspected(
    run: NodeRun, dialect: Dialect, received: list[Received], tenant: TenantIdentity
) -> Iterator[tuple[str, object]]:
    for message in received:
        text = message.text if message.text is not None else message.data.decode("utf-8", "replace")
        documents: list[object] = []
        if message.kind in ("text", "binary"):
            with contextlib.suppress(Exception):  # what can't be read is looked at all the same
                documents = list(dialect.decode(message.data if message.text is None else message.text))
        at_s = run.unix_s(message.arrived_s)
        session = f"of an attempt by tenant {tenant.number}"
        for document in documents or [None]:
            kind = run.reader.kind(document)
            inspection = run.oracle.inspect(text, document, tenant=tenant.number, session=session, at_s=at_s, kind=kind)
            for sighting in inspection.sightings:
                run.sight(sighting)
            if document is not None:
                yield kind, document
