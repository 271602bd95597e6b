from __future__ import annotations

from checker.not_covered import not_covered
from tests.checker.histories import profile
from tests.config.profiles import changed, reference


def test_an_operation_that_leaks_by_design_is_told_with_its_reason_and_what_was_seen() -> None:
    profile = changed(operations__history__leaks_by_design="everybody reads one board")
    (sentence,) = not_covered(profile, {"reply to history": 12, "reply to chat": 3})
    assert sentence == (
        "what the replies to history show of others, as it leaks by design (everybody reads one board): 12 sightings"
    )
    assert not_covered(profile)[0].endswith("0 sightings")


def test_what_keeps_removed_tenants_on_purpose_is_told() -> None:
    profile = changed(stores__postgres__kept=["invoices", "audit_log"])
    assert not_covered(profile) == [
        "what is left of removed tenants in postgres where it is kept on purpose: invoices, audit_log"
    ]


def test_tokens_that_outlive_their_tenants_are_told_where_tenants_are_removed() -> None:
    (sentence,) = not_covered(changed(provisioning__revokes=False))
    assert sentence == "whether a removed tenant is let in again: its token is good until it expires"


def test_nothing_is_left_out_of_the_reference_profile() -> None:
    assert not_covered(reference()) == []


def test_names_that_are_no_marks_and_that_nobody_says_the_place_of_are_told() -> None:
    def said(**changes: object) -> bool:
        return any(sentence.startswith("tenants' names") for sentence in not_covered(profile(**changes)))

    where = {"request_id": ["message_id"], "tenant": ["user_id"]}
    assert said(tenants={"names": "slug"}) and said(tenants={"names": "pattern", "pattern": "{run}-{ordinal}"})
    assert not said() and not said(tenants={"names": "slug"}, frames=where)
