from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from users.dialects.base import Undecodable
from users.dialects.stomp import Stomp

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def stomp(**options: object) -> Stomp:
    return Stomp("wss://broker.example:15674/ws", options)


def test_connect_is_said_with_what_it_needs() -> None:
    (message,) = stomp().opening(login=False)
    assert message == "CONNECT\naccept-version:1.2,1.1,1.0\nhost:broker.example\nheart-beat:10000,10000\n\n\0"
    assert list(stomp().opening(login=True)) == []
    login = stomp(host="/v", heart_beat_s=0).encode(
        {"command": "CONNECT", "headers": {"login": "a:b", "passcode": "p"}}
    )
    assert login == "CONNECT\naccept-version:1.2,1.1,1.0\nhost:/v\nheart-beat:0,0\nlogin:a:b\npasscode:p\n\n\0"


def test_a_frame_with_a_document_as_body() -> None:
    said = stomp().encode({"command": "SEND", "headers": {"destination": "/q/ü:1", "receipt": 5}, "body": {"t": "ä"}})
    assert said == 'SEND\ndestination:/q/ü\\c1\nreceipt:5\ncontent-length:10\n\n{"t":"ä"}\0'
    (document,) = stomp().decode(said)
    assert document == {
        "command": "SEND",
        "headers": {"destination": "/q/ü:1", "receipt": "5", "content-length": "10"},
        "body": {"t": "ä"},
    }


def test_several_frames_heart_beats_and_line_ends_in_one_message() -> None:
    data = b"\n\r\nRECEIPT\r\nreceipt-id:5\r\nreceipt-id:6\r\n\r\n\0\n\nMESSAGE\ncontent-length:3\n\na\0b\0\n"
    assert [(d["command"], d["headers"], d["body"]) for d in stomp().decode(data)] == [  # type: ignore[index]
        ("RECEIPT", {"receipt-id": "5"}, ""), ("MESSAGE", {"content-length": "3"}, "a\0b"),
    ]  # fmt: skip
    assert list(stomp().decode("\n")) == []
    assert stomp().keep_alive() == "\n" and stomp().keep_alive_s == 5.0 and stomp(heart_beat_s=0).keep_alive_s is None


@pytest.mark.parametrize(
    "message", ["hello", "SEND\n\nno end", "SEND\nx\n\n\0", "send\n\n\0", "SEND\ncontent-length:9\n\na\0"]
)
def test_what_is_no_frame_is_undecodable(message: str) -> None:
    with pytest.raises(Undecodable):
        list(stomp().decode(message))


@given(st.dictionaries(text.filter(bool), text, max_size=3), text.filter(lambda body: body[:1] not in "{["))
def test_what_is_said_is_read_again(headers: dict[str, str], body: str) -> None:
    headers.pop("content-length", None)
    (read,) = stomp().decode(stomp().encode({"command": "SEND", "headers": headers, "body": body}))
    assert isinstance(read, dict)
    read["headers"].pop("content-length", None)
    assert read == {"command": "SEND", "headers": headers, "body": body}


@pytest.mark.parametrize("beat", ["often", True, -1])
def test_a_wrong_heart_beat_is_told(beat: object) -> None:
    with pytest.raises(ValueError, match=r"target\.options\.heart_beat_s"):
        stomp(heart_beat_s=beat)
