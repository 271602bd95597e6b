from __future__ import annotations

import pytest

from benchmarks.detection.parts import Part, necessary, part_of, seen_by
from evidence.findings import FindingKind
from tests.benchmarks.detection.findings import finding


@pytest.mark.parametrize(
    ("kind", "place", "part"),
    [
        ("misrouted-reply", "frame state of session 0 of tenant 28", Part.MESSAGE_IDS),
        ("wrong-identity", "frame state of session 0 of tenant 28", Part.TENANT_NAMES),
        ("foreign-content", "frame history of session 0 of tenant 28", Part.CANARIES),
        ("foreign-budget", "frame state of session 0 of tenant 28", Part.BUDGET_BANDS),
        ("foreign-budget", "redis key 'budget:x'", Part.STORE_BANDS),
        ("shared-id", "agent id 6ab8c35d", Part.LEARNT_IDS),
        ("account-mismatch", "reply to chat 7 on session 0", Part.REPLY_ACCOUNTS),
        ("account-mismatch", "redis budget:{tenant} of tenant x", Part.STORE_ACCOUNTS),
        ("account-mismatch", "postgres budgets of tenant x", Part.STORE_ACCOUNTS),
        ("not-refused", "reply to chat 7 on session 0", Part.REFUSALS),
        ("refused-too-early", "reply to chat 7 on session 0", Part.REFUSALS),
        ("access-granted", "attempt: read_history", Part.ATTEMPTS),
        ("misfiled-data", "redis key 'agent_state:x' field 'state'", Part.REDIS_MARKS),
        ("misfiled-data", "postgres messages (id = 1) column content", Part.POSTGRES_MARKS),
        ("survived-delete", "redis key 'state_archive:x'", Part.REMOVED),
        ("survived-delete", "postgres users (id = 1) column id", Part.REMOVED),
        ("survived-delete", "attempt: return after removal", Part.REMOVED),
    ],
)
def test_a_finding_belongs_to_the_part_that_looks_there(kind: str, place: str, part: Part) -> None:
    assert part_of(finding(kind, place)) is part


def test_what_was_seen_through_an_encoding_belongs_to_that_part() -> None:
    encoded = finding("misfiled-data", "postgres snapshots (id = 1)", excerpt="base64 › gzip › q7zk")
    assert part_of(encoded) is Part.ENCODINGS


def test_what_a_learnt_id_shows_in_a_store_belongs_to_those_who_learn_ids() -> None:
    detail = "column agent_id holds a learnt id of tenant 7"
    assert part_of(finding("misfiled-data", "postgres runs (id = 1)", detail=detail)) is Part.LEARNT_IDS


@pytest.mark.parametrize("kind", FindingKind)
def test_every_kind_of_finding_belongs_to_a_part(kind: FindingKind) -> None:
    assert part_of(finding(kind.value, "redis key 'x'"))


def test_a_kind_that_nobody_knows_is_refused_with_advice() -> None:
    with pytest.raises(ValueError, match="no part of the oracle is known to find melted"):
        part_of(finding("melted", "frame x"))


def test_suspicions_are_not_counted() -> None:
    seen = seen_by([finding("wrong-identity", "frame x"), finding("shared-id", "frame x", severity="suspicion")])
    assert seen == {Part.TENANT_NAMES: 1}


def test_an_attempt_that_others_marks_show_to_be_granted_is_no_sight_of_its_own() -> None:
    shown = finding("access-granted", "attempt: read_state")
    answered = finding("access-granted", "attempt: read_history")
    assert seen_by([shown]) == {}
    assert seen_by([shown, answered]) == {Part.ATTEMPTS: 1}


def test_a_part_is_necessary_for_the_defects_that_it_alone_sees() -> None:
    matrix = {"one": [Part.CANARIES], "both": [Part.CANARIES, Part.MESSAGE_IDS], "none": []}
    alone = necessary(matrix)
    assert alone[Part.CANARIES] == ["one"]
    assert alone[Part.MESSAGE_IDS] == []
    assert set(alone) == set(Part)
