from __future__ import annotations

import pytest

from config.calls import Extract
from users.extracting import described, extract, said_by
from users.http_calls import Answer

ANSWER = Answer(
    200, {"data": {"id": 7, "url": "/u?code=abc&x=1"}}, {"location": "/users/12?code=xyz"}, {"sid": "s-1"},
    '<input name="csrf" value="c-1">',
)  # fmt: skip


@pytest.mark.parametrize(
    ("where", "value", "words"),
    [
        (Extract(path="data.id"), 7, "at 'data.id'"),
        (Extract(path="data.no"), None, "at 'data.no'"),
        (Extract(header="Location"), "/users/12?code=xyz", "in the header 'Location'"),
        (Extract(cookie="sid"), "s-1", "in the cookie 'sid'"),
        (Extract(cookie="other"), None, "in the cookie 'other'"),
        (Extract(matches='value="([^"]+)"'), "c-1", 'in its text that matches \'value="([^"]+)"\''),
        (Extract(matches="value=(\\d+)"), None, "in its text that matches 'value=(\\d+)'"),
        (Extract(path="data.url", matches="code=([^&]+)"), "abc", "at 'data.url' that matches 'code=([^&]+)'"),
        (Extract(header="Location", matches="/users/([0-9]+)"), "12", "in the header 'Location' that matches"),
        (Extract(path="data", matches='"id":([0-9]+)'), "7", "at 'data' that matches"),
        (Extract(header="X-None", matches="(.)"), None, "in the header 'X-None'"),
    ],
)
def test_a_value_is_taken_from_where_it_stands(where: Extract, value: object, words: str) -> None:
    assert extract(where, ANSWER) == value
    assert described(where).startswith(words)


def test_what_a_command_says_is_a_body_alone() -> None:
    assert extract(Extract(path="a.b"), said_by(b'{"a": {"b": "x"}}\n')) == "x"
    assert said_by(b"plain\n").text == "plain" and said_by(b"plain").document is None
