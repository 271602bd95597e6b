"""Tokens that a target must refuse, each wrong in one thing only, and what comes of trying one."""

from __future__ import annotations

import dataclasses
import random
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from config.attempts import Forgery
from config.profile import Profile
from config.template import placeholders
from config.tokens import SignedToken
from evidence.answers import look_alike
from evidence.naming import EMAIL_DOMAIN
from evidence.oracle import ORDINAL_BITS
from users.base import credentials_of, tls_of
from users.credentials import CredentialRefused, Credentials
from users.naming import naming_for
from users.placing import Introduction, introduce
from users.run import NodeRun
from users.session import Session
from users.signing import another_key, claims_of, sign, sign_nothing
from users.tenant import Tenant, TenantIdentity
from users.trying import Trying, said_to_prove, try_to_enter

_RESERVED = 16  # sequence numbers kept free for one try


@dataclass(frozen=True, slots=True)
class Shown:
    """A token and under whose name it is shown.

    Attributes:
        token: the token; empty for none.
        tenant: who is named beside it.
        taught: what a login has taught, which is said beside it.
    """

    token: str = field(repr=False)
    tenant: TenantIdentity
    taught: Mapping[str, object] = field(default_factory=dict, repr=False)


class _OneToken(Credentials):
    """Shows one token whatever happens, under the name of whoever it was made for."""

    def __init__(self, profile: Profile, shown: Shown) -> None:
        self._profile = profile
        self._shown = shown

    def introduce(self, tenant: TenantIdentity, renewed: object = None) -> tuple[Introduction, float | None]:
        return introduce(self._profile, self._shown.tenant, self._shown.token, self._shown.taught), None

    def forget(self, tenant: TenantIdentity) -> None:
        pass


def good_token(profile: Profile, credentials: Credentials, tenant: TenantIdentity) -> Shown:
    """Returns a token that must be accepted, made in the same way as the bad ones: their control.

    Raises:
        CredentialRefused: there is none to be had.
    """
    if not profile.auth.places:
        return Shown("", tenant)
    token = credentials.token(tenant) if profile.auth.taught or profile.auth.jwt is None else None
    taught = token.taught if token is not None else {}
    if profile.auth.jwt is not None:
        return Shown(forge(profile.auth.jwt, None, tenant, tenant)[0], tenant, taught)
    assert token is not None
    return Shown(token.text, tenant, taught)


def bad_tokens(
    profile: Profile, kind: Forgery, good: Shown, other: TenantIdentity, nobody: TenantIdentity, draw: random.Random,
    other_ids: Mapping[str, object] = MappingProxyType({}),
) -> list[Shown]:  # fmt: skip
    """Returns the tokens of a kind, each with whom it is shown as.

    Args:
        profile: says how tokens are made.
        kind: what is to be wrong.
        good: a good token of whoever will show the bad ones.
        other: another tenant.
        nobody: somebody who does not exist.
        draw: where tokens can't be made here, an unknown one is drawn from it.
        other_ids: what the other's login has taught that it goes by.
    """
    if kind == "other_name":
        return [Shown(good.token, other, {**good.taught, **other_ids})]
    settings = profile.auth.jwt
    if settings is not None:
        whom = nobody if kind == "unknown" else other
        return [dataclasses.replace(good, token=token) for token in forge(settings, kind, good.tenant, whom)]
    return [dataclasses.replace(good, token=look_alike(good.token, draw) if kind == "unknown" else "")]


def forge(settings: SignedToken, kind: Forgery | None, tenant: TenantIdentity, other: TenantIdentity) -> list[str]:
    """Returns the signed tokens of a kind; without a kind, one good token.

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
        case None | "other_name":
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


def show_bad_tokens(
    run: NodeRun, kind: Forgery, tenant: Tenant, other: TenantIdentity, draw: random.Random,
    before_bad: Callable[[], None] = lambda: None,
) -> Iterator[tuple[str, str]]:  # fmt: skip
    """Shows every token of a kind, each right after a good one made in the same way.

    Args:
        run: the run; nothing of this is counted as part of its load.
        kind: what is to be wrong.
        tenant: who shows them.
        other: another tenant, for tokens that name somebody else.
        draw: what is made up is drawn from it.
        before_bad: called when the good token has been accepted, right before the bad one is shown.

    Yields:
        For each the outcome (refused, granted, unclear; not_tried if there was no control) and a few words about it.
    """
    try:
        good = good_token(run.profile, credentials_of(run), tenant.identity)
        other_ids = _ids_of(run, other) if kind == "other_name" else {}
    except CredentialRefused as error:
        yield "not_tried", f"no good token could be had: {error}"
        return
    for bad in bad_tokens(run.profile, kind, good, other, _nobody(run, tenant.identity, draw), draw, other_ids):
        accepted, detail = try_token(run, good, tenant, tls_of(run))
        if accepted != "granted":
            yield "not_tried", f"a good token was not accepted either: {detail}"
            continue
        before_bad()
        yield try_token(run, bad, tenant, tls_of(run))


def _ids_of(run: NodeRun, tenant: TenantIdentity) -> Mapping[str, object]:
    """What a tenant's login has taught that it goes by.

    Raises:
        CredentialRefused: it can't log in.
    """
    ids = run.profile.auth.ids
    taught = credentials_of(run).token(tenant).taught if ids else {}
    return {name: taught[name] for name in ids}


def _nobody(run: NodeRun, like: TenantIdentity, draw: random.Random) -> TenantIdentity:
    """Somebody who could exist and does not: an ordinal that no worker gets to."""
    number = like.number | 1 << (ORDINAL_BITS - 1)
    if run.profile.tenants.accounts is not None or run.profile.provisioning.tenant is not None:
        made_up = look_alike(like.name, draw)
        return TenantIdentity(number, made_up, f"{made_up}@tenants.example", 0, numeric=like.numeric, extra=like.extra)
    name = naming_for(run.profile, run.key).name(number)
    numeric = run.profile.tenants.names == "integer"
    return TenantIdentity(number, name, f"{name}{EMAIL_DOMAIN}", 0, numeric=numeric)


def try_token(run: NodeRun, shown: Shown, tenant: Tenant, tls: ssl.SSLContext | None) -> tuple[str, str]:
    """Connects with a token and, where only that proves anything, says an operation.

    Args:
        run: the run; nothing of this is counted as part of its load.
        shown: the token.
        tenant: who shows it.
        tls: for wss addresses.

    Returns:
        The outcome (refused, granted, unclear) and a few words about it. What arrives is inspected like every frame.
    """
    trying = Trying(run)
    return try_to_enter(trying, session_with(trying, shown, tenant, tls), said_to_prove(run.profile))


def session_with(trying: Trying, shown: Shown, tenant: Tenant, tls: ssl.SSLContext | None) -> Session:
    """Returns a session, not opened yet, on which a tenant shows this token and no other.

    Args:
        trying: stands beside the run.
        shown: the token.
        tenant: who shows it.
        tls: for wss addresses.
    """
    stand_in = Tenant.of(tenant.identity, trying.key)
    # No id is used twice, neither by this try nor by what the tenant says meanwhile.
    stand_in.sequence, tenant.sequence = tenant.sequence, tenant.sequence + _RESERVED
    stand_in.tokens = tenant.tokens  # a bad token is kept out of messages like a good one
    return Session(trying, stand_in, 0, _OneToken(trying.profile, shown), tls)
