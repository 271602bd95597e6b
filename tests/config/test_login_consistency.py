from __future__ import annotations

from pathlib import Path

import pytest

from config.load import ProfileInvalid, load
from tests.config.profiles import ENVIRONMENT, PLANTED, written

LOGIN: dict[str, object] = {"auth.source": "service", "auth.service.learn": {"user_id": "me.id", "key": "key"}}
SAID: dict[str, object] = {"type": "x", "message_id": "{message_id}"}
URL = "http://127.0.0.1:1/refresh"


def refresh(**call: object) -> dict[str, object]:
    """A login with a request that renews it."""
    return {**LOGIN, "auth.renewal": {"every_s": 60, "service": {"url": URL, **call}}}


WRONG: list[tuple[dict[str, object], str, str]] = [
    ({"auth.proof": "nap"}, "auth.proof", "should name an operation that costs nothing"),
    ({"auth.proof": "chat"}, "auth.proof", "should name an operation that costs nothing"),
    ({"attempts.tokens": ["other_name"]}, "attempts.tokens", "nobody says its name beside its token"),
    ({**LOGIN, "target.url": "ws://127.0.0.1/{usr_id}"}, "target.url", "nothing fills {usr_id}; did you mean user_id?"),
    (
        {**LOGIN, "target.url": "ws://{key}.example/ws"},
        "target.url",
        "has {key} in its host, which an answer would choose then",
    ),
    (
        {**LOGIN, "target.headers": {"X-User": "PLANTED-{usr_id}"}},
        "target.headers.X-User",
        "holds a placeholder that nothing fills; did you mean user_id?",
    ),
    ({**LOGIN, "auth.place": "basic", "auth.username": "{userid}"}, "auth.username", "did you mean user_id?"),
    (
        refresh(),
        "auth.renewal.service",
        "holds nothing that the login has given (there are: {key}, {token}, {user_id}), so that nobody could tell",
    ),
    (refresh(body={"who": "{tenant}", "with": "{password}"}), "auth.renewal.service", "holds nothing that the login"),
    (refresh(body={"r": "{kye}"}), "auth.renewal.service.body", "nothing fills {kye}; did you mean key?"),
    (refresh(url=URL + "/{usr_id}", form={"r": "{key}"}), "auth.renewal.service.url", "did you mean user_id?"),
    (refresh(form={"r": "{key}", "c": "{csrf}"}), "auth.renewal.service.form", "nothing fills {csrf} (there are: "),
    (
        refresh(headers={"X-Refresh": "PLANTED {kye}"}, body={"t": "{token}"}),
        "auth.renewal.service.headers.X-Refresh",
        "holds a placeholder that nothing fills; did you mean key?",
    ),
]


@pytest.mark.parametrize(("changes", "key", "says"), WRONG, ids=range(len(WRONG)))
def test_what_can_not_work_is_a_sentence_with_its_key(
    tmp_path: Path, changes: dict[str, object], key: str, says: str
) -> None:
    with pytest.raises(ProfileInvalid) as caught:
        load(written(tmp_path / "wrong.toml", changes), ENVIRONMENT)
    lines = str(caught.value).splitlines()
    assert any(f": {key}: " in line and says in line for line in lines), lines
    assert PLANTED not in str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        {"body": {"refresh": "{key}", "who": "{tenant}", "with": "{password}"}, "learn": {"key": "key"}},
        {"headers": {"Authorization": "Bearer {token}"}},
        {"method": "GET", "url": URL + "?r={key}", "learn": {"key": {"cookie": "r"}, "user_id": "me.id"}},
    ],
)
def test_a_renewal_names_its_login_by_token_or_by_what_it_has_taught(tmp_path: Path, call: dict[str, object]) -> None:
    auth = load(written(tmp_path / "right.toml", refresh(**call)), ENVIRONMENT).auth
    assert auth.refresh is not None and auth.refresh.extract.path == "access_token"


def test_what_a_login_teaches_goes_where_the_tenant_s_own_goes(tmp_path: Path) -> None:
    changes: dict[str, object] = {
        **LOGIN, "auth.service.ids": ["user_id"], "target.url": "ws://127.0.0.1/{user_id}?key={key}",
        "target.headers": {"X-User": "{user_id}", "X-Odd": "PLANTED {braces_of_a_secret}"},
        "operations.chat.send": {**SAID, "u": "{user_id:int}", "k": "{key}"}, "attempts.tokens": ["other_name"],
        "attempts.doors": {"read": {"does": "read", "send": {**SAID, "u": "{victim_user_id}"}, "ends": ["x"]}},
    }  # fmt: skip
    auth = load(written(tmp_path / "right.toml", changes), ENVIRONMENT).auth
    assert auth.taught == {"user_id", "key"}
    assert auth.ids == ("user_id",)
