from __future__ import annotations

import pytest

from systems.websockify.resp import Resp
from users.dialects.base import Undecodable


@pytest.fixture
def resp() -> Resp:
    return Resp("ws://127.0.0.1/", {})


def test_a_command_is_said_as_its_words(resp: Resp) -> None:
    assert (
        resp.encode(["SET", "ann:note", 7, "é"])
        == b"*4\r\n$3\r\nSET\r\n$8\r\nann:note\r\n$1\r\n7\r\n$2\r\n\xc3\xa9\r\n"
    )


def test_what_is_no_list_of_words_cannot_be_said(resp: Resp) -> None:
    for document in ("SET", {"SET": 1}, None):
        with pytest.raises(ValueError, match="list of words"):
            resp.encode(document)


def test_values_errors_and_pushes_are_told_apart(resp: Resp) -> None:
    plain = b"+OK\r\n:7\r\n-NOPERM no such key\r\n*1\r\n:9\r\n%1\r\n+note\r\n$3\r\nabc\r\n"
    push = b">3\r\n+message\r\n+ann:news\r\n+hello\r\n"
    assert list(resp.decode(plain + push)) == [
        {"kind": "value", "value": "OK"},
        {"kind": "value", "value": 7},
        {"kind": "error", "code": "NOPERM", "text": "NOPERM no such key"},
        {"kind": "value", "value": [9]},
        {"kind": "value", "value": {"note": "abc"}},
        {"kind": "message", "value": ["ann:news", "hello"]},
    ]


def test_a_reply_in_pieces_is_told_when_it_is_whole(resp: Resp) -> None:
    assert list(resp.decode(b"$5\r\nhe")) == []
    assert list(resp.decode(b"llo\r\n+O")) == [{"kind": "value", "value": "hello"}]
    assert list(resp.decode(b"K\r\n")) == [{"kind": "value", "value": "OK"}]


def test_nothing_is_a_value_too(resp: Resp) -> None:
    assert list(resp.decode(b"_\r\n*1\r\n-ERR within\r\n")) == [
        {"kind": "value", "value": None},
        {"kind": "value", "value": ["ERR within"]},
    ]


def test_what_is_not_of_this_protocol_is_undecodable(resp: Resp) -> None:
    with pytest.raises(Undecodable):
        list(resp.decode(b"{no resp}\r\n"))
