"""``python -m config check`` tries what a run will try: against a scripted service whose doors and logins are wrong."""

from __future__ import annotations

import io
import json
import operator
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from evidence.requests import Request
from swarm.trial.command import main
from tests.users.scripted_service import Caller, scripted_service
from users.dialects.base import Message
from users.session import Session

PROFILE = """
[target]
name = "scripted"
url = "{url}"
reply_timeout_s = 0.3

[auth]
place = "frame"
source = "token"

[auth.frame]
send = {{ type = "auth", token = "{{token}}" }}
accepted = ["welcome"]
refused = ["denied"]

[tenants]
accounts = "accounts.csv"
columns = {{ token = "key" }}

[frames]
request_id = ["message_id"]
tenant = ["user"]
learn = {{ thread = "thread" }}

[operations.chat]
send = {{ type = "say", message_id = "{{message_id}}", text = "{{prompt}}" }}
ends = ["said"]

[attempts]
tokens = ["missing", "unknown"]

[attempts.doors.read]
does = "read"
send = {{ type = "list", message_id = "{{message_id}}", thread = "{{victim_thread}}" }}
ends = ["listed"]
"""
KEYS = {"PLANTED-key-of-ann": "ann", "PLANTED-key-of-bob": "bob"}


@dataclass
class Service:
    """Knows two accounts by their keys, and shows a thread to its owner alone, unless told otherwise."""

    refuses: dict[str, Any] = field(default_factory=lambda: {"type": "error", "code": "not_found"})
    welcomes_anybody: bool = False
    minds_the_room: bool = True
    is_silent: bool = False
    keeps: bool = True
    always_own: bool = False
    shows_to: Callable[[str, str], bool] = operator.eq
    stored: dict[str, str] = field(default_factory=dict)
    who: dict[int, str] = field(default_factory=dict)

    def __call__(self, caller: Caller, message: Message) -> None:
        said = json.loads(message)
        if said["type"] == "auth":
            user = KEYS.get(said.get("token", ""))
            if self.minds_the_room and said.get("room", f"thread of {user}") != f"thread of {user}":
                user = None
            if user is None and not self.welcomes_anybody:
                caller.say({"type": "denied"})
                return
            self.who[caller.number] = user or "nobody"
            caller.say({"type": "welcome"})
            return
        if self.is_silent:
            return
        user, again = self.who[caller.number], {"message_id": said.get("message_id")}
        if said["type"] == "join":
            room = user if self.always_own else said["room"].removeprefix("thread of ")
            if self.shows_to(room, user) and room in self.stored:
                caller.say({"type": "room", "messages": [self.stored[room]]})
        elif said["type"] == "say":
            if self.keeps:
                self.stored[user] = said["text"]
            caller.say({"type": "said", "user": user, "thread": f"thread of {user}", **again})
        elif said["thread"] == f"thread of {user}":
            caller.say({"type": "listed", "user": user, **again})
        else:
            caller.say({**self.refuses, **again})


def check(
    tmp_path: Path, service: Service, *, change: tuple[str, str] = ("", ""), accounts: int = 2
) -> tuple[int, str]:
    with scripted_service(service) as running:
        rows = [f"{user},{key}" for key, user in KEYS.items()][:accounts]
        (tmp_path / "accounts.csv").write_text("\n".join(["tenant,key", *rows, ""]), encoding="utf-8")
        text = PROFILE.format(url=running.url)
        assert change[0] in text
        (tmp_path / "p.toml").write_text(text.replace(*change, 1), encoding="utf-8")
        shown = io.StringIO()
        code = main([str(tmp_path / "p.toml"), "--runs", str(tmp_path / "runs")], shown)
    assert "PLANTED" not in shown.getvalue()
    return code, shown.getvalue()


def test_what_is_refused_as_the_profile_says_is_all_well_and_two_accounts_suffice(tmp_path: Path) -> None:
    code, shown = check(tmp_path, Service())
    assert code == 0, shown
    assert "ok    control: read: answered" in shown
    assert "ok    attempts.doors.read: refused, as it should be: not_found" in shown
    assert "ok    token: missing: refused, as it should be" in shown
    assert "ok    token: unknown: refused, as it should be" in shown
    assert "other tenants' doors that open (read); each was refused just now" in shown
    assert "tokens that should be refused (missing, unknown)" in shown


AS_IT_IS = ("", "")
BY_MARKS = ("does =", 'granted_by = "victims_marks"\ndoes =')
BROKEN = ("[operations.chat]", '[refusal]\nbroken = ["broke"]\n\n[operations.chat]')


