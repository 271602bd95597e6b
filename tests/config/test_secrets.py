from __future__ import annotations

from config.secrets import secrets_of
from tests.config.profiles import changed


def test_every_secret_of_a_profile_is_known_in_its_forms() -> None:
    profile = changed(
        target__url="wss://user:p%40ss-1@host/ws?key=query-secret",
        target__headers={"X-Key": "header secret"},
        auth__service__body={"user": "{tenant}", "client_secret": "body-secret"},
        auth__jwt={"secret": "jwt-secret", "claims": {"sub": "{tenant}", "k": "claim-secret"}},
        stores__postgres__url="host=db password='pg-secret' dbname=x",
    )
    known = secrets_of(profile)
    for secret in (
        "p%40ss-1", "p@ss-1", "query-secret", "header secret", "header%20secret", "body-secret", "jwt-secret",
        "claim-secret", "pg-secret", "PLANTED-auth-service-key", "PLANTED-redis-password",
    ):  # fmt: skip
        assert any(secret in one for one in known), secret
    assert not known & {"{tenant}", "host", "", "db"}
