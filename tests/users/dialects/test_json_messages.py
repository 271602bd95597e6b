from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from users.dialects.base import Dialect, Undecodable
from users.dialects.choosing import DIALECTS
from users.dialects.json_messages import JsonBinary, JsonText

URL = "ws://127.0.0.1:1/socket.io/?EIO=4&transport=websocket"
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def test_text_and_bytes_are_read_and_each_is_said_in_its_way() -> None:
    assert JsonText(URL, {}).encode({"a": 1}) == '{"a":1}'
    assert JsonBinary(URL, {}).encode({"a": 1}) == b'{"a":1}'
    for message in ('[1, {"a": "ä"}]', '[1, {"a": "ä"}]'.encode()):
        assert list(JsonBinary(URL, {}).decode(message)) == [[1, {"a": "ä"}]]
    with pytest.raises(Undecodable):
        list(JsonText(URL, {}).decode("{no"))


def made(name: str) -> Dialect:
    return DIALECTS[name](URL, {})


@pytest.mark.parametrize("name", DIALECTS)
@given(messages=st.lists(st.text() | st.binary() | st.from_regex(r"[0-6]{0,2}\d*-?[\[{\"a,\]}\\:\n\x00]*"), max_size=4))
def test_any_message_is_documents_or_undecodable(name: str, messages: list[str | bytes]) -> None:
    dialect = made(name)
    for message in messages:
        try:
            documents = list(dialect.decode(message))
        except Undecodable:
            continue
        for document in documents:
            assert all(isinstance(said, (str, bytes)) for said in dialect.answer(document))


@pytest.mark.parametrize("name", DIALECTS)
@given(document=anything)
def test_any_document_is_said_or_refused_with_a_reason(name: str, document: object) -> None:
    try:
        message = made(name).encode(document)
    except ValueError as error:
        assert str(error)
        return
    assert isinstance(message, (str, bytes))


@given(anything)
def test_what_json_says_it_reads(document: object) -> None:
    for dialect in (JsonText(URL, {}), JsonBinary(URL, {})):
        assert list(dialect.decode(dialect.encode(document))) == [document]