@pytest.mark.parametrize(
    ("refuses", "change", "says"),
    [
        ({"type": "listed"}, AS_IT_IS, "let in, for it was answered; a run would say LEAKING"),
        ({"type": "listed", "user": "bob"}, BY_MARKS, "let in: the answer showed"),
        ({"type": "error", "code": "internal_error"}, AS_IT_IS, "which counts as a failure and not as a refusal"),
        ({"type": "error", "code": "broke"}, BROKEN, "refusal.broken names it"),
        ({"type": "forbidden"}, AS_IT_IS, "neither refused nor let in, so that it counts for nothing: timed out"),
    ],
    ids=["answered", "other's name", "failure", "failure by the profile", "unknown kind"],
)
def test_a_door_that_is_not_refused_as_the_profile_says_is_wrong(
    tmp_path: Path, refuses: dict[str, Any], change: tuple[str, str], says: str
) -> None:
    code, shown = check(tmp_path, Service(refuses), change=change)
    assert code == 3, shown
    (wrong,) = [line for line in shown.splitlines() if line.startswith("  wrong attempts.doors.read")]
    assert says in wrong


def test_what_ended_unclear_is_what_a_run_can_not_see(tmp_path: Path) -> None:
    _, shown = check(tmp_path, Service({"type": "forbidden"}))
    assert "whether the door read lets somebody in, for an attempt ended neither refused nor let in: timed out" in shown
    assert "other tenants' doors that open" not in shown


def test_an_answer_without_the_others_data_is_a_refusal_where_the_profile_says_so(tmp_path: Path) -> None:
    code, shown = check(tmp_path, Service({"type": "listed"}), change=BY_MARKS)
    assert code == 0, shown
    assert "refused, as it should be: answered without the other's data" in shown


@pytest.mark.parametrize("does", ["change", "spend", "resume", "subscribe"])
def test_an_answer_that_shows_nothing_is_no_refusal_of_what_an_attempt_would_do(tmp_path: Path, does: str) -> None:
    change = (BY_MARKS[0] + ' "read"', BY_MARKS[1] + f' "{does}"')
    code, shown = check(tmp_path, Service({"type": "listed"}), change=change)
    assert code == 0, shown
    assert (
        f"note  attempts.doors.read: answered, and nothing of the second tenant's was shown; whether it could {does}"
        in shown
    )
    assert "for there is no store to look into" in shown and "door read: refused" not in shown
    assert "doors that open (read); answered just now, and what came of it is seen later: read" in shown


def test_a_refusal_without_a_code_can_not_be_told_from_a_failure(tmp_path: Path) -> None:
    code, shown = check(tmp_path, Service({"type": "error"}))
    assert code == 0, shown
    assert "note  no code stands at code (refusal.code)" in shown


def test_a_known_leak_is_a_note(tmp_path: Path) -> None:
    change = ("does =", 'leaks_by_design = "a public board"\ndoes =')
    code, shown = check(tmp_path, Service({"type": "listed"}), change=change)
    assert code == 0, shown
    assert "note  attempts.doors.read: let in, which is known: a public board" in shown


def test_a_bad_token_that_is_let_in_is_wrong(tmp_path: Path) -> None:
    code, shown = check(tmp_path, Service(welcomes_anybody=True))
    assert code == 3
    for kind in ("missing", "unknown"):
        assert f"wrong token: {kind}: let in: the session became ready; a run would say LEAKING" in shown
        assert "let in just now: token: missing, token: unknown" in shown
    assert "auth.proved_by = 'operation'" in shown


def test_a_door_whose_id_nobody_handed_out_can_not_be_tried(tmp_path: Path) -> None:
    code, shown = check(tmp_path, Service(), change=('thread = "thread"', 'thread = "nowhere"'))
    assert code == 3
    assert "attempts.doors.read: could not be tried: nothing has handed out {thread} to the second tenant" in shown
    assert "whether the door read lets somebody in, for an attempt could not be tried" in shown


def test_a_door_that_does_not_open_to_its_owner_can_not_be_tried(tmp_path: Path) -> None:
    code, shown = check(tmp_path, Service(), change=('thread = "{victim_thread}"', 'thread = "{victim_tenant}"'))
    assert code == 3
    assert "could not be tried: the owner's own access did not succeed: not_found" in shown


def test_with_one_account_alone_doors_can_not_be_tried_and_tokens_can(tmp_path: Path) -> None:
    code, shown = check(tmp_path, Service(), accounts=1)
    assert code == 3
    assert "no second tenant could be played: tenants.accounts: accounts.csv holds 1 accounts" in shown
    assert "ok    chat: answered" in shown
    assert "attempts.doors.read: could not be tried: there is no second tenant" in shown
    assert "ok    token: unknown: refused" in shown


ENTRANCE = """
[attempts.entrances.room]
does = "read"
within_s = 0.2
send = { type = "auth", token = "{token}", room = "{victim_thread}" }

[attempts.doors.read]"""
BY_ENTRANCE = ("\n[attempts.doors.read]", ENTRANCE)


