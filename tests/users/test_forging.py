from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, get_args

import jwt
import pytest

from config.attempts import Forgery
from config.tokens import SignedToken
from evidence.marks import Mark, MarkKind
from evidence.records import SightingSeen
from tests.config.profiles import REMOVE
from tests.users.fixtures import KEY, OTHER, OWN, World, identity, profile_for, world
from tests.users.small_target import Line, SmallTarget, small_target
from tests.users.wire import server_frames as frames
from users.credentials import Credentials
from users.forging import Shown, bad_tokens, forge, good_token, try_token

SECRET = "PLANTED-shared-secret-of-forty-characters"
SETTINGS = SignedToken.model_validate({
    "secret": SECRET, "claims": {"sub": "{tenant}", "user_id": "{tenant}", "aud": "agents"}
})  # fmt: skip
OWN_NAME, OTHER_NAME = identity(OWN).name, identity(OTHER).name


def forged(kind: Forgery | None, settings: SignedToken = SETTINGS) -> list[str]:
    return forge(settings, kind, identity(OWN), identity(OTHER))


def read(token: str, secret: str = SECRET, audience: str = "agents") -> dict[str, object]:
    return dict(jwt.decode(token, secret, algorithms=["HS256"], audience=audience))


def test_the_good_token_is_good() -> None:
    (token,) = forged(None)
    claims = read(token)
    assert (claims["sub"], claims["user_id"]) == (OWN_NAME, OWN_NAME)


@pytest.mark.parametrize(("kind", "error"), [
    ("unsigned", jwt.InvalidAlgorithmError), ("expired", jwt.ExpiredSignatureError),
    ("wrong_key", jwt.InvalidSignatureError), ("wrong_audience", jwt.InvalidAudienceError),
])  # fmt: skip
def test_a_forged_token_is_wrong_in_what_its_kind_says(kind: Forgery, error: type[Exception]) -> None:
    (token,) = forged(kind)
    with pytest.raises(error):
        read(token)


def test_forged_tokens_are_right_in_everything_else() -> None:
    for kind in ("unsigned", "wrong_key"):
        (token,) = forged(kind)
        claims = jwt.decode(token, options={"verify_signature": False})
        assert (claims["sub"], claims["aud"]) == (OTHER_NAME, "agents")
        assert claims["iat"] <= time.time() < claims["exp"]
    (expired,) = forged("expired")
    claims = jwt.decode(expired, SECRET, ["HS256"], audience="agents", options={"verify_exp": False})
    assert claims["sub"] == OWN_NAME and claims["exp"] < time.time()
    (elsewhere,) = forged("wrong_audience")
    assert read(elsewhere, audience="somebody-else")["sub"] == OWN_NAME


def test_a_contradictory_token_names_the_other_in_one_claim_at_a_time() -> None:
    tokens = [read(token) for token in forged("contradictory")]
    assert [(claims["sub"], claims["user_id"]) for claims in tokens] == [
        (OTHER_NAME, OWN_NAME), (OWN_NAME, OTHER_NAME),
    ]  # fmt: skip


def test_kinds_that_make_no_sense_for_the_claims_make_none() -> None:
    settings = SignedToken.model_validate({"secret": SECRET, "claims": {"sub": "{tenant}"}})
    assert forged("contradictory", settings) == forged("wrong_audience", settings) == []
    assert forged("missing") == [""]
    assert all(forged(kind) for kind in get_args(Forgery))


def tried(here: World, token: str = "t") -> tuple[str, str]:
    return try_token(here.run, Shown(token, here.tenant.identity), here.tenant, None)


CLOSED = [
    (1008, "refused"),
    (4401, "refused"),
    (3000, "refused"),
    (1011, "unclear"),
    (1012, "unclear"),
    (1000, "unclear"),
]


@pytest.mark.parametrize(("code", "outcome"), CLOSED)
def test_a_close_is_a_refusal_only_if_its_code_says_so(code: int, outcome: str) -> None:
    with small_target(greet=lambda line: line.close(code, "")) as target:
        here = world(profile_for(target.url))
        assert tried(here) == (outcome, f"closed with code {code}")


def test_who_becomes_ready_was_let_in_and_who_is_forbidden_was_not() -> None:
    with small_target() as target:
        here = world(profile_for(target.url))
        assert tried(here)[0] == "granted"
        target.refuse = True
        assert tried(here) == ("refused", "HTTP 403")
    assert tried(here)[0] == "unclear"


def test_silence_is_unclear() -> None:
    with small_target(greet=lambda line: None) as target:
        outcome, detail = tried(world(profile_for(target.url, target__connect_timeout_s=0.1)))
        assert (outcome, detail) == ("unclear", "no session_ready frame after the upgrade")


def test_nothing_of_a_try_is_counted_and_no_id_is_used_twice() -> None:
    with small_target() as target:
        here = world(profile_for(target.url))
        before = here.tenant.sequence
        assert tried(here)[0] == "granted"
        assert here.tenant.sequence > before
        assert (here.sink.rows, here.events, here.tenant.counts.sent) == ([], [], 0)


