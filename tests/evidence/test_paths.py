from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.paths import dig, first

FRAME = {
    "type": "history",
    "user": {"id": "u1", "tags": ["a", "b"]},
    "items": [{"id": 1, "of": {"user": "u1"}}, {"id": 2, "of": {"user": "u2"}}, "stray", None],
    "groups": [{"members": [{"n": 1}, {"n": 2}]}, {"members": []}, {"members": [{"n": 3}]}],
    "nothing": None,
    "text": '{"inner": {"id": 9}, "list": [1, 2]}',
}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("type", ["history"]),
        ("user.id", ["u1"]),
        ("user.tags", [["a", "b"]]),
        ("user.tags[]", ["a", "b"]),
        ("items[].id", [1, 2]),
        ("items[].of.user", ["u1", "u2"]),
        ("groups[].members[].n", [1, 2, 3]),
        ("nothing", [None]),
        ("nothing.deeper", []),
        ("missing", []),
        ("user[].id", []),
        ("items.id", []),
        ("type.length", []),
        ("", []),
        ("items[0].id", [1]),
        ("items[-1]", [None]),
        ("items[9].id", []),
        ("groups[0].members[1].n", [2]),
        ("groups[][0]", []),
        ("text.inner.id", [9]),
        ("text.list[1]", [2]),
        ("type.inner", []),
    ],
)
def test_a_path_leads_to_every_value_it_names(path: str, values: list[object]) -> None:
    assert list(dig(FRAME, path)) == values
    assert first(FRAME, path) == (values[0] if values else None)


def test_a_frame_may_be_a_list() -> None:
    frame = [48, {"a": 1}, ["x", {"b": [2, 3]}]]
    assert (first(frame, "[0]"), first(frame, "[1].a"), first(frame, "[2][1].b[]")) == (48, 1, 2)
    assert list(dig(frame, "[].a")) == [1]


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("ab") | st.text(), inner),
)


@given(documents, st.text("ab[].-1", max_size=8))
def test_any_path_into_any_document_is_no_error(document: object, path: str) -> None:
    assert isinstance(list(dig(document, path)), list)
