from __future__ import annotations

import time
from typing import Any, get_args

import jwt
import pytest

from config.attempts import Forgery
from config.auth import SignedToken
from evidence.marks import Mark, MarkKind
from evidence.records import SightingSeen
from tests.config.profiles import REMOVE
from tests.users.fixtures import KEY, OTHER, OWN, identity, profile_for, world
from tests.users.small_target import Line, small_target
from users.forging import forge, try_token

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
        assert try_token(here.run, "t", identity(), None) == (outcome, f"closed with code {code}")


def test_who_becomes_ready_was_let_in_and_who_is_forbidden_was_not() -> None:
    with small_target() as target:
        here = world(profile_for(target.url))
        assert try_token(here.run, "t", identity(), None)[0] == "granted"
        target.refuse = True
        assert try_token(here.run, "t", identity(), None) == ("refused", "HTTP 403")
    assert try_token(here.run, "t", identity(), None)[0] == "unclear"


def test_silence_is_unclear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("users.forging._PATIENCE_S", 0.05)
    with small_target(greet=lambda line: None) as target:
        outcome, detail = try_token(world(profile_for(target.url)).run, "t", identity(), None)
        assert (outcome, detail) == ("unclear", "connected, and neither ready nor closed")


def test_what_arrives_is_inspected() -> None:
    def greet(line: Line) -> None:
        line.send(type="session_ready", note=KEY.mint_canary(Mark(MarkKind.STATE, OTHER, 1)))

    with small_target(greet=greet) as target:
        here = world(profile_for(target.url))
        assert try_token(here.run, "t", identity(), None)[0] == "granted"
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
        assert try_token(world(profile).run, "t", identity(), None) == outcome
        assert target.asked == [(0, {"type": "auth", "token": "t"})]