def test_what_arrives_is_inspected() -> None:
    def greet(line: Line) -> None:
        line.send(type="session_ready", note=KEY.mint_canary(Mark(MarkKind.STATE, OTHER, 1)))

    with small_target(greet=greet) as target:
        here = world(profile_for(target.url))
        assert tried(here)[0] == "granted"
        assert [row.owner for row in here.sink.of(SightingSeen)] == [OTHER]


def test_an_unknown_tenant_shows_a_good_token_that_names_nobody() -> None:
    (token,) = forged("unknown")
    assert read(token)["sub"] == OTHER_NAME, "whom the caller says: somebody who does not exist"


@pytest.mark.parametrize(("answer", "outcome"), [
    ({"type": "let_in"}, ("granted", "the session became ready")),
    ({"type": "turned_away"}, ("refused", "the login was answered with the frame turned_away")),
])  # fmt: skip
def test_a_token_in_the_first_frame_is_tried_there(answer: dict[str, Any], outcome: tuple[str, str]) -> None:
    login = {"send": {"type": "auth", "token": "{token}"}, "accepted": ["let_in"], "refused": ["turned_away"]}
    with small_target(greet=lambda line: None, on_frame=lambda line, frame: line.send(**answer)) as target:
        profile = profile_for(
            target.url, auth__place="frame", auth__frame=login, auth__source="jwt",
            auth__jwt={"secret": SECRET, "claims": {}}, frames__ready=REMOVE,
        )  # fmt: skip
        assert tried(world(profile)) == outcome
        assert target.asked == [(0, {"type": "auth", "token": "t"})]


def test_who_is_turned_away_and_hung_up_on_in_one_breath_was_refused() -> None:
    login = {"send": {"type": "auth", "token": "{token}"}, "accepted": ["let_in"], "refused": ["turned_away"]}

    def refuse(line: Line, frame: dict[str, Any]) -> None:
        line.peer.send(frames.frame(frames.TEXT, b'{"type":"turned_away"}') + frames.close(1000, ""))

    with small_target(greet=lambda line: None, on_frame=refuse) as target:
        profile = profile_for(
            target.url, auth__place="frame", auth__frame=login, auth__source="jwt",
            auth__jwt={"secret": SECRET, "claims": {}}, frames__ready=REMOVE,
        )  # fmt: skip
        assert tried(world(profile)) == ("refused", "the login was answered with the frame turned_away")


ACKNOWLEDGES: dict[str, Any] = {
    "auth__place": "frame", "auth__source": "password", "auth__proved_by": "operation", "frames__ready": REMOVE,
    "attempts__tokens": ["missing", "unknown", "other_name"], "auth__jwt": REMOVE,
    "auth__frame": {"send": {"type": "auth", "who": "{tenant}", "pass": "{token}"}, "accepted": ["welcome"]},
}  # fmt: skip


@contextmanager
def lenient_target(*, checks: bool) -> Iterator[tuple[SmallTarget, World]]:
    """It acknowledges every login and, if it checks, refuses at the first request who came with a wrong password."""
    let_in: dict[int, bool] = {}
    passwords = {identity(number).name: f"PLANTED-{number}" for number in (OWN, OTHER)}

    def on_frame(line: Line, frame: dict[str, Any]) -> None:
        if frame["type"] == "auth":
            let_in[line.number] = passwords.get(frame["who"], "") == frame.get("pass")
            line.send(type="welcome")
        elif let_in[line.number] or not checks:
            line.answer(frame, charged=0)
        else:
            line.send(type="error", code="unauthorized", message_id=frame["message_id"])

    with small_target(greet=lambda line: None, on_frame=on_frame) as target:
        here = world(profile_for(target.url, **ACKNOWLEDGES))
        own = dataclasses.replace(here.tenant.identity, secrets={"password": f"PLANTED-{OWN}"})
        here.tenant.identity = own
        yield target, here


@pytest.mark.parametrize("kind", ["missing", "unknown", "other_name"])
@pytest.mark.parametrize("checks", [True, False])
def test_where_every_login_is_acknowledged_an_operation_shows_whether_a_token_was_accepted(
    kind: Forgery, checks: bool
) -> None:
    with lenient_target(checks=checks) as (target, here):
        profile, draw = here.run.profile, random.Random(1)
        good = good_token(profile, Credentials(profile), here.tenant.identity)
        assert tried(here, good.token) == ("granted", "state_read was answered")
        (bad,) = bad_tokens(profile, kind, good, identity(OTHER), identity(77), draw)
        outcome, detail = try_token(here.run, bad, here.tenant, None)
        assert outcome == ("refused" if checks else "granted"), detail
        assert "PLANTED" not in detail + repr(bad)
        shown = [frame for _, frame in target.asked if frame["type"] == "auth"][-1]
        assert shown["who"] == identity(OTHER if kind == "other_name" else OWN).name
        assert (shown.get("pass") == good.token) == (kind == "other_name")


def test_without_an_operation_nothing_shows_that_a_token_was_accepted() -> None:
    gone: dict[str, Any] = {f"operations__{name}": REMOVE for name in ("state_read", "history", "routing")}
    with small_target() as target:
        here = world(profile_for(target.url, frames__ready=REMOVE, **gone))
        assert tried(here) == ("unclear", "connected, and nothing says whether it was let in")
