from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target import frames
from target.refusals import InvalidFrame

WORD = "secretword"


@given(st.text() | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_whatever_arrives_is_a_frame_or_refused(text: str) -> None:
    try:
        frame = frames.parse(text)
    except InvalidFrame:
        return
    assert frame.type in frames.FRAME_TYPES


@given(
    st.dictionaries(st.sampled_from(["message_id", "content", "patch", "session_id", "limit"]), st.just({WORD: WORD}))
)
def test_a_refusal_never_repeats_a_value(fields: dict[str, object]) -> None:
    for kind in frames.FRAME_TYPES:
        try:
            frames.parse(json.dumps({"type": kind, **fields}))
        except InvalidFrame as refusal:
            assert WORD not in json.dumps(refusal.frame())


def test_unknown_fields_are_ignored() -> None:
    assert frames.parse('{"type": "ping", "more": 1}') == frames.Ping(type="ping")


@pytest.mark.parametrize("depth", [100, 300, 5_000])
def test_a_deep_document_is_a_frame_or_refused(depth: int) -> None:
    text = '{"type": "update_state", "message_id": "m", "patch": {"a": ' + "[" * depth + "]" * depth + "}}"
    try:
        frame = frames.parse(text)
    except InvalidFrame:
        assert depth > 200
    else:
        assert isinstance(frame, frames.UpdateState)
