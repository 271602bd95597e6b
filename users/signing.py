"""Tokens that we sign ourselves, as JSON Web Tokens."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from config.template import fill
from config.tokens import SignedToken
from users.tenant import TenantIdentity

_RSA_BITS = 2048


class NotSigned(Exception):
    """No token can be signed; the message says what to correct, never the key."""


def claims_of(settings: SignedToken, tenant: TenantIdentity) -> dict[str, object]:
    """Returns a tenant's claims beside iat and exp."""
    claims = fill(settings.claims, tenant.placeholders)
    assert isinstance(claims, dict)
    return claims


def sign(settings: SignedToken, claims: Mapping[str, object], *, key: str | bytes | None = None) -> str:
    """Returns a token with these claims.

    Args:
        settings: algorithm, key, headers and lifetime.
        claims: all of them; iat and exp are put in where they are missing.
        key: in place of the profile's.

    Raises:
        NotSigned: the key is none for the algorithm, or can't be read.
    """
    now_s = int(time.time())
    whole = {"iat": now_s, "exp": now_s + settings.lifetime_s, **claims}
    try:
        return jwt.encode(whole, key if key is not None else settings.key, settings.algorithm, dict(settings.headers))
    except (jwt.PyJWTError, NotImplementedError, TypeError, ValueError, OSError) as error:
        where = "secret" if settings.secret_file is None else "secret_file"
        raise NotSigned(
            f"no token can be signed with auth.jwt: {type(error).__name__} for algorithm {settings.algorithm}; "
            f"check auth.jwt.algorithm and that auth.jwt.{where} is a key for it"
        ) from None


def sign_nothing(claims: Mapping[str, object], settings: SignedToken) -> str:
    """Returns a token that says it needs no signature, and has none."""
    now_s = int(time.time())
    return jwt.encode({"iat": now_s, "exp": now_s + settings.lifetime_s, **claims}, "", "none", dict(settings.headers))


def another_key(settings: SignedToken) -> str | bytes:
    """Returns a key made up now, of the same kind and size as the profile's."""
    algorithm = settings.algorithm
    if algorithm.startswith("HS"):
        return secrets.token_hex(64)
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
    if algorithm.startswith(("RS", "PS")):
        private = rsa.generate_private_key(65537, _RSA_BITS)
    elif algorithm.startswith("ES"):
        private = ec.generate_private_key(_curve(settings))
    else:
        own = serialization.load_pem_private_key(settings.key.encode(), None)
        other = ed448.Ed448PrivateKey if isinstance(own, ed448.Ed448PrivateKey) else ed25519.Ed25519PrivateKey
        private = other.generate()
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _curve(settings: SignedToken) -> ec.EllipticCurve:
    own = serialization.load_pem_private_key(settings.key.encode(), None)
    if not isinstance(own, ec.EllipticCurvePrivateKey):
        raise NotSigned(f"auth.jwt has no key on an elliptic curve, which algorithm {settings.algorithm} needs")
    return own.curve
