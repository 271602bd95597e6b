from __future__ import annotations

from config.auth import OpeningFrame
from users.opening import Opening

LOGIN = {
    "send": {"type": "auth", "token": "{token}"}, "accepted": ["auth"], "accepted_where": {"status": "ok"},
    "refused": ["auth"], "refused_where": {"status": "error"},
}  # fmt: skip


def opening(ready: str | None = None, **changes: object) -> Opening:
    return Opening(OpeningFrame.model_validate({**LOGIN, **changes}), ready)


def test_an_upgrade_that_says_it_all_is_open_at_once() -> None:
    assert Opening(None, None).is_open
    waiting = Opening(None, "hello")
    assert (waiting.is_open, waiting.missing) == (False, "no hello frame after the upgrade")
    assert (waiting.hear("hello", {}), waiting.is_open) == (True, True)


def test_who_logs_in_by_a_frame_waits_for_the_right_answer() -> None:
    here = opening()
    assert (here.owes_frame, here.is_open) == (True, False)
    here.said()
    assert (here.owes_frame, here.is_open) == (False, False)
    assert not here.hear("auth", {"type": "auth", "status": "pending"})
    assert here.missing == "no auth frame after the login"
    assert here.hear("auth", {"type": "auth", "status": "ok"})
    assert here.is_open


def test_a_refusal_is_final() -> None:
    here = opening()
    here.said()
    assert here.hear("auth", {"type": "auth", "status": "error"})
    assert here.refused == "the login was answered with the frame auth"
    assert not here.is_open


def test_nothing_is_said_before_the_greeting() -> None:
    here = opening(after=["hello"])
    assert not here.owes_frame
    assert here.missing == "no hello frame after the upgrade"
    assert not here.hear("auth", {"type": "auth", "status": "ok"}), "nobody has asked to be let in yet"
    assert here.hear("hello", {}) and here.owes_frame


def test_an_acceptance_before_the_login_was_sent_does_not_count() -> None:
    here = opening()
    assert not here.hear("auth", {"status": "ok"})
    assert not here.is_open


def test_a_ready_frame_is_awaited_as_well_in_whichever_order() -> None:
    for kinds in (("ready", "auth"), ("auth", "ready")):
        here = opening("ready")
        here.said()
        for kind in kinds:
            assert not here.is_open
            here.hear(kind, {"status": "ok"})
        assert here.is_open
