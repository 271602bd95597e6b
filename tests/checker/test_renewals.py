from __future__ import annotations

import dataclasses

from checker.result import Verdict
from config.messages import Operation
from config.profile import RENEWAL
from evidence.records import NOT_FRESH, NOT_RENEWED, RENEWED, ConnectFailed, Exposures, RequestEnded
from tests.checker.histories import History, healthy, profile

JWT = {"secret": "PLANTED-shared-secret-of-forty-characters", "claims": {}}


def long_lived(**exposures: int) -> History:
    """A run whose profile says how a login is renewed."""
    history = healthy()
    auth = profile().auth
    shown = {**auth.model_dump(), "place": "query", "source": "jwt", "jwt": JWT}
    renewal = type(auth).model_validate({**shown, "renewal": {"every_s": 60}}).renewal
    history.profile = profile().model_copy(update={"auth": auth.model_copy(update={"renewal": renewal})})
    if exposures:
        history.rows["local"].append(Exposures("local", exposures))
    return history


def test_a_run_whose_logins_were_renewed_is_as_clean_as_any() -> None:
    result = long_lived(**{RENEWED: 12}).judged()
    assert (result.verdict, result.reasons) == (Verdict.ISOLATED, [])
    assert not any("renew" in note for note in result.notes)


def test_renewals_that_did_not_succeed_are_never_passed_over() -> None:
    result = long_lived(**{RENEWED: 11, NOT_RENEWED: 1}).judged()
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reasons == ["1 of 12 renewals of a login did not succeed, and the sessions had to log in anew"]


def test_a_refused_request_for_a_fresh_token_is_the_reason() -> None:
    history = long_lived(**{RENEWED: 11, NOT_RENEWED: 1})
    why = "auth.renewal.service 127.0.0.1:1/refresh answered 401"
    history.rows["local"].append(ConnectFailed(2, 0, 1.0, "auth", 401, f"{NOT_FRESH}{why}"))
    assert f"and the sessions had to log in anew; most often: {why}" in history.judged().reasons[0]


def test_who_did_nothing_but_renew_its_login_has_shown_nothing() -> None:
    history = long_lived(**{RENEWED: 5})
    auth, renewal = history.profile.auth, history.profile.auth.renewal
    assert renewal is not None
    said = Operation.model_validate({"send": {"id": "{message_id}", "token": "{token}"}, "ends": ["renewed"]})
    auth = auth.model_copy(update={"renewal": renewal.model_copy(update={"operation": said})})
    history.profile = history.profile.model_copy(update={"auth": auth})
    history.replace(RequestEnded, lambda row: dataclasses.replace(row, operation=RENEWAL), lambda row: row.tenant == 2)
    assert any("nothing is proven about them" in reason for reason in history.judged().reasons)


def test_a_run_too_short_to_renew_anything_says_so() -> None:
    result = long_lived().judged()
    assert result.verdict is Verdict.ISOLATED
    assert any("no login was renewed, though the profile says how" in note for note in result.notes)
