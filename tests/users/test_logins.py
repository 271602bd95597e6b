"""Logins of several requests, against a service that wants each of them as a browser would make it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.config.profiles import changed
from tests.http_server import Asked, Reply, http_server
from users.http_calls import Caller, CallFailed
from users.logins import Login, LoginFailed, log_in

CSRF, CODE, TOKEN = "PLANTED-csrf", "PLANTED-code", "PLANTED-token"
TENANT = {"tenant": "t-1", "email": "t@tenants.example", "password": "PLANTED-password"}


def single_sign_on(asked: Asked) -> Reply:
    """A page sets a cookie and hides a token in its form; the form is answered with a code, the code with a token."""
    form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    match asked.method, asked.path.partition("?")[0]:
        case "GET", "/login":
            page = f'<form><input type="hidden" name="csrf" value="{CSRF}"></form>'
            return Reply(200, text=page, cookies=("visit=v-1; Path=/; HttpOnly", "elsewhere=x; Path=/admin"))
        case "POST", "/login":
            if asked.headers.get("Cookie") != "visit=v-1" or form.get("csrf") != CSRF:
                return Reply(403, {"error": "csrf"})
            if form.get("password") != TENANT["password"]:
                return Reply(401, {"error": "password"})
            where = f"https://app.example/callback?state=s&code={CODE}&x=1"
            return Reply(302, None, {"Location": where}, ("visit=v-2; Path=/",))
        case "POST", "/token":
            if asked.headers.get("Cookie") != "visit=v-2" or form.get("code") != CODE:
                return Reply(400, {"error": "code"})
            return Reply(200, {"token": {"access": TOKEN}, "expires_in": 90, "n": "soon"})
    return Reply(404)


def profile_of(url: str, **changes: Any) -> Any:
    service = {
        "before": [
            {
                "method": "GET", "url": f"{url}/login", "name": "form",
                "learn": {"csrf": {"matches": 'name="csrf" value="([^"]+)"'}},
            },
            {
                "url": f"{url}/login", "form": {"user": "{email}", "password": "{password}", "csrf": "{csrf}"},
                "expect": [302], "learn": {"code": {"header": "Location", "matches": "[?&]code=([^&]+)"}},
            },
        ],
        "url": f"{url}/token", "form": {"code": "{code}"}, "token": "token.access", "expires_in": "expires_in",
    }  # fmt: skip
    return changed(auth__source="service", auth__service={**service, **changes}).auth.service


def test_a_form_with_a_hidden_token_and_a_code_leads_to_a_token() -> None:
    with http_server(single_sign_on) as server:
        assert log_in(Caller(), profile_of(server.url), TENANT) == Login(TOKEN, 90.0, {"csrf": CSRF, "code": CODE})
        assert [asked.headers.get("Cookie") for asked in server.asked] == [None, "visit=v-1", "visit=v-2"]


def test_cookies_of_the_profile_stand_beside_those_that_are_kept() -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/token" and asked.headers.get("Cookie") == "from=profile; visit=v-2":
            return Reply(200, {"token": {"access": TOKEN}, "expires_in": 90})
        return single_sign_on(asked)

    with http_server(answer) as server:
        assert log_in(Caller(), profile_of(server.url, headers={"cookie": "from=profile"}), TENANT).token == TOKEN
        assert sum(name.lower() == "cookie" for name in server.asked[-1].headers) == 1


def test_no_cookie_of_one_login_comes_with_the_next() -> None:
    with http_server(single_sign_on) as server:
        caller = Caller()
        for _ in range(2):
            log_in(caller, profile_of(server.url), TENANT)
        firsts = [asked for asked in server.asked if asked.method == "GET"]
        assert [asked.headers.get("Cookie") for asked in firsts] == [None, None]


def test_a_cookie_goes_to_the_host_that_set_it_and_to_no_other() -> None:
    with http_server(lambda _: Reply(200, {"access_token": TOKEN}, cookies=("sid=PLANTED",))) as server:
        elsewhere = server.url.replace("127.0.0.1", "localhost")
        service = changed(
            auth__source="service",
            auth__service={"before": [{"url": server.url}, {"url": elsewhere}], "url": server.url},
        ).auth.service
        assert service is not None
        log_in(Caller(), service, TENANT)
        assert [asked.headers.get("Cookie") for asked in server.asked] == [None, None, "sid=PLANTED"]


@pytest.mark.parametrize(
    ("learn", "says"),
    [
        ({"matches": 'name="token" value="([^"]+)"'}, "in its text that matches"),
        ({"header": "X-Csrf"}, "in the header 'X-Csrf'"),
        ({"cookie": "csrf"}, "in the cookie 'csrf'"),
        ("data.csrf", "at 'data.csrf'"),
    ],
)
def test_a_step_that_teaches_nothing_is_named(learn: object, says: str) -> None:
    with http_server(single_sign_on) as server:
        before = [{"method": "GET", "url": f"{server.url}/login", "name": "form", "learn": {"csrf": learn}}]
        with pytest.raises(LoginFailed) as caught:
            log_in(Caller(), profile_of(server.url, before=before, form={"code": "{csrf}"}), TENANT)
        text = str(caught.value)
        assert text.startswith("auth.service.before[0] (form) 127.0.0.1:")
        assert "answered without 'csrf'" in text and says in text and "PLANTED" not in text
        assert len(server.asked) == 1


def test_a_step_that_is_refused_ends_the_login_there() -> None:
    with http_server(single_sign_on) as server:
        with pytest.raises(CallFailed, match=r"auth\.service\.before\[1\] .*/login answered 401") as caught:
            log_in(Caller(), profile_of(server.url), {**TENANT, "password": "PLANTED-wrong"})
        assert caught.value.status == 401 and "PLANTED" not in str(caught.value)
        assert [asked.path for asked in server.asked] == ["/login", "/login"]


def test_the_token_may_have_been_learnt_before_the_last_request() -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(200, {"session": TOKEN} if asked.path == "/login" else {"activated": asked.body == b"{}"})

    with http_server(answer) as server:
        before = [{"url": f"{server.url}/login", "learn": {"sid": "session"}}]
        service = changed(
            auth__source="service",
            auth__service={"before": before, "url": f"{server.url}/activate", "token_learnt": "sid"},
        ).auth.service
        assert service is not None
        assert log_in(Caller(), service, TENANT) == Login(TOKEN, None, {"sid": TOKEN})


@pytest.mark.parametrize("life", ["soon", "", None, True, [60], "nan", "Infinity"])
def test_a_life_that_is_no_number_is_a_sentence(life: object) -> None:
    with http_server(lambda _: Reply(200, {"access_token": TOKEN, "expires_in": life})) as server:
        service = changed(
            auth__source="service", auth__service={"url": server.url, "expires_in": "expires_in"}
        ).auth.service
        assert service is not None
        with pytest.raises(LoginFailed, match="without a number of seconds at 'expires_in'"):
            log_in(Caller(), service, TENANT)
