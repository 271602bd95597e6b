from __future__ import annotations

import pytest

from users.wire.endpoint import Endpoint


def test_a_url_is_taken_apart() -> None:
    endpoint = Endpoint.of("ws://example.test:8000/ws/chat?token=abc")
    assert (endpoint.host, endpoint.port, endpoint.secure) == ("example.test", 8000, False)
    assert (endpoint.path, endpoint.resource) == ("/ws/chat", "/ws/chat?token=abc")
    assert endpoint.authority == "example.test:8000"


@pytest.mark.parametrize(
    ("url", "authority", "resource"),
    [
        ("ws://host", "host", "/"),
        ("wss://host?a=b", "host", "/?a=b"),
        ("ws://host:443/", "host:443", "/"),
        ("wss://[::1]:9/x", "[::1]:9", "/x"),
    ],
)
def test_what_a_url_leaves_out_is_filled_in(url: str, authority: str, resource: str) -> None:
    endpoint = Endpoint.of(url)
    assert (endpoint.authority, endpoint.resource) == (authority, resource)


def test_neither_what_is_shown_nor_the_repr_holds_the_query() -> None:
    endpoint = Endpoint.of("wss://host:1/ws?token=s3cret#frag")
    assert endpoint.shown == "wss://host:1/ws"
    assert "s3cret" not in repr(endpoint)


@pytest.mark.parametrize(
    "url",
    [
        "http://host/?token=s3cret",
        "host:80/?token=s3cret",
        "ws:///?token=s3cret",
        "ws://user:s3cret@host/",
        "ws://host:s3cret/",
        "ws://host:99999/?token=s3cret",
        "ws://[::1/?token=s3cret",
        "ws://host/a b?token=s3cret",
        "ws://host/\r\nX: s3cret",
        "",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match="WebSocket URL") as refused:
        Endpoint.of(url)
    assert "s3cret" not in str(refused.value)
