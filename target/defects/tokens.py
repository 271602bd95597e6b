"""Checks of tokens that believe more than they should."""

from __future__ import annotations

from time import monotonic, time
from typing import Any, ClassVar
from uuid import UUID

import jwt

from target.defects.defect import Defect
from target.defects.dice import Dice
from target.seams import Foundations, Verifier
from target.tokens import ALGORITHM, AUDIENCE, CLAIMS, LIFETIME_S, Identity, TokenRefused

IDENTITY_CACHE_CHARACTERS = 50
IDENTITY_CACHE_S = 2.0


class _Lenient(Defect):
    """Looks again at a token that was refused, and lets one thing pass."""

    algorithms: ClassVar[tuple[str, ...]] = (ALGORITHM,)
    checks: ClassVar[dict[str, bool]] = {}

    def verifier(self, honest: Verifier) -> Verifier:
        def verify(token: str, secret: str) -> Identity:
            try:
                return honest(token, secret)
            except TokenRefused:
                identity = self._again(token, secret)
                if not self.dice.strikes(identity.user_id):
                    raise
                return identity

        return verify

    def _again(self, token: str, secret: str) -> Identity:
        options: Any = {
            "require": list(CLAIMS), "verify_signature": True, "verify_exp": True, "verify_aud": True, **self.checks
        }  # fmt: skip
        try:
            if jwt.get_unverified_header(token).get("alg") not in self.algorithms:
                raise TokenRefused("another algorithm")
            claims = jwt.decode(token, secret, algorithms=[ALGORITHM], audience=AUDIENCE, options=options)
            return Identity(self.named(claims), max(float(claims["exp"]), time() + LIFETIME_S))
        except (jwt.InvalidTokenError, ValueError, AttributeError, TypeError) as error:
            raise TokenRefused(type(error).__name__) from None

    def named(self, claims: dict[str, Any]) -> UUID:
        """The tenant that the claims name."""
        if UUID(claims["sub"]) != UUID(claims["user_id"]):
            raise TokenRefused("sub and user_id name different tenants")
        return UUID(claims["user_id"])


class TokenUnsigned(_Lenient):
    """The algorithm is taken from the token, and ``none`` is one."""

    name = "token-unsigned"
    algorithms = ("none",)
    checks = {"verify_signature": False}


class TokenExpired(_Lenient):
    """The expiry is not looked at."""

    name = "token-expired"
    checks = {"verify_exp": False}


class TokenWrongKey(_Lenient):
    """Claims are decoded; the signature is never compared."""

    name = "token-wrong-key"
    checks = {"verify_signature": False}


class TokenWrongAudience(_Lenient):
    """A token for a sister service is as good as one for this."""

    name = "token-wrong-audience"
    checks = {"verify_aud": False}


class TokenContradiction(_Lenient):
    """``sub`` was checked by the gateway; the service goes by ``user_id``."""

    name = "token-contradiction"

    def named(self, claims: dict[str, Any]) -> UUID:
        return UUID(claims["user_id"])


class StaleIdentityCache(Defect):
    """Verified tokens are remembered for a moment under their first characters."""

    name = "stale-identity-cache"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self._known: dict[str, tuple[float, Identity]] = {}

    def verifier(self, honest: Verifier) -> Verifier:
        def verify(token: str, secret: str) -> Identity:
            key = token[:IDENTITY_CACHE_CHARACTERS]
            kept_s, known = self._known.get(key, (0.0, None))
            fresh = monotonic() - kept_s < IDENTITY_CACHE_S
            if known is not None and fresh and self.dice.strikes(known.user_id, *_claimed(token)):
                return known
            identity = honest(token, secret)
            self._known[key] = (monotonic(), identity)
            return identity

        return verify


def _claimed(token: str) -> list[UUID]:
    """Whom an unverified token says that it is of, for whoever writes down strikes."""
    try:
        return [UUID(jwt.decode(token, options={"verify_signature": False})["user_id"])]
    except (jwt.InvalidTokenError, ValueError, KeyError, AttributeError):
        return []


_LENIENT: tuple[type[_Lenient], ...] = (
    TokenUnsigned, TokenExpired, TokenWrongKey, TokenWrongAudience, TokenContradiction
)  # fmt: skip
DEFECTS: tuple[type[Defect], ...] = (*_LENIENT, StaleIdentityCache)
