from __future__ import annotations

import pytest

from swarm.trial.abilities import will_detect, will_not_detect
from tests.config.profiles import REMOVE, changed, reference


def test_nothing_stays_unseen_with_the_reference_profile() -> None:
    assert list(will_not_detect(reference())) == []
    assert len(list(will_detect(reference()))) == 8


@pytest.mark.parametrize(
    ("proved_by", "says"), [("opening", "when the session opens"), ("operation", "when an operation is answered")]
)
def test_it_says_what_counts_as_a_token_that_was_accepted(proved_by: str, says: str) -> None:
    assert any(says in sentence for sentence in will_detect(changed(auth__proved_by=proved_by)))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"stores__redis": REMOVE}, "no [stores.redis]"),
        ({"stores__postgres": REMOVE, "operations__chat__stored_in": []}, "no [stores.postgres]"),
        ({"frames__tenant": []}, "frames.tenant is empty"),
        ({"frames__learn": {}, "attempts__doors": {}, "operations__chat__send": {"id": "{message_id}"},
          "operations__resume": REMOVE}, "frames.learn names none"),
        ({"frames__budget": [], "stores__redis__budgets": [], "stores__postgres__budgets": []}, "spending another's"),
        ({"stores__redis__budgets": [], "stores__postgres__budgets": []}, "accounts in a store"),
        ({"refusal__budget": []}, "a budget that is not enforced"),
        ({"attempts__doors": {}}, "no [attempts.doors]"),
        ({"attempts__tokens": []}, "attempts.tokens is empty"),
        ({"operations__resume": REMOVE}, "no [operations.resume]"),
        ({"operations__chat__shows_own": False, "operations__state_read__shows_own": False}, "shows_own"),
        ({"provisioning__redis_create": []}, "whether redis was read whole"),
        ({"workload__departures": 0.0}, "what outlives its tenant"),
        ({"provisioning__revokes": False}, "provisioning.revokes is false"),
    ],
)  # fmt: skip
def test_what_a_profile_leaves_out_stays_unseen(changes: dict[str, object], says: str) -> None:
    found = list(will_not_detect(changed(**changes)))
    assert any(says in sentence for sentence in found), found


TRIED = {
    "read_history": ("refused", "not_found"), "read_state": ("granted", "answered"),
    "change_state": ("unclear", "timed out"), "token: missing": ("refused", "HTTP 403"),
    "token: expired": ("not_tried", "a good token was not accepted either: HTTP 500"),
}  # fmt: skip


def test_only_what_was_found_shut_or_open_counts_as_looked_for() -> None:
    profile = reference()
    will = list(will_detect(profile, TRIED))
    (doors,) = [sentence for sentence in will if "doors" in sentence]
    assert doors == "other tenants' doors that open (read_history, read_state); let in just now: read_state"
    answered = {**TRIED, "change_state": ("answered", "answered without the other's data")}
    assert any(
        one.endswith("read_state; answered just now, and what came of it is seen later: change_state")
        for one in will_detect(profile, answered)
    )
    (tokens,) = [sentence for sentence in will if sentence.startswith("tokens")]
    assert "(missing)" in tokens and tokens.endswith("each was refused just now")
    unseen = list(will_not_detect(profile, TRIED))
    assert any("the door change_state" in one and "neither refused nor let in: timed out" in one for one in unseen)
    assert any("a bad token (expired)" in one and "not accepted either: HTTP 500" in one for one in unseen)
    assert any("a bad token (unknown)" in one and "did not get so far" in one for one in unseen)
    assert not any("read_history" in one or "read_state" in one for one in unseen)