def test_an_entrance_that_is_shut_is_refused_right_after_its_owner_came_in(tmp_path: Path) -> None:
    code, shown = check(tmp_path, Service(), change=BY_ENTRANCE)
    assert code == 0, shown
    assert "ok    attempts.entrances.room: refused, as it should be, right after its owner was let in" in shown
    assert '"room":"thread of bob"' in shown
    assert "other tenants' entrances that let somebody in (room); each was refused just now" in shown


def test_an_entrance_that_lets_anybody_in_is_wrong(tmp_path: Path) -> None:
    code, shown = check(tmp_path, Service(minds_the_room=False), change=BY_ENTRANCE)
    assert code == 3
    assert "wrong attempts.entrances.room: let in: the session became ready; a run would say LEAKING" in shown


@pytest.mark.parametrize(("room", "why"), [
    ("{victim_nowhere}", "nothing has handed out {nowhere} to its owner"),
    ("not {victim_thread}", "its owner was not let in: the login was answered with the frame denied"),
])  # fmt: skip
def test_an_entrance_that_does_not_open_to_its_owner_can_not_be_tried(tmp_path: Path, room: str, why: str) -> None:
    learnt = '[operations.chat]\nlearn = { nowhere = "nowhere" }'
    entrance = ENTRANCE.replace("[attempts.doors.read]", "").replace("{victim_thread}", room)
    code, shown = check(tmp_path, Service(), change=("[operations.chat]", entrance + learnt))
    assert code == 3
    assert f"wrong attempts.entrances.room: could not be tried: {why}" in shown
    assert "whether the entrance room lets somebody in, for an attempt could not be tried" in shown


ALL_COME_IN = """
[attempts.entrances.room]
does = "read"
granted_by = "victims_marks"
then = { type = "join", room = "{victim_thread}" }
within_s = 2

[attempts.doors.read]"""
BY_WHAT_IS_SHOWN = ("\n[attempts.doors.read]", ALL_COME_IN)


@pytest.mark.parametrize(("service", "says"), [
    (Service(), "ok    attempts.entrances.room: refused, as it should be, right after its owner was shown its own: "
                "connected, and shown nothing of the other's"),
    (Service(shows_to=lambda _room, _who: True),
     "wrong attempts.entrances.room: let in: it showed what is the other's; a run would say LEAKING (access-granted)"),
    (Service(keeps=False), "wrong attempts.entrances.room: could not be tried: the owner's own access showed nothing "
                           "of its own: let it be a room that holds"),
    (Service(always_own=True), "wrong attempts.entrances.room: could not be tried: it showed the other its own as "
                               "well, so that what its owner was shown may be nothing of the room: if every"),
], ids=["shut", "open", "empty", "one's own whatever the room"])  # fmt: skip
def test_where_everybody_is_let_in_what_the_connection_shows_decides(
    tmp_path: Path, service: Service, says: str
) -> None:
    code, shown = check(tmp_path, service, change=BY_WHAT_IS_SHOWN)
    assert says in shown, shown
    assert code == (0 if says.startswith("ok") else 3)
    assert '"type":"join","room":"thread of bob"' in shown


def test_where_nothing_is_answered_only_the_first_is_waited_for_to_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarm.trial.talk._IMPATIENT_S", 0.0)
    given_up: list[bool] = []

    def wait(session: Session, request: Request, timeout_s: float | None = None) -> bool:
        given_up.append(request.deadline_s <= time.perf_counter())
        return original(session, request, timeout_s)

    original = Session.wait
    monkeypatch.setattr(Session, "wait", wait)
    code, shown = check(tmp_path, Service(is_silent=True))
    assert code == 3 and "chat: nothing came back within 0." in shown
    assert len(given_up) > 1 and given_up == [False, *[True] * (len(given_up) - 1)]


class Gossip(Service):
    """Welcomes anybody, refuses strangers by an error without an id, and tells the first caller of it."""

    def __call__(self, caller: Caller, message: Message) -> None:
        said = json.loads(message)
        if said["type"] != "listen":
            super().__call__(caller, message)
            return
        self.first = getattr(self, "first", caller)
        if self.who[caller.number] == "nobody":
            self.first.say({"type": "gossip"})
            caller.say({"type": "error", "code": "who?"})
        else:
            caller.say({"type": "listening", "message_id": said["message_id"]})


LISTENING = ("[frames]", """[operations.subscribe]
send = { type = "listen", message_id = "{message_id}" }
ends = ["listening"]

[frames]
pushes = ["gossip"]""")  # fmt: skip


def test_what_comes_on_the_session_that_is_held_is_not_shown_as_that_of_a_bad_token(tmp_path: Path) -> None:
    _, shown = check(tmp_path, Gossip(welcomes_anybody=True), change=LISTENING)
    tokens = shown[shown.index("Tokens that must be refused") :]
    assert '"who?"' in tokens and "gossip" not in tokens
    assert "note  token: missing: subscribe, said on each connection, went unanswered for 0.3 s" in tokens
    assert "say refusal.without_id = 'only'" in tokens
