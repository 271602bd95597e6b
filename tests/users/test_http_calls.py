from __future__ import annotations

from urllib.parse import parse_qs
from urllib.request import Request

import pytest
from urllib3 import HTTPHeaderDict

from config.calls import HttpCall
from tests.http_server import Asked, Reply, http_server
from users.http_calls import Caller, CallFailed, Cookies

VALUES = {"tenant": "a/b", "password": "PLANTED-password", "none": None}


def call(url: str, **more: object) -> HttpCall:
    return HttpCall.model_validate({"url": url, "timeout_s": 5.0, **more})


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("users.http_calls._FIRST_PAUSE_S", 0.001)


def test_placeholders_are_filled_and_escaped_where_they_stand() -> None:
    with http_server(lambda _: Reply(201, {"id": 7}, cookies=("sid=c1; Path=/; HttpOnly", "b=2"))) as server:
        body = {"who": "{tenant}", "gone": "{none}", "secret": "{password}"}
        headers = {"Authorization": "Bearer {password} {x{unknown}"}
        answer = Caller().call(
            "step", call(f"{server.url}/users/{{tenant}}", method="PUT", body=body, headers=headers), VALUES
        )
        (asked,) = server.asked
        assert (asked.method, asked.path) == ("PUT", "/users/a%2Fb")
        assert asked.document == {"who": "a/b", "secret": "PLANTED-password"}
        assert asked.headers["Authorization"] == "Bearer PLANTED-password {x{unknown}"
        assert (answer.status, answer.document) == (201, {"id": 7})
        assert answer.cookies == {"sid": "c1", "b": "2"}
        assert "PLANTED" not in repr(answer)


def test_a_form_is_sent_as_a_form() -> None:
    with http_server(lambda _: Reply()) as server:
        Caller().call("login", call(server.url, form={"user": "{tenant}", "pw": "{password}"}), VALUES)
        (asked,) = server.asked
        assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert parse_qs(asked.body.decode()) == {"user": ["a/b"], "pw": ["PLANTED-password"]}


@pytest.mark.parametrize(("expect", "status", "fine"), [((), 204, True), ((), 302, False), ((404,), 404, True),
                                                         ((404,), 200, False)])  # fmt: skip
def test_which_statuses_mean_success_is_the_profile_s_to_say(expect: tuple[int, ...], status: int, fine: bool) -> None:
    with http_server(lambda _: Reply(status)) as server:
        if fine:
            assert Caller().call("step", call(server.url, expect=expect), VALUES).status == status
            return
        with pytest.raises(CallFailed, match=rf"step 127.0.0.1:{server.port} answered {status}") as caught:
            Caller().call("step", call(server.url, expect=expect), VALUES)
        assert caught.value.status == status


def test_it_is_said_again_while_the_server_is_busy_and_no_longer_than_the_profile_says() -> None:
    statuses = [429, 503, 200]
    with http_server(lambda _: Reply(statuses[min(len(server.asked), 3) - 1])) as server:
        assert Caller().call("step", call(server.url, retries=2), VALUES).status == 200
        assert len(server.asked) == 3
    with http_server(lambda _: Reply(503)) as server:
        with pytest.raises(CallFailed, match="answered 503"):
            Caller().call("step", call(server.url, retries=1), VALUES)
        assert len(server.asked) == 2


def test_what_may_have_taken_effect_is_not_said_again() -> None:
    with http_server(lambda _: Reply(500)) as server:
        with pytest.raises(CallFailed, match="answered 500"):
            Caller().call("step", call(server.url), VALUES)
        assert len(server.asked) == 1


def test_a_server_that_is_not_there_is_a_sentence_without_the_secrets() -> None:
    with pytest.raises(CallFailed, match="did not answer: connection refused") as caught:
        Caller().call("step", call("http://127.0.0.1:1/x/{password}?k={password}", retries=1), VALUES)
    assert "PLANTED" not in str(caught.value) and not caught.value.sent


def test_a_redirect_is_not_followed_with_the_credentials() -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(302, headers={"Location": "/elsewhere"})

    with http_server(answer) as server:
        with pytest.raises(CallFailed, match="answered 302"):
            Caller().call("step", call(server.url, retries=0), VALUES)
        assert len(server.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_followed_nowhere(status: int, method: str) -> None:
    with http_server(lambda _: Reply()) as elsewhere:
        reply = Reply(status, headers={"Location": f"{elsewhere.url}/in"})
        with http_server(lambda _: reply) as server:
            asking = call(server.url, method=method, body={"pw": "{password}"} if method == "POST" else None)
            with pytest.raises(CallFailed, match=f"answered {status}, which leads elsewhere and is not followed"):
                Caller().call("login", asking, VALUES)
            expecting = asking.model_copy(update={"expect": (status,)})
            assert Caller().call("login", expecting, VALUES).status == status
        assert elsewhere.asked == []


@pytest.mark.parametrize(
    ("url", "sent"),
    [("https://far.example/a", True), ("http://far.example/a", False), ("http://127.0.0.1:8/a", True)],
)
def test_a_cookie_for_https_alone_is_sent_without_it_to_nobody_but_this_machine(url: str, sent: bool) -> None:
    cookies, answer = Cookies(), HTTPHeaderDict({"Set-Cookie": "sid=PLANTED; Secure; Path=/"})
    cookies.take(Request(url.replace("http://far", "https://far")), answer)
    assert cookies.header(Request(url)) == ("sid=PLANTED" if sent else None)
