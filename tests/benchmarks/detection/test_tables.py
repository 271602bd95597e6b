from __future__ import annotations

from benchmarks.detection.parts import Part
from benchmarks.detection.tables import (
    ablation_table,
    clean_table,
    detection_table,
    false_alarms,
    rare_table,
    unseen,
)
from benchmarks.detection.truth import Agreement
from tests.benchmarks.detection.findings import outcome

SEEN = outcome(
    "x", "reply-to-other-socket:0.2", verdict="LEAKING", kinds={"misrouted-reply": 2}, parts={Part.MESSAGE_IDS: 2},
    promised=frozenset({"misrouted-reply"}), strikes=3, agreement={Agreement.EXACT: 1, Agreement.WRONG: 1}, first_s=1.5,
    replies_before=41,
)  # fmt: skip


def test_a_defect_that_was_seen_is_told_with_its_figures() -> None:
    *_, row = detection_table([SEEN])
    assert row == (
        "| `reply-to-other-socket:0.2` | 40 × 20 s | 3 | 90 | LEAKING | misrouted-reply | 1 both right, 1 no strike's "
        "| 41 | message ids in frames |"
    )


def test_a_name_that_the_catalogue_does_not_have_is_said() -> None:
    other = outcome("x", "debug-trace:0.1", verdict="LEAKING", kinds={"shared-id": 1}, promised=frozenset({"x"}))
    *_, row = detection_table([other])
    assert "shared-id (not what the catalogue says)" in row
    assert "the whole run" in row


def test_what_was_not_seen_is_told_with_why() -> None:
    lines = list(
        unseen(
            [
                SEEN,
                outcome("y", "resume-by-id:1", strikes=0),
                outcome("z", "silent:1", verdict="INCONCLUSIVE", strikes=5, reasons=("0 of 5 requests answered",)),
                outcome("w", "survives-delete:1", strikes=5),
            ]
        )
    )
    assert len(lines) == 3
    assert "never struck" in lines[0]
    assert "no finding is due" in lines[1]
    assert "0 of 5 requests answered" in lines[1]
    assert "tenants that are deleted" in lines[2]


def test_a_false_alarm_is_counted() -> None:
    runs = [outcome("clean-1"), outcome("clean-2", verdict="LEAKING"), outcome("clean-3", verdict="INCONCLUSIVE")]
    assert "False alarms: **1**" in false_alarms(runs)
    assert "95 %" not in false_alarms(runs)
    assert "fewer than 95.0% of such runs" in false_alarms(runs[:1])
    assert "No faultless run" in false_alarms([])


def test_faultless_runs_are_told_by_shape_with_the_commonest_reason() -> None:
    runs = [
        outcome("clean-1", shape="short"),
        outcome("clean-2", shape="short", verdict="INCONCLUSIVE", reasons=("too few | replies",), replies=10),
    ]
    *_, row = clean_table(runs)
    assert row == "| short | 2 | 10 … 90 | 1 ISOLATED, 1 INCONCLUSIVE | 0 | – | too few \\| replies |"


def test_rare_leaks_are_told_with_the_power_that_was_to_be_expected() -> None:
    seen = outcome(
        "rare-001", "reply-to-other-socket:0.008", verdict="LEAKING", replies=2500, strikes=5, first_s=3.0,
        replies_before=700, strikes_before=1,
    )  # fmt: skip
    late = outcome(
        "rare-002", "reply-to-other-socket:0.008", verdict="LEAKING", replies=7400, strikes=5, first_s=9.0,
        replies_before=6000, strikes_before=2, seed=2,
    )  # fmt: skip
    lucky = outcome("rare-003", "reply-to-other-socket:0.008", replies=100, strikes=0, seed=3)
    lines = list(rare_table([seen, late, lucky]))
    assert "| 1 | 2,500 | 5 | LEAKING | 700 | 1 |" in lines
    assert "| 3 | 100 | 0 | ISOLATED | – | – |" in lines
    assert "10 strikes in 10,000 replies: one in 1,000" in lines[-1]
    assert "99.3%" in lines[-1]
    assert "It struck in 2 of 3 runs, 2 of these were detected, 1 of them within 5,000 replies." in lines[-1]


def test_rare_leaks_that_never_struck_tell_nothing() -> None:
    assert len(list(rare_table([outcome("rare-001", "reply-to-other-socket:0.008")]))) == 3


def test_the_matrix_says_which_part_nothing_can_stand_in_for() -> None:
    both = outcome("y", "ambient-tenant:0.2", parts={Part.MESSAGE_IDS: 1, Part.CANARIES: 3})
    lines = list(ablation_table([SEEN, both]))
    assert "| `reply-to-other-socket` | ● |  |" in lines
    assert "| `ambient-tenant` | ● | ● |" in lines
    assert "| message ids in frames | `reply-to-other-socket` |" in lines
    assert "| canaries in frames | **nothing** |" in lines


def test_suspicions_are_told_where_no_part_found_a_leak() -> None:
    *_, row = detection_table([outcome("x", "guessable-ids:1", suspicions=("guessable-ids",))])
    assert row.endswith("| suspicion guessable-ids |")
    *_, row = clean_table([outcome("c-1", suspicions=("noisy-neighbour",)), outcome("c-2")])
    assert "| 1 noisy-neighbour |" in row
