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
    ],
)
def test_a_path_leads_to_every_value_it_names(path: str, values: list[object]) -> None:
    assert list(dig(FRAME, path)) == values
    assert first(FRAME, path) == (values[0] if values else None)


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("ab") | st.text(), inner),
)


@given(documents, st.text("ab[].", max_size=8))
def test_any_path_into_any_document_is_no_error(document: object, path: str) -> None:
    assert isinstance(list(dig(document, path)), list)
