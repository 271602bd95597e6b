from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import orjson
import pytest

from config.profile import Profile
from tests.users.fixtures import OTHER, identity, profile_for
from users.credentials import CredentialRefused, Credentials
from users.placing import Introduction

SECRET = "PLANTED-shared-secret-of-forty-characters"
KEY_IN_URL = "PLANTED-key"
TOKEN = "PLANTED-token"


def signing(**changes: object) -> Credentials:
    claims = {"sub": "{tenant}", "user_id": "{tenant}", "n": "{number}", "aud": "ws"}
    settings = {"secret": SECRET, "claims": claims, "lifetime_s": 600}
    every: dict[str, Any] = {"auth__place": "query", "auth__source": "jwt", "auth__jwt": settings, **changes}
    return Credentials(profile_for(**every))


def token_of(introduction: Introduction) -> str:
    return parse_qs(urlsplit(introduction.url).query)["token"][0]


def test_a_signed_token_carries_the_claims_of_its_tenant() -> None:
    introduction, took_ms = signing().introduce(identity())
    claims = jwt.decode(token_of(introduction), SECRET, algorithms=["HS256"], audience="ws")
    assert claims["sub"] == claims["user_id"] == identity().name
    assert claims["n"] == 4
    assert claims["exp"] - claims["iat"] == 600
    assert claims["iat"] == pytest.approx(time.time(), abs=5)
    assert introduction.headers == [] and took_ms is not None


def test_who_shows_no_token_is_asked_for_none() -> None:
    introduction, took_ms = Credentials(profile_for(auth__place="none")).introduce(identity())
    assert (introduction.url, introduction.headers, took_ms) == ("ws://127.0.0.1:1/ws", [], None)


def test_a_token_is_used_again_by_its_tenant_alone_until_it_is_forgotten() -> None:
    credentials = signing()
    first, _ = credentials.introduce(identity())
    again, took_ms = credentials.introduce(identity())
    assert (again.url, took_ms) == (first.url, None)
    other, took_ms = credentials.introduce(identity(OTHER))
    assert other.url != first.url and took_ms is not None
    credentials.forget(identity())
    assert credentials.introduce(identity())[1] is not None
    assert credentials.introduce(identity(OTHER))[1] is None


Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def auth_service(answer: Answer) -> Iterator[tuple[Credentials, list[tuple[str, dict[str, str], bytes]]]]:
    asked: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append((self.command, dict(self.headers), body))
            answer(self)

        do_GET = do_POST

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Credentials(asking(f"http://127.0.0.1:{server.server_port}/token?key={KEY_IN_URL}")), asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def asking(url: str) -> Profile:
    return profile_for(
        auth__place="query",
        auth__service__url=url,
        auth__service__headers={"Authorization": "Bearer PLANTED-service-key"},
        auth__service__timeout_s=0.3,
        auth__service__retries=0,
    )


def reply(status: int, body: bytes, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def test_a_token_is_asked_for_with_the_tenants_name_and_our_key() -> None:
    with auth_service(reply(200, orjson.dumps({"access_token": TOKEN}))) as (credentials, asked):
        introduction, took_ms = credentials.introduce(identity())
        assert token_of(introduction) == TOKEN and took_ms is not None
        credentials.introduce(identity())
        ((method, headers, body),) = asked
        assert (method, orjson.loads(body)) == ("POST", {"user_id": identity().name})
        assert headers["Authorization"] == "Bearer PLANTED-service-key"


REFUSALS: list[tuple[Answer, str, int | None]] = [
    (reply(401, f'{{"detail":"bad key {KEY_IN_URL}"}}'.encode()), "answered 401", 401),
    (reply(500, b"<html>"), "answered 500", 500),
    (reply(302, b"", Location="http://127.0.0.1:1/elsewhere"), "answered 302", 302),
    (reply(200, b"no JSON " + TOKEN.encode()), "answered without a token at 'access_token'", None),
    (reply(200, b"{}"), "answered without a token", None),
    (reply(200, b"[]"), "answered without a token", None),
    (reply(200, b'{"access_token":null}'), "answered without a token", None),
    (reply(200, b'{"access_token":""}'), "answered without a token", None),
    (reply(200, b'{"access_token":{"a":1}}'), "answered without a token", None),
]


@pytest.mark.parametrize(("answer", "says", "status"), REFUSALS, ids=range(len(REFUSALS)))
def test_a_refusal_is_a_sentence_with_the_address_and_without_secrets(
    answer: Answer, says: str, status: int | None
) -> None:
    with auth_service(answer) as (credentials, _):
        with pytest.raises(CredentialRefused, match=rf"auth service 127\.0\.0\.1:\d+/token {says}") as caught:
            credentials.introduce(identity())
        assert caught.value.status == status
        assert "PLANTED" not in str(caught.value)


def hang(handler: BaseHTTPRequestHandler) -> None:
    """Answers nothing until the client has gone away."""
    handler.rfile.read(1)


def test_an_auth_service_that_is_down_or_hangs_is_a_sentence() -> None:
    credentials = Credentials(asking(f"http://127.0.0.1:1/token?key={KEY_IN_URL}"))
    with pytest.raises(CredentialRefused, match="did not answer: connection refused") as caught:
        credentials.introduce(identity())
    assert "PLANTED" not in str(caught.value)
    with auth_service(hang) as (credentials, _):
        with pytest.raises(CredentialRefused, match="did not answer: timed out") as caught:
            credentials.introduce(identity())
        assert "PLANTED" not in str(caught.value)


def test_what_was_refused_is_asked_for_again() -> None:
    answers = iter([reply(503, b""), reply(200, orjson.dumps({"access_token": TOKEN}))])
    with auth_service(lambda handler: next(answers)(handler)) as (credentials, asked):
        with pytest.raises(CredentialRefused):
            credentials.introduce(identity())
        assert token_of(credentials.introduce(identity())[0]) == TOKEN
        assert len(asked) == 2


def test_tokens_of_tenants_that_left_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("users.credentials._SWEEP_EVERY", 10)
    credentials = signing(auth__reuse_s=0.0)
    for number in range(95):
        credentials.introduce(identity(number))
    assert len(credentials._logins) <= 10
