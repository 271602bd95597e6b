from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.config.profiles import REMOVE, changed

FRAME = {"send": {"type": "auth", "token": "{token}"}, "accepted": ["ok"]}

WRONG = [
    ({"auth__place": "frame"}, "place is 'frame', so a table [auth.frame] with {token} in its 'send' is needed"),
    ({"auth__frame": FRAME}, "place must be 'frame'"),
    ({"auth__place": "frame", "auth__frame": {**FRAME, "refused": ["ok"]}}, "listed as accepted and as refused"),
    (
        {"auth__place": "frame", "auth__frame": {**FRAME, "send": {"a": "{token}", "b": "{tokn}"}}},
        "auth.frame.send: nothing fills the placeholder {tokn}",
    ),
    ({"auth__place": "path"}, "target.url must hold {token}"),
    ({"target__url": "ws://127.0.0.1/{token}"}, "target.url must hold {token}"),
    ({"target__url": "ws://127.0.0.1/{user}"}, "target.url: nothing fills the placeholder {user}"),
    ({"auth__source": "jwt", "auth__jwt": REMOVE, "attempts__tokens": []}, "a table [auth.jwt] is needed"),
]


@pytest.mark.parametrize(("changes", "says"), WRONG)
def test_a_contradiction_is_a_sentence(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        changed(**changes)
    (error,) = caught.value.errors()
    assert says in error["msg"]


def test_a_token_may_go_to_several_places() -> None:
    also = [{"place": "header", "parameter": "X-Token"}, {"place": "none"}]
    auth = changed(auth__place="cookie", auth__also=also).auth
    assert [placement.place for placement in auth.places] == ["cookie", "header"]
