from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from config.entrance_consistency import of_entrances
from config.profile import Profile

LOGIN = {"send": {"type": "auth", "token": "{token}"}, "accepted": ["in"]}
BARE: dict[str, Any] = {
    "target": {"name": "x", "url": "ws://127.0.0.1:1/{token}"},
    "auth": {"place": "path", "also": [{"place": "frame"}], "source": "token", "frame": LOGIN},
    "frames": {"request_id": "id", "learn": {"room": "room"}},
    "operations": {"chat": {"send": {"id": "{message_id}", "text": "{prompt}"}, "ends": ["done"]}},
}


def said(entrance: dict[str, object], **changes: object) -> list[str]:
    attempts = {"entrances": {"room": {"does": "read", **entrance}}}
    profile = Profile.model_validate({**BARE, **changes, "attempts": attempts})
    return [f"{'.'.join(map(str, key))}: {sentence}" for key, sentence in of_entrances(profile)]


def test_an_entrance_stands_in_for_address_and_login() -> None:
    send = {"type": "auth", "token": "{token}", "room": "{victim_room}", "session": "{uuid}"}
    assert said({"url": "ws://127.0.0.1:1/{token}/{victim_tenant}", "send": send}) == []


@pytest.mark.parametrize(("entrance", "says"), [
    ({"send": {"room": "{victim_room}"}}, "send: needs {token} where auth.frame.send has it"),
    ({"url": "ws://127.0.0.1:1/{victim_room}"}, "url: needs {token} where target.url has it"),
    ({"url": "ws://{victim_room}/{token}"}, "url: has a placeholder in its host"),
    ({"send": {"token": "{token}", "room": "{victim_roam}"}}, "send: nothing fills {victim_roam}"),
])  # fmt: skip
def test_what_can_not_work_is_a_sentence_with_its_key(entrance: dict[str, object], says: str) -> None:
    (told,) = said(entrance)
    assert told.startswith(f"attempts.entrances.room.{says}")


def test_a_login_that_is_none_can_not_be_stood_in_for() -> None:
    (told,) = said({"send": {"room": "{victim_room}"}}, auth={"place": "none"}, target={"name": "x", "url": "ws://h/"})
    assert told == "attempts.entrances.room.send: is said in place of auth.frame.send, and there is no [auth.frame]"


def test_an_entrance_names_what_is_anothers() -> None:
    with pytest.raises(ValidationError, match="names nothing of another tenant's"):
        said({"url": "ws://127.0.0.1:1/{token}/{tenant}"})
