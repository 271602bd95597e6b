"""Tenants' tokens: who is speaking.

A token is believed only if everything about it is right: the signature with our one algorithm, the audience, the
expiry, and both claims that name the tenant. A check that accepts a little more than it should is how identities leak.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import time
from typing import Any
from uuid import UUID

import jwt

ALGORITHM = "HS256"
AUDIENCE = "agents"
LIFETIME_S = 3600
CLAIMS = ("sub", "user_id", "iat", "exp", "aud")


class TokenRefused(Exception):
    """The token proves nothing; why is for our log, not for the client."""


@dataclass(frozen=True)
class Identity:
    """The tenant that a token names, and until when."""

    user_id: UUID
    expires_at_s: float


def mint(user_id: UUID, secret: str, *, lifetime_s: int = LIFETIME_S, now_s: float | None = None) -> str:
    """A token for ``user_id`` that is good for ``lifetime_s`` seconds."""
    issued_s = int(time() if now_s is None else now_s)
    claims: Mapping[str, Any] = {
        "sub": str(user_id),
        "user_id": str(user_id),
        "iat": issued_s,
        "exp": issued_s + lifetime_s,
        "aud": AUDIENCE,
    }
    return jwt.encode(dict(claims), secret, algorithm=ALGORITHM)


def verify(token: str, secret: str) -> Identity:
    """Whom a token names.

    Raises:
        TokenRefused: it is malformed, unsigned, signed otherwise, for another audience, expired, incomplete, or its two
            names of the tenant contradict each other.
    """
    try:
        claims = jwt.decode(token, secret, algorithms=[ALGORITHM], audience=AUDIENCE, options={"require": list(CLAIMS)})
        subject, user = UUID(claims["sub"]), UUID(claims["user_id"])
    except (jwt.InvalidTokenError, ValueError, AttributeError, TypeError) as error:
        raise TokenRefused(type(error).__name__) from None
    if subject != user:
        raise TokenRefused("sub and user_id name different tenants")
    return Identity(user, float(claims["exp"]))
