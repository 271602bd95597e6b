"""``python -m config check`` on a service that makes a user anew who comes with the token of one that was removed."""

from __future__ import annotations

import io
import json
from pathlib import Path

from swarm.trial.command import main
from tests.http_server import Asked, Reply, http_server
from tests.users.scripted_service import Caller, scripted_service
from users.dialects.base import Message

PROFILE = """
[target]
name = "generous"
url = "{target}"
reply_timeout_s = 2

[auth]
place = "frame"
source = "password"

[auth.frame]
send = {{ type = "auth", user = "{{tenant}}", token = "{{token}}" }}
accepted = ["welcome"]

[frames]
request_id = ["id"]

[operations.chat]
send = {{ type = "say", id = "{{message_id}}", text = "{{prompt}}" }}
ends = ["said"]

[provisioning]
quiet_before_removal_s = 0

[[provisioning.steps]]
kind = "http"
name = "users"
create = {{ url = "{users}/users", body = {{ name = "{{tenant}}", password = "{{password}}" }} }}
remove = {{ method = "DELETE", url = "{users}/users/{{tenant}}" }}
"""


class Generous:
    """Keeps users, and makes one of whoever comes; if ``stubborn``, from then on it removes nobody."""

    def __init__(self, *, stubborn: bool = False) -> None:
        self.users: set[str] = set()
        self._stubborn = stubborn
        self._keeps = False

    def answer(self, asked: Asked) -> Reply:
        if asked.method == "DELETE":
            if self._keeps:
                return Reply(500)
            self.users.discard(asked.path.rpartition("/")[2])
        else:
            self.users.add(json.loads(asked.body)["name"])
        return Reply(200, {})

    def hear(self, caller: Caller, message: Message) -> None:
        said = json.loads(message)
        if said["type"] == "auth":
            self._keeps = self._stubborn and (self._keeps or said["user"] not in self.users)
            self.users.add(said["user"])
            caller.say({"type": "welcome"})
        else:
            caller.say({"type": "said", "id": said["id"]})


def check(folder: Path, service: Generous) -> tuple[int, str]:
    with http_server(service.answer) as users, scripted_service(service.hear) as target:
        path = folder / "p.toml"
        path.write_text(PROFILE.format(target=target.url, users=users.url), encoding="utf-8")
        page = io.StringIO()
        return main([str(path), "--runs", str(folder / "runs")], page), page.getvalue()


def test_what_is_made_anew_for_one_who_came_back_is_removed_too(tmp_path: Path) -> None:
    service = Generous()
    code, shown = check(tmp_path, service)
    assert code == 3 and "wrong let in: the session became ready" in shown
    assert "what it left when it came back is removed too" in shown
    assert service.users == set()
    assert not list((tmp_path / "runs").iterdir())


def test_what_is_left_of_one_who_came_back_is_told_and_can_be_removed_later(tmp_path: Path) -> None:
    service = Generous(stubborn=True)
    _, shown = check(tmp_path, service)
    assert len(service.users) == 1 and "wrong not removed: provisioning.steps[0] (users)" in shown
    (folder,) = (tmp_path / "runs").iterdir()
    assert f"python -m swarm clean {folder}" in shown
