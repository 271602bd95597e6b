from __future__ import annotations

import dataclasses

import pytest

from evidence.records import RequestEnded
from tests.checker.histories import START_S, a_chat, healthy


def test_a_late_answer_counts_no_request_twice() -> None:
    history = healthy(tenants=2)
    first = a_chat(0, 1, START_S + 3)
    history.replace(
        RequestEnded,
        lambda row: dataclasses.replace(row, outcome="unknown", reason="timed out", first_ms=None, reply_ms=None),
        lambda row: (row.tenant, row.sequence) == (0, 1),
    )
    history.rows["local"].append(dataclasses.replace(first, late_answer=True))
    counted = history.summary().operations["chat"]
    assert (counted.sent, counted.answered, counted.unknown, counted.late_answers) == (10, 9, 1, 1)


def test_start_up_is_from_the_token_to_the_first_frame_of_the_first_chat() -> None:
    history = healthy(tenants=1)
    history.rows["local"].reverse()  # the order in which rows were written says nothing
    assert history.summary().tenants[0].startup_ms == 10.0 + 20.0


@pytest.mark.parametrize(("waited_s", "on_purpose"), [(1.0, 1), (30.0, 0)])
def test_what_the_run_cut_short_is_excused_unless_it_was_open_for_too_long(waited_s: float, on_purpose: int) -> None:
    history = healthy(tenants=1)
    history.replace(
        RequestEnded,
        lambda row: dataclasses.replace(
            row, outcome="unknown", reason="user stopped", ended_at_s=row.sent_at_s + waited_s
        ),
        lambda row: row.sequence == 1,
    )
    counted = history.summary().operations["chat"]
    assert (counted.unknown, counted.on_purpose) == (1, on_purpose)
