from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from config.toml_text import toml_value

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(PLAIN)
def test_what_is_written_is_read_again(value: object) -> None:
    assert tomllib.loads(f"key = {toml_value(value)}") == {"key": value}


def test_nothing_is_left_out_of_an_object() -> None:
    assert toml_value({"a": None, "b c": [1, "x"]}) == '{ "b c" = [1, "x"] }'
