from __future__ import annotations

import time

import pytest

from config.auth import Renewal
from users.held_login import HeldLogin
from users.token_sources import CredentialRefused, Token

AGE_S = 10.0


def aged(reuse_s: float = 300.0, life_s: float | None = 60.0) -> HeldLogin:
    return HeldLogin(Token("PLANTED", reuse_s, life_s), made_s=time.monotonic() - AGE_S)


@pytest.mark.parametrize(
    ("renewal", "life_s", "due_s"),
    [
        ({"every_s": 30}, 60.0, 20.0),
        ({"every_s": 30}, None, 20.0),
        ({"every_s": 4}, 60.0, -6.0),
        ({"before_expiry_s": 20}, 60.0, 30.0),
        ({"before_expiry_s": 20}, None, None),
    ],
)
def test_a_renewal_is_due_by_the_age_of_the_token(
    renewal: dict[str, object], life_s: float | None, due_s: float | None
) -> None:
    found = aged(life_s=life_s).renewal_in_s(Renewal.model_validate(renewal))
    assert found is None if due_s is None else found == pytest.approx(due_s, abs=1)


def test_a_token_serves_for_as_long_as_it_may_be_reused() -> None:
    assert aged(reuse_s=60.0).serves
    assert not aged(reuse_s=9.0).serves and not HeldLogin(Token("PLANTED", 0.0)).serves


def test_what_can_not_be_renewed_any_more_serves_nobody_anew() -> None:
    login = aged()
    login.line.ended = CredentialRefused("used up")
    assert not login.serves


def test_a_line_knows_the_login_that_was_made_last() -> None:
    first = aged()
    assert first.line.latest is first
    second = HeldLogin(Token("PLANTED", 1.0), first.line)
    assert first.line.latest is second and second.line is first.line
    assert "PLANTED" not in repr(first)
