"""A login in the first frame of a session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import gevent
import pytest

from evidence.records import ConnectFailed
from evidence.requests import Outcome
from tests.config.profiles import REMOVE
from tests.users.fixtures import World, profile_for, world
from tests.users.sessions import ask, session_at
from tests.users.small_target import Line, SmallTarget, small_target, until
from users.credentials import Credentials
from users.run import SessionUnavailable
from users.session import Session

LOGIN = {
    "after": ["hello"], "send": {"type": "auth", "access_token": "{token}"}, "accepted": ["let_in"],
    "refused": ["turned_away"],
}  # fmt: skip


SIGNED = {"secret": "PLANTED-shared-secret-of-forty-characters", "claims": {"sub": "{tenant}"}}


@contextmanager
def session_with_login(
    answer: str, *, greet: bool = True, timeout_s: float = 5.0
) -> Iterator[tuple[Session, World, SmallTarget]]:
    """A target that greets, wants a login in the first frame, and answers it with this type of frame, or closes."""

    def on_frame(line: Line, frame: dict[str, Any]) -> None:
        if frame["type"] != "auth":
            line.answer(frame, charged=0)
        elif answer == "close":
            line.close(4401, "who are you?")
        elif answer:
            line.send(type=answer)

    def hello(line: Line) -> None:
        if greet:
            line.send(type="hello")

    changes = {
        "auth__place": "frame", "auth__frame": {**LOGIN, "timeout_s": timeout_s}, "auth__source": "jwt",
        "auth__jwt": SIGNED, "frames__ready": REMOVE, "target__connect_timeout_s": 0.2,
    }  # fmt: skip
    with small_target(on_frame=on_frame, greet=hello) as target, session_at(target, **changes) as (session, here):
        yield session, here, target


def test_a_login_in_the_first_frame_comes_after_the_greeting_and_before_anything_else() -> None:
    with session_with_login("let_in") as (session, here, target):
        session.open()
        request = ask(session, here, "history")
        assert session.wait(request) and request.outcome is Outcome.ANSWERED
        assert target.types() == ["auth", "history"]
        assert target.asked[0][1]["access_token"].startswith("ey")
        assert "login" in here.reported("connect")


def test_nobody_asks_while_the_login_is_under_way() -> None:
    with session_with_login("") as (session, here, target):
        opening = gevent.spawn(session.reopen, resume=False)
        until(lambda: target.types() == ["auth"], "the login")
        assert not session.is_open
        with pytest.raises(SessionUnavailable):
            ask(session, here)
        opening.kill()


@pytest.mark.parametrize(("answer", "detail"), [
    ("turned_away", "the login was answered with the frame turned_away"),
    ("close", "no let_in frame after the login: closed with code 4401"),
])  # fmt: skip
def test_a_refused_login_is_a_failed_connection_and_its_token_is_not_shown_again(answer: str, detail: str) -> None:
    with session_with_login(answer) as (session, here, _):
        for _ in range(2):
            with pytest.raises(SessionUnavailable):
                session.open()
        failed = here.sink.of(ConnectFailed)[0]
        assert (failed.stage, failed.detail) == ("auth", detail)
        assert not session.is_open
        assert here.reported("connect").count("auth") >= 2


def test_a_login_that_is_never_answered_or_a_greeting_that_never_comes_is_a_failed_connection() -> None:
    for greet, detail in ((True, "no let_in frame after the login"), (False, "no hello frame after the upgrade")):
        with session_with_login("", greet=greet, timeout_s=0.1) as (session, here, target):
            with pytest.raises(SessionUnavailable):
                session.open()
            assert here.sink.of(ConnectFailed)[0].detail == detail
            assert target.types() == (["auth"] if greet else [])


def test_a_token_that_the_target_repeats_is_shown_to_nobody() -> None:
    secret = "PLANTED-token-0123456789"

    def repeats(line: Line, frame: dict[str, Any]) -> None:
        if frame["type"] == "chat_message":
            line.send(type="error", code=f"bad token {secret}", message_id=frame["message_id"])
        else:
            line.close(4001, f"bad token {secret}")

    with small_target(on_frame=repeats) as target:
        here = world(profile_for(target.url, auth__place="query", auth__source="token"))
        here.tenant.identity = replace(here.tenant.identity, secrets={"token": secret})
        lost: list[str] = []
        here.run.hooks.session_lost.add_listener(lambda reason, **_: lost.append(reason))
        session = Session(here.run, here.tenant, 0, Credentials(here.run.profile), None)
        session.open()
        for name in ("chat", "state_read"):
            session.wait(ask(session, here, name))
        until(lambda: bool(lost), "the close")
        here.run.stopping = True
        session.finish("test over")
    assert lost == ["bad token (hidden)"]
    assert [row.reason for row in here.requests] == ["bad token (hidden)", "session lost"]
    assert not [row for row in here.sink.rows if "PLANTED" in repr(row)]
    assert not [error for error in here.errors() if "PLANTED" in error]
