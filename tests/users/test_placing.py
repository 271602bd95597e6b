from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

from tests.users.fixtures import identity, profile_for
from tests.users.small_target import small_target
from users.placing import Introduction, connect, introduce
from users.wire.connection import ConnectRefused

TOKEN = "PLANTED/token+1"
JWT = {"secret": "PLANTED-shared-secret-of-forty-characters", "claims": {}}


def introduced(token: str = TOKEN, **changes: object) -> Introduction:
    every: dict[str, Any] = {"auth__source": "jwt", "auth__jwt": JWT, **changes}
    return introduce(profile_for(**every), identity(), token)


def test_a_token_goes_into_the_query_beside_what_stands_there() -> None:
    here = introduced(auth__place="query", auth__parameter="access token", target__url="ws://h/ws?v=1")
    assert here.url == "ws://h/ws?v=1&access%20token=PLANTED%2Ftoken%2B1"
    assert introduced(auth__place="query").url.endswith("/ws?token=PLANTED%2Ftoken%2B1")


def test_a_token_goes_into_a_header_after_its_scheme() -> None:
    here = introduced(auth__place="header", auth__parameter="X-Auth", auth__scheme="Bearer ")
    assert here.headers == [("X-Auth", f"Bearer {TOKEN}")]
    assert TOKEN not in here.url


def test_a_cookie_joins_the_cookies_that_the_profile_sends() -> None:
    here = introduced(auth__place="cookie", auth__parameter="sid", target__headers={"Cookie": "theme=dark", "X-A": "b"})
    assert here.cookie == f"theme=dark; sid={TOKEN}"
    assert here.headers == [("X-A", "b")]


def test_a_subprotocol_is_offered_behind_the_target_s_own() -> None:
    here = introduced(auth__place="subprotocol", auth__scheme="bearer.", target__subprotocols=["graphql-ws"])
    assert here.subprotocols == ["graphql-ws", f"bearer.{TOKEN}"]


def test_http_s_own_login_takes_the_token_for_the_password() -> None:
    ((name, value),) = introduced(auth__place="basic", auth__username="{email}").headers
    assert name == "Authorization"
    assert b64decode(value.removeprefix("Basic ")).decode() == f"{identity().email}:{TOKEN}"


def test_a_token_in_the_path_is_escaped_and_never_shown() -> None:
    with small_target() as target:
        target.refuse = True
        url = f"ws://127.0.0.1:{target.port}/ws/{{tenant}}/{{token}}"
        profile = profile_for(auth__place="path", target__url=url, auth__source="jwt", auth__jwt=JWT)
        here = introduce(profile, identity(), TOKEN)
        assert here.url == f"ws://127.0.0.1:{target.port}/ws/{identity().name}/PLANTED%2Ftoken%2B1"
        with pytest.raises(ConnectRefused) as caught:
            connect(profile.target, here, None)
    assert "/ws/{tenant}/{token}" in str(caught.value)
    assert "PLANTED" not in str(caught.value)


def test_a_token_goes_to_several_places_and_an_empty_one_nowhere() -> None:
    also = [{"place": "header", "parameter": "Authorization", "scheme": "Bearer "}]
    places: dict[str, Any] = {"auth__place": "cookie", "auth__parameter": "sid", "auth__also": also}
    here = introduced(**places)
    assert (here.cookie, here.headers) == (f"sid={TOKEN}", [("Authorization", f"Bearer {TOKEN}")])
    nowhere = introduced("", **places)
    assert (nowhere.cookie, nowhere.headers) == (None, [])


def test_an_introduction_is_never_shown() -> None:
    assert "PLANTED" not in repr(introduced(auth__place="cookie")) + repr(introduced(auth__place="query"))


def test_a_connection_may_have_an_id_of_its_own_in_address_and_login() -> None:
    frame = {"send": {"session": "{uuid}", "token": "{token}"}, "accepted": ["in"]}
    changes: dict[str, Any] = {"auth__place": "frame", "auth__frame": frame, "target__url": "ws://h/ws/{uuid}"}
    one, another = introduced(**changes), introduced(**changes)
    assert one.url == f"ws://h/ws/{one.values['uuid']}"
    assert one.values["uuid"] != another.values["uuid"]
