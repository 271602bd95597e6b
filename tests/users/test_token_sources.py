from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import pytest

from config.profile import Profile
from tests.http_server import Reply, http_server
from tests.users.fixtures import identity, profile_for
from users.http_calls import Caller
from users.tenant import TenantIdentity
from users.token_sources import CredentialRefused, TokenSource

TOKEN = "PLANTED-token"


def account(**secrets: str) -> TenantIdentity:
    return dataclasses.replace(identity(), extra={"csv_team": "blue"}, secrets=secrets)


def token(profile: Profile, tenant: TenantIdentity) -> str:
    return TokenSource(profile, Caller()).token(tenant).text


def source(name: str, **changes: object) -> Profile:
    every: dict[str, Any] = {"auth__place": "query", "auth__source": name, **changes}
    return profile_for(**every)


LOGINS: list[tuple[dict[str, object], Reply]] = [
    ({"token": "data.token"}, Reply(200, {"data": {"token": TOKEN}})),
    ({"token_cookie": "sid"}, Reply(204, cookies=(f"sid={TOKEN}; Path=/; HttpOnly; SameSite=Lax",))),
    ({"token_header": "X-Auth-Token"}, Reply(201, {}, {"x-auth-token": TOKEN})),
]


@pytest.mark.parametrize(("where", "reply"), LOGINS, ids=["body", "cookie", "header"])
def test_a_login_with_user_and_password_gives_the_token(where: dict[str, object], reply: Reply) -> None:
    with http_server(lambda _: reply) as server:
        service = {"url": f"{server.url}/login", "body": {"user": "{email}", "password": "{password}"}, **where}
        tenant = account(password="PLANTED-password")
        assert token(source("service", auth__service=service), tenant) == TOKEN
        assert server.asked[0].document == {"user": tenant.email, "password": "PLANTED-password"}


@pytest.mark.parametrize("where", [{"token_cookie": "other"}, {"token_header": "X-Other"}, {"token": "other"}])
def test_a_login_without_a_token_where_it_should_be_is_a_sentence(where: dict[str, object]) -> None:
    with http_server(lambda _: Reply(200, {"token": TOKEN}, {"X-Token": TOKEN}, (f"sid={TOKEN}",))) as server:
        service = {"url": server.url, "body": {"password": "{password}"}, **where}
        with pytest.raises(CredentialRefused, match=r"(?i)answered without a token (at|in the) .*other") as caught:
            token(source("service", auth__service=service), account(password="PLANTED-password"))
        assert "PLANTED" not in str(caught.value)


def test_a_command_says_the_token_in_plain_or_in_json() -> None:
    print_it = "import os; print(os.environ['WHO'] + ':' + os.environ['PASSWORD'])"
    plain = {
        "argv": [sys.executable, "-c", print_it], "environment": {"WHO": "{tenant}", "PASSWORD": "{password}"},
        "timeout_s": 20.0,
    }  # fmt: skip
    tenant = account(password="PLANTED-password")
    assert token(source("command", auth__command=plain), tenant) == f"{tenant.name}:PLANTED-password"
    as_json = {"argv": [sys.executable, "-c", 'print(\'{"a": {"t": "x"}}\')'], "token": "a.t", "timeout_s": 20.0}
    assert token(source("command", auth__command=as_json), tenant) == "x"
    for argv in (["-c", "pass"], ["-c", "print(1)"], ["-c", "raise SystemExit(2)"]):
        failing = {"argv": [sys.executable, *argv], "token": "a.t", "timeout_s": 20.0}
        with pytest.raises(CredentialRefused, match=r"auth\.command.*(no token at 'a\.t'|ended with code 2)"):
            token(source("command", auth__command=failing), tenant)


def test_a_file_gives_the_tokens_of_those_in_it(tmp_path: Path) -> None:
    path = tmp_path / "tokens.csv"
    path.write_text(f"who,what\n{identity().name},{TOKEN}\n", encoding="utf-8")
    profile = source("file", auth__file={"path": str(path), "tenant": "who", "token": "what"})
    assert token(profile, identity()) == TOKEN
    with pytest.raises(CredentialRefused, match=r"auth\.file: tokens\.csv has no token of tenant") as caught:
        token(profile, identity(77))
    assert TOKEN not in str(caught.value)


def test_a_tenant_s_own_password_or_token_is_the_token() -> None:
    assert token(source("password"), account(password="PLANTED-password")) == "PLANTED-password"
    with pytest.raises(CredentialRefused, match=r"auth\.source is 'password', and tenant .* has none"):
        token(source("password"), account())


def test_a_token_serves_for_as_long_as_the_profile_says_and_half_its_life() -> None:
    settings = {"secret": "PLANTED-shared-secret-of-forty-characters", "claims": {}, "lifetime_s": 100}
    assert TokenSource(source("jwt", auth__jwt=settings), Caller()).token(identity()).reuse_s == 50
    own = source("password", auth__reuse_s=7.0)
    assert TokenSource(own, Caller()).token(account(password="p")).reuse_s == 7.0
