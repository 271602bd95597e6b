from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.template import PlaceholderUnknown, fill, fill_text, placeholders

VALUES: dict[str, object] = {"tenant": "t-1", "number": 5, "thread": None, "flag": True, "list": [1]}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ({"type": "ping"}, {"type": "ping"}),
        ({"n": "{number}", "f": "{flag}", "l": "{list}"}, {"n": 5, "f": True, "l": [1]}),
        ({"text": "tenant {tenant} has {number}"}, {"text": "tenant t-1 has 5"}),
        ({"thread": "{thread}", "in": "of {thread}!"}, {"in": "of !"}),
        ({"deep": {"er": [{"a": "{number}"}, "{thread}", "{tenant}"]}}, {"deep": {"er": [{"a": 5}, "t-1"]}}),
        ({"n": 1, "x": None, "f": 1.5, "b": False}, {"n": 1, "x": None, "f": 1.5, "b": False}),
        ({"json": '{"note": "{tenant}", "a": {}}'}, {"json": '{"note": "t-1", "a": {}}'}),
        ({"{tenant}": 1}, {"{tenant}": 1}),
        ({"not": "{Tenant} {1} { tenant }"}, {"not": "{Tenant} {1} { tenant }"}),
        ("{thread}", None),
        (("{number}",), [5]),
    ],
)
def test_a_template_is_filled(template: object, filled: object) -> None:
    assert fill(template, VALUES) == filled


@pytest.mark.parametrize("template", ["{nobody}", {"a": ["x {nobody}"]}, {"a": "{nobody}"}])
def test_an_unknown_placeholder_is_named_with_those_there_are(template: object) -> None:
    with pytest.raises(PlaceholderUnknown, match=r"nothing fills the placeholder \{nobody\}; there are: flag, list, n"):
        fill(template, VALUES)


def test_a_value_is_never_taken_for_a_template() -> None:
    assert fill("{a} and {b}", {"a": "{b}", "b": "{a}"}) == "{b} and {a}"
    assert fill("{a}", {"a": "{b}"}) == "{b}"


def test_text_is_filled_as_text() -> None:
    assert fill_text("{number}/{thread}/{tenant}", VALUES) == "5//t-1"


def test_all_placeholders_of_a_template_are_known() -> None:
    template = {"a": "{x}", "b": ["{y} {z}", {"c": ("{x}",)}], "d": 5, "{key}": None}
    assert placeholders(template) == {"x", "y", "z"}
    assert placeholders({}) == set()


@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.dictionaries(st.text(), inner)))
def test_what_is_named_is_all_that_is_needed(template: object) -> None:
    fill(template, dict.fromkeys(placeholders(template), "value"))


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ({"n": "{id:int}"}, {"n": 17}),
        ({"n": "{number:str}"}, {"n": "5"}),
        ({"n": "{word:int}"}, {"n": "seventeen"}),
        ({"n": "{missing:int}"}, {}),
        ({"n": "item {id:int} of {number:str}"}, {"n": "item 17 of 5"}),
        ({"n": "{id:float}"}, {"n": "{id:float}"}),
    ],
)
def test_a_value_is_converted_as_the_placeholder_says(template: object, filled: object) -> None:
    assert fill(template, {"id": "17", "number": 5, "word": "seventeen", "missing": None}) == filled
    assert "id" not in placeholders({"n": "{id:float}"}) and placeholders("{id:int}") == {"id"}
