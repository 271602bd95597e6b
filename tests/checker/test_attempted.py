from __future__ import annotations

import dataclasses

import pytest

from checker.result import Result, Verdict
from evidence.records import EMPTY_ANSWER, SHOWN_NOTHING, AccessAttempt, TenantStarted
from tests.checker.histories import NO_REMOVAL, History, healthy, profile

DOORS = {
    name: {"does": "read", "send": {"type": "history", "message_id": "{message_id}"}, "ends": ["history"]}
    for name in ("history", "state")
}


def judged(history: History, attempts: list[AccessAttempt], *, trespassing: int = 1) -> Result:
    history.profile = profile(
        attempts={"doors": DOORS, "tokens": ["missing"]}, workload={"mix": {"trespassing": trespassing}}
    )
    history.rows["local"] += attempts
    return history.judged()


def attempts(name: str, *outcomes: str) -> list[AccessAttempt]:
    return [AccessAttempt(0, 1, name, "read", outcome, 1.0, "internal_error") for outcome in outcomes]


def trespassers() -> History:
    history = healthy()
    history.replace(
        TenantStarted, lambda row: dataclasses.replace(row, user_class="TrespassingTenant"), lambda row: row.tenant == 0
    )
    return history


def test_what_every_door_refused_is_no_doubt_and_no_note() -> None:
    tried = [attempt for name in ("history", "state", "token: missing") for attempt in attempts(name, "refused")]
    result = judged(trespassers(), tried)
    assert (result.verdict, result.reasons, result.notes) == (Verdict.ISOLATED, [], [NO_REMOVAL])


def test_refusals_that_were_answers_are_told_apart() -> None:
    tried = [attempt for name in ("history", "state", "token: missing") for attempt in attempts(name, "refused")]
    said = "3 attempts at other tenants' doors and with bad tokens were refused"
    assert any(sentence.startswith(f"{said}, each right") for sentence in judged(trespassers(), tried).believe)
    tried[0] = dataclasses.replace(tried[0], detail=EMPTY_ANSWER)
    [sentence] = [one for one in judged(trespassers(), tried).believe if one.startswith(said)]
    assert sentence.startswith(f"{said} (1 of them by an answer with nothing of the other's), each right")
    tried[1] = dataclasses.replace(tried[1], detail=SHOWN_NOTHING)
    [sentence] = [one for one in judged(trespassers(), tried).believe if one.startswith(said)]
    by = ("1 of them by an answer", "1 of them by a connection that showed")
    assert sentence.startswith(
        f"{said} ({by[0]} with nothing of the other's, {by[1]} nothing of the other's), each right"
    )


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (
            [],
            "nothing tried them to the end: let the run be longer, or see in `config check` how long an attempt takes",
        ),
        (attempts("history", "unclear", "not_tried"), "2 attempts ended unclear or lacked a control"),
    ],
)
def test_doors_that_trespassing_tenants_never_found_shut_or_open_are_a_doubt(
    made: list[AccessAttempt], why: str
) -> None:
    result = judged(trespassers(), made)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reasons == [f"not one of the profile's 3 doors and bad tokens was found shut or open: {why}"]


def test_doors_listed_in_a_profile_whose_mix_never_tries_them_are_a_doubt() -> None:
    [reason] = judged(healthy(), [], trespassing=0).reasons
    assert reason.endswith("nothing tried them, the mix has no trespassing tenants")


def test_a_run_too_small_for_a_trespassing_tenant_is_told_so() -> None:
    result = judged(healthy(), [])
    assert (result.verdict, result.reasons) == (Verdict.ISOLATED, [])
    assert result.notes == [
        "never tried with a clear end, though the profile lists them: the door history, the door state, "
        "the missing token",
        NO_REMOVAL,
    ]


def test_a_door_tried_in_vain_again_and_again_is_a_doubt_that_names_it() -> None:
    tried = [*attempts("history", "unclear", "unclear", "not_tried"), *attempts("token: missing", "refused")]
    result = judged(trespassers(), tried)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reasons == [
        "the door history was tried 3 times and never found shut or open: 2 ended unclear, 1 lacked a control, "
        "most often: internal_error"
    ]
    assert result.notes == [
        "never tried with a clear end, though the profile lists them: the door state",
        NO_REMOVAL,
    ]


def test_a_profile_without_doors_and_tokens_has_nothing_to_try() -> None:
    assert healthy().judged().notes == [NO_REMOVAL]


def test_a_door_tried_mostly_in_vain_is_a_doubt() -> None:
    tried = [
        *attempts("history", "refused", "unclear", "not_tried", "not_tried"),
        *attempts("state", "refused", "unclear"),
        *attempts("token: missing", "refused"),
    ]
    result = judged(trespassers(), tried)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reasons == [
        "3 of 4 attempts at the door history ended unclear or lacked a control, most often: internal_error"
    ]


def test_many_attempts_in_vain_over_all_doors_are_a_doubt() -> None:
    tried = [
        *attempts("history", "refused", "not_tried", "refused"),
        *attempts("state", "refused", "not_tried", "refused"),
        *attempts("token: missing", "refused", "unclear"),
    ]
    assert judged(trespassers(), tried).reasons == [
        "3 of all 8 attempts at doors and with bad tokens ended unclear or lacked a control"
    ]


def test_a_few_attempts_that_fell_victim_to_drops_are_no_doubt() -> None:
    tried = [attempt for name in ("history", "state", "token: missing") for attempt in attempts(name, *["refused"] * 4)]
    assert judged(trespassers(), [*tried, *attempts("history", "unclear")]).reasons == []
