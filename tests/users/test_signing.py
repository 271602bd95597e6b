from __future__ import annotations

import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from config.tokens import SignedToken
from tests.users.fixtures import identity
from users.signing import another_key, claims_of, sign, sign_nothing

SECRET = "PLANTED-shared-secret-that-is-as-long-as-sixty-four-characters-are"
RSA_KEY = rsa.generate_private_key(65537, 2048)
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
PRIVATE: dict[str, PrivateKey] = {
    "RS256": RSA_KEY, "PS512": RSA_KEY, "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()), "ES512": ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}  # fmt: skip


def pem(key: PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def settings(algorithm: str = "HS256", secret: str = SECRET, **more: object) -> SignedToken:
    claims = {"sub": "{tenant}", "n": "{number}"}
    return SignedToken.model_validate({"algorithm": algorithm, "secret": secret, "claims": claims, **more})


@pytest.mark.parametrize("algorithm", PRIVATE)
def test_a_token_is_signed_with_any_private_key_and_one_with_another_key_is_wrong(algorithm: str) -> None:
    key = PRIVATE[algorithm]
    here = settings(algorithm, pem(key))
    claims = claims_of(here, identity())
    read = jwt.decode(sign(here, claims), key.public_key(), [algorithm])
    assert (read["sub"], read["n"]) == (identity().name, identity().number)
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(sign(here, claims, key=another_key(here)), key.public_key(), [algorithm])


def test_another_key_is_on_the_same_curve() -> None:
    key = another_key(settings("EdDSA", pem(ed448.Ed448PrivateKey.generate())))
    assert isinstance(key, bytes)
    assert isinstance(serialization.load_pem_private_key(key, None), ed448.Ed448PrivateKey)


def test_headers_and_lifetime_are_the_profile_s() -> None:
    token = sign(settings(headers={"kid": "key-7"}, lifetime_s=60), {})
    assert jwt.get_unverified_header(token)["kid"] == "key-7"
    claims = jwt.decode(token, SECRET, ["HS256"])
    assert claims["exp"] - claims["iat"] == 60
    assert claims["iat"] == pytest.approx(time.time(), abs=5)


def test_claims_that_are_given_stand_above_times() -> None:
    assert jwt.decode(sign(settings(), {"exp": 4_000_000_000}), SECRET, ["HS256"])["exp"] == 4_000_000_000


def test_a_token_without_a_signature_says_so() -> None:
    token = sign_nothing({"sub": "x"}, settings())
    assert jwt.get_unverified_header(token)["alg"] == "none" and token.endswith(".")
