from __future__ import annotations

from pathlib import Path

from config.load import load, public_view
from config.secrets import secrets_of
from tests.config.profiles import ENVIRONMENT, changed, written

BARE = """\
[target]
name = "shop"
url = "ws://127.0.0.1/ws"

[auth]
source = "file"
file = { path = "tokens.csv" }

[tenants]
accounts = "accounts.csv"
columns = { password = "pass", token = "tok" }

[operations.chat]
send = { text = "{prompt}" }
reply_by = "content"
ends = "said"
"""


def test_every_secret_of_a_profile_is_known_in_its_forms() -> None:
    profile = changed(
        target__url="wss://user:p%40ss-1@host/ws?key=query-secret",
        target__headers={"X-Key": "header secret"},
        auth__service__body={"user": "{tenant}", "client_secret": "body-secret"},
        auth__jwt={"secret": "jwt-secret", "claims": {"sub": "{tenant}", "api_key": "claim-secret"}},
        stores__postgres__url="host=db password='pg-secret' dbname=x",
    )
    known = secrets_of(profile)
    for secret in (
        "p%40ss-1", "p@ss-1", "query-secret", "header secret", "header%20secret", "body-secret", "jwt-secret",
        "claim-secret", "pg-secret", "PLANTED-auth-service-key", "PLANTED-redis-password",
    ):  # fmt: skip
        assert any(secret in one for one in known), secret
    assert not known & {"{tenant}", "host", "", "db"}


def test_words_beside_secrets_are_none() -> None:
    profile = changed(
        target__url="ws://host/ws?EIO=4&transport=websocket&api_key=query-secret",
        auth__service__body={
            "type": "session", "grant_type": "client_credentials", "token_type": "bearer", "user": "{tenant}",
            "scope": "read:everything", "client_secret": "body-secret", "client": "0c1f6d2e9a7b4f3c8d5e6a7b",
        },
        auth__jwt={"secret": "jwt-secret", "claims": {"sub": "{tenant}", "aud": "agents", "role": "operator"}},
    )  # fmt: skip
    known = secrets_of(profile)
    words = {"session", "client_credentials", "bearer", "read:everything", "agents", "operator", "websocket"}
    assert not known & words
    assert {"query-secret", "body-secret", "0c1f6d2e9a7b4f3c8d5e6a7b"} <= known
    shown = repr(public_view(profile))
    assert all(word in shown for word in words - {"websocket"})
    assert not any(secret in shown for secret in ("query-secret", "body-secret", "0c1f6d2e9a7b4f3c8d5e6a7b"))


def test_what_came_from_a_variable_is_a_secret_where_credentials_are_sent(tmp_path: Path) -> None:
    body = {"user": "{tenant}", "app": "${AUTH_SERVICE_KEY}", "both": "x-${TARGET_JWT_SECRET}-{tenant}"}
    path = written(tmp_path / "p.toml", {"auth.service.body": body})
    profile = load(path, {**ENVIRONMENT, "AUTH_SERVICE_KEY": "horse", "TARGET_JWT_SECRET": "battery"})
    assert {"horse", "battery"} <= secrets_of(profile)
    shown = public_view(profile)["auth"]
    assert "horse" not in repr(shown) and "battery" not in repr(shown)
    assert "x-(hidden)-{tenant}" in repr(shown)


def test_what_came_from_a_variable_with_a_telling_name_is_a_secret_wherever_it_stands(tmp_path: Path) -> None:
    command = ["ACL", "SETUSER", "{tenant}", ">${TARGET_JWT_SECRET}", "~${TARGET_AUTH_URL}:*", "${AUTH_SERVICE_KEY}"]
    path = written(tmp_path / "p.toml", {"provisioning.redis_create": [command]})
    secret, word = "PLANTED-in-a-plain-text", "postgres"
    profile = load(path, {**ENVIRONMENT, "TARGET_JWT_SECRET": secret, "AUTH_SERVICE_KEY": word})
    assert secret in secrets_of(profile)
    shown = repr(public_view(profile))
    assert secret not in shown
    assert "'>(hidden)'" in shown
    assert f"~{ENVIRONMENT['TARGET_AUTH_URL']}:*" in shown
    assert f"'{word}'" in shown, "it may be a password, and it names a store too"


def test_passwords_and_tokens_of_accounts_and_token_files_are_secrets(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("tenant,pass,tok\na,PLANTED one,PLANTED two\n", encoding="utf-8")
    (tmp_path / "tokens.csv").write_text("tenant,token\na,PLANTED three\n", encoding="utf-8")
    path = tmp_path / "p.toml"
    path.write_text(BARE, encoding="utf-8")
    assert {"PLANTED one", "PLANTED two", "PLANTED three"} <= secrets_of(load(path))


def test_what_stands_beside_a_placeholder_in_a_header_is_as_secret_as_a_header_without(tmp_path: Path) -> None:
    changes = {"target.headers": {"Cookie": "a={email}; key=${AUTH_SERVICE_KEY}; id=0c1f6d2e9a7b4f3c8d5e6a7b"}}
    known = secrets_of(load(written(tmp_path / "p.toml", changes), ENVIRONMENT))
    assert {"PLANTED-auth-service-key", "0c1f6d2e9a7b4f3c8d5e6a7b"} <= known
