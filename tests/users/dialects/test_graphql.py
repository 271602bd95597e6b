from __future__ import annotations

import json

from users.dialects.graphql import GraphqlTransportWs


def test_connection_init_is_said_unless_a_login_says_it() -> None:
    bare, paid = GraphqlTransportWs("ws://x", {}), GraphqlTransportWs("ws://x", {"payload": {"a": 1}})
    assert [json.loads(message) for message in bare.opening(login=False)] == [{"type": "connection_init"}]
    assert [json.loads(message) for message in paid.opening(login=False)] == [
        {"type": "connection_init", "payload": {"a": 1}}
    ]
    assert list(paid.opening(login=True)) == []


def test_a_bare_request_is_wrapped_and_a_whole_message_is_left() -> None:
    dialect = GraphqlTransportWs("ws://x", {})
    request = {"id": "7", "query": "query q($a: Int) { notes }", "variables": {"a": 1}}
    assert json.loads(dialect.encode(request)) == {
        "id": "7", "type": "subscribe", "payload": {"query": request["query"], "variables": {"a": 1}},
    }  # fmt: skip
    assert json.loads(dialect.encode({"type": "complete", "id": "7"})) == {"type": "complete", "id": "7"}


def test_pings_go_both_ways() -> None:
    dialect = GraphqlTransportWs("ws://x", {})
    (ping,) = dialect.decode('{"type":"ping"}')
    assert [json.loads(message) for message in dialect.answer(ping)] == [{"type": "pong"}]
    assert list(dialect.answer({"type": "pong"})) == []
    keep_alive = dialect.keep_alive()
    assert keep_alive is not None and json.loads(keep_alive) == {"type": "ping"} and dialect.keep_alive_s
