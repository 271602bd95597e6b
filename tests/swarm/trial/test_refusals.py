from __future__ import annotations

import pytest

from evidence.records import ConnectFailed
from swarm.trial.hints import Heard
from swarm.trial.refusals import why_not_connected
from tests.config.profiles import changed, reference


@pytest.mark.parametrize(
    ("stage", "status", "detail", "says"),
    [
        ("tcp", None, "Connection refused", "connection refused: is the target running"),
        ("tcp", None, "timed out", "connect_timeout_s long enough"),
        ("tls", None, "certificate verify failed", "no TLS connection"),
        ("upgrade", 401, "401", "refused the tenant with 401: is the token where the target wants it (auth.place"),
        ("upgrade", 403, "403", "refused the tenant with 403"),
        ("upgrade", 404, "404", "there is no WebSocket at this path; correct target.url"),
        ("upgrade", 400, "400", "answered 400 in place of an upgrade"),
        ("auth", 401, "auth service h answered 401", "no token: auth service h answered 401; look at [auth.service]"),
        ("ready", None, "no session_ready frame", "leave frames.ready out"),
    ],
)
def test_a_connection_that_fails_is_a_sentence_with_the_key_to_look_at(
    stage: str, status: int | None, detail: str, says: str
) -> None:
    sentence = why_not_connected(reference(), ConnectFailed(0, 0, 0.0, stage, status, detail), detail, [])
    assert says in sentence and "\n" not in sentence


def test_a_greeting_of_another_name_is_offered() -> None:
    failed = ConnectFailed(0, 0, 0.0, "ready", None, "no session_ready frame after the upgrade")
    sentence = why_not_connected(reference(), failed, "", [Heard("", {"type": "hello"})])
    assert 'did you mean frames.ready = "hello"?' in sentence


@pytest.mark.parametrize(
    ("detail", "heard", "says"),
    [
        ("closed with code 4406: Subprotocol not acceptable", [], "correct target.subprotocols (offered: none)"),
        (
            "closed with code 4401",
            [Heard("(closed)", None)],
            "no frame came before: is auth.frame.send what the target",
        ),
        ("timed out", [Heard("", {"type": "hello"})], "frames of types hello came: those that let a tenant in"),
    ],
)
def test_a_login_that_is_not_let_in_says_what_came(detail: str, heard: list[Heard], says: str) -> None:
    login = {"send": {"type": "auth", "token": "{token}"}, "accepted": ["welcome"]}
    logs_in = changed(auth__place="frame", auth__frame=login)
    heard = heard or [Heard("(closed with code 4406)", None)]
    sentence = why_not_connected(logs_in, ConnectFailed(0, 0, 0.0, "auth", None, detail), detail, heard)
    assert says in sentence and "types  came" not in sentence


def test_a_type_that_stands_nowhere_is_not_offered_for_a_greeting() -> None:
    failed = ConnectFailed(0, 0, 0.0, "ready", None, "no session_ready frame after the upgrade")
    sentence = why_not_connected(reference(), failed, "", [Heard("", {"kind": "hello"})])
    assert "correct frames.type" in sentence and "did you mean" not in sentence
